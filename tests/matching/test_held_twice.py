"""Who on a register is one person under two references, and who is only like somebody else."""

from dataclasses import replace
from itertools import permutations

import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_people import FAMILY, GIVEN, person, persona, register

from flagging.identity.identifiers import parse_identifiers
from flagging.identity.person import Identifier, IdentifierKind
from flagging.matching import held_twice
from flagging.matching.held_twice import HeldTwice, find_held_twice
from flagging.terms import Field, Level, Status, Strength

BORN = "1983-02-11"
PNC = "2001/0171310W"


def pnc(text: str = PNC) -> tuple[Identifier, ...]:
    return parse_identifiers(IdentifierKind.PNC_ID, text).identifiers


def found(model, *people, strangers=400) -> HeldTwice:
    return find_held_twice(register(*people, strangers=strangers).records, model)


def refs(held: HeldTwice) -> list[tuple[str, str]]:
    return [(pair.record.ppo_ref, pair.match.record.ppo_ref) for pair in held.pairs]


SURE = {
    "name and date": (person("jasper", "quillfeather", BORN), person("jasper", "quillfeather", BORN)),
    "family name misspelt": (person("jasper", "quillfeather", BORN), person("jasper", "quilfeather", BORN)),
    "an alias of one is the name of the other": (
        person("jasper", "quillfeather", BORN, persona("barney", "larkspur", "1984-03-12")),
        person("barney", "larkspur", "1984-03-12"),
    ),
    "identifier and name, another date": (
        person("jasper", "quillfeather", BORN, identifiers=pnc()),
        person("jasper", "quillfeather", "1991-11-30", identifiers=pnc()),
    ),
    "identifier alone": (
        person("jasper", "quillfeather", BORN, identifiers=pnc()),
        person("", "larkspur")._replace(personas=(), identifiers=pnc()),
    ),
}
LIKELY = {
    "day and month swapped": (person("jasper", "quillfeather", BORN), person("jasper", "quillfeather", "1983-11-02")),
    "one digit of the date": (person("jasper", "quillfeather", BORN), person("jasper", "quillfeather", "1983-02-17")),
    "the year alone, as 1 January": (
        person("jasper", "quillfeather", BORN),
        person("jasper", "quillfeather", "1983-01-01"),
    ),
    "initial": (person("jasper", "quillfeather", BORN), person("j", "quillfeather", BORN)),
    "names swapped": (person("jasper", "quillfeather", BORN), person("quillfeather", "jasper", BORN)),
    "both names misspelt": (person("jasper", "quillfeather", BORN), person("jaspar", "quilfeather", BORN)),
    "a wrong check letter": (
        person("jasper", "quillfeather", BORN, identifiers=pnc()),
        person("jasper", "larkspur", "1983-02-17", identifiers=pnc("2001/0171310A")),
    ),
}
NOT_TOLD = {
    "twins": (person("jasper", "quillfeather", BORN), person("rufus", "quillfeather", BORN)),
    "namesakes": (person("jasper", "quillfeather", BORN), person("jasper", "quillfeather", "1961-08-30")),
    "one name": (person("jasper", "quillfeather", BORN), person("jasper", "", "")),
    "the same birthday": (person("jasper", "quillfeather", BORN), person("rufus", "larkspur", BORN)),
    "name alone": (person("jasper", "quillfeather", ""), person("jasper", "quillfeather", "")),
    "nobody known by anything": (person("x", "y")._replace(personas=()), person("x", "y")._replace(personas=())),
}


@pytest.mark.parametrize("people", SURE.values(), ids=SURE)
def test_what_is_one_person_beyond_doubt_is_told_so_once(model, people):
    held = found(model, *people)
    assert refs(held) == [("R0", "R1")]
    assert (held.pairs[0].match.strength, held.pairs[0].is_one_person) == (Strength.DEFINITE, True)


@pytest.mark.parametrize("people", LIKELY.values(), ids=LIKELY)
def test_what_is_likelier_one_person_than_not_is_told_as_possible(model, people):
    held = found(model, *people)
    assert refs(held) == [("R0", "R1")]
    assert (held.pairs[0].match.strength, held.pairs[0].is_one_person) == (Strength.POSSIBLE, False)


@pytest.mark.parametrize("people", NOT_TOLD.values(), ids=NOT_TOLD)
def test_who_is_only_like_somebody_is_not_told(model, people):
    assert found(model, *people).pairs == ()


def test_an_identifier_in_common_is_told_but_makes_no_one_person_of_two_who_differ_in_everything(model):
    one, other = person("jasper", "quillfeather", BORN), person("rufus", "larkspur", "1961-08-30")
    held = found(model, one._replace(identifiers=pnc()), other._replace(identifiers=pnc()))
    assert refs(held) == [("R0", "R1")]
    assert (held.pairs[0].match.strength, held.pairs[0].is_one_person) == (Strength.DEFINITE, False)
    assert held.pairs[0].match.warnings


def test_the_evidence_is_that_of_a_match(model):
    (pair,) = found(model, *SURE["family name misspelt"]).pairs
    assert [(line.field, line.level) for line in pair.match.evidence] == [
        (Field.NAME, Level.CLOSE), (Field.DATE_OF_BIRTH, Level.AGREES),
    ]  # fmt: skip


def test_somebody_held_three_times_is_three_pairs_as_sure_as_one(model):
    people = [person("jasper", "quillfeather", BORN)] * 3
    held = found(model, *people)
    assert refs(held) == [("R0", "R1"), ("R0", "R2"), ("R1", "R2")]
    assert all(pair.is_one_person for pair in held.pairs)


def test_a_register_of_strangers_has_nobody_twice(model):
    assert found(model, strangers=1000) == HeldTwice()
    assert found(model, strangers=0) == HeldTwice()
    assert found(model, strangers=1) == HeldTwice()


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.tuples(*map(st.sampled_from, (GIVEN[:3], FAMILY[:3], ["1983-02-11", "1983-11-02", "1983-01-01"])))))
def test_every_pair_is_told_once_and_nobody_with_himself(model, people):
    told = refs(found(model, *(person(*each) for each in people), strangers=0))
    assert len(set(map(frozenset, told))) == len(told)
    assert all(one != other for one, other in told)


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.tuples(*map(st.sampled_from, (GIVEN[:2], FAMILY[:2], ["1983-02-11", "1983-02-17", "1961-08-30"])))))
def test_the_order_of_the_records_changes_nobody_but_the_order(model, people):
    records = register(*(person(*each) for each in people)).records
    ahead, back = (find_held_twice(each, model) for each in (records, records[::-1]))
    assert set(map(frozenset, refs(ahead))) == set(map(frozenset, refs(back)))


# -- crowds ----------------------------------------------------------------------------------------------------------


def test_a_date_that_stands_for_many_hides_nobody(model):
    crowd = [person(GIVEN[number % 12] + "ab"[number % 2], FAMILY[number % 11] + "xyz"[number % 3], "1983-01-01")
             for number in range(132)]  # fmt: skip
    held = found(model, *crowd, *[person("jasper", "quillfeather", "1983-01-01")] * 2)
    assert ("R132", "R133") in refs(held)


@pytest.mark.parametrize(
    "crowd",
    [
        [person("", FAMILY[number % 11] + chr(97 + number // 11), "", identifiers=pnc()) for number in range(50)],
        [person("jasper", "quillfeather", BORN)] * 50,
    ],
    ids=["identifier", "name and date"],
)
def test_a_crowd_that_shares_one_thing_is_not_compared_and_that_is_known(model, crowd):
    held = found(model, *crowd)
    assert held.pairs == ()
    assert held.uncompared == 50


def test_a_crowd_of_one_name_is_compared_where_dates_meet(model):
    crowd = [person("jasper", "quillfeather", f"19{50 + number // 28}-03-{1 + number % 28:02}") for number in range(60)]
    held = found(model, *crowd, person("jasper", "quillfeather", "1950-03-01"))
    assert ("R0", "R60") in refs(held)
    assert held.uncompared == 0


@pytest.mark.interpreted
def test_work_is_bounded_whatever_the_list_says_and_that_is_known(model, monkeypatch):
    twice = [person(GIVEN[number % 12], FAMILY[number % 11] + "xyz"[number % 3], BORN) for number in range(36)] * 2
    assert (len(found(model, *twice, strangers=400).pairs), found(model, *twice, strangers=400).uncompared) == (36, 0)
    monkeypatch.setattr(held_twice, "_FEWEST_PAIRS", 10)
    monkeypatch.setattr(held_twice, "_PAIRS_A_RECORD", 0)
    held = found(model, *twice, strangers=400)
    assert len(held.pairs) <= 10
    assert held.uncompared == 472


def test_it_tells_how_far_it_has_got(model):
    people = [person("jasper", "quillfeather", BORN)] * 2
    told = []
    find_held_twice(register(*people, strangers=10).records, model, told.append)
    assert set(told) == {0, 12}
    assert told == sorted(told)


def test_it_can_be_ended_while_pairs_are_looked_for(model):
    def end(done):
        if done == 12:
            raise InterruptedError

    people = [person("jasper", "quillfeather", BORN)] * 2
    with pytest.raises(InterruptedError):
        find_held_twice(register(*people, strangers=10).records, model, end)


@pytest.mark.interpreted
def test_it_can_be_ended_while_pairs_are_compared(model, monkeypatch):
    told = []
    people = [person("jasper", "quillfeather", BORN)] * 2
    find_held_twice(register(*people, strangers=10).records, model, told.append)
    monkeypatch.setattr(held_twice, "_TOLD_EVERY", 1)
    more = []
    find_held_twice(register(*people, strangers=10).records, model, more.append)
    assert more.count(12) == told.count(12) + 1  # for the one pair


# -- held as one -----------------------------------------------------------------------------------------------------


def test_somebody_held_twice_is_no_rival_to_himself_once_that_is_known(ask):
    twice = [person("jasper", "quillfeather", BORN)] * 2
    index = register(*twice, strangers=400)
    assert [match.strength for match in ask(twice[0], index).matches] == [Strength.POSSIBLE] * 2
    index.hold_as_one([("R0", "R1")])
    assert [match.strength for match in ask(twice[0], index).matches] == [Strength.DEFINITE] * 2


def test_a_twin_stays_a_rival_whoever_is_held_twice(ask):
    people = [person("j", "quillfeather", BORN), person("j", "quillfeather", BORN), person("jo", "quillfeather", BORN)]
    index = register(*people, strangers=400)
    index.hold_as_one([("R0", "R1")])
    assert Strength.DEFINITE not in [match.strength for match in ask(people[2], index).matches[1:]]


CHAIN = [("R0", "R1"), ("R1", "R2"), ("R2", "R3")]


@pytest.mark.parametrize("pairs", [*permutations(CHAIN), (("R0", "R1"), ("R2", "R3"), ("R3", "R0"))])
def test_whoever_is_paired_with_one_of_a_person_is_that_person(pairs):
    index = register(strangers=5)
    index.hold_as_one(pairs)
    others = [[other.ppo_ref for other in index.others_of(record)] for record in index.records]
    assert others == [["R1", "R2", "R3"], ["R0", "R2", "R3"], ["R0", "R1", "R3"], ["R0", "R1", "R2"], []]


def test_a_reference_that_the_register_does_not_hold_is_nobody(ask):
    index = register(strangers=2)
    index.hold_as_one([("R0", "R9")])
    assert list(index.others_of(index.records[0])) == []


def test_statuses_do_not_matter(model):
    one, other = register(*SURE["name and date"]).records[:2]
    assert refs(find_held_twice([one, replace(other, status=Status.FORMER)], model)) == [("R0", "R1")]
