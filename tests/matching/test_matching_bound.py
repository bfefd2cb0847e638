"""Leaving candidates out unscored changes no answer."""

import random
from dataclasses import replace

import pytest
from matching_people import person, persona, register
from sweeps import first_of

from flagging.matching import bound, decision
from flagging.matching.bound import Bound
from flagging.matching.candidates import Candidates
from flagging.matching.odds import prior_bits
from flagging.matching.rows import rows_of
from flagging.matching.score import Scorer

GIVEN = ["John", "Jon", "Johnny", "James", "Peter", "John Paul", "Mohammed", "Muhammad", "J", ""]
FAMILY = ["Smith", "Smyth", "Smithson", "Jones", "Smith-Jones", "Khan", "Kahn", "al-Khan", "John", ""]


POSTCODES = ["B1 1AA", "B1 1AB", "B2 1AA", None, None]


def crowd(seed, size):
    rng = random.Random(seed)

    def born():
        day = f"{rng.randint(1984, 1988)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        return rng.choice([day, day, day, day[:4], day[:7], ""])

    def aliases():
        drawn = [persona(rng.choice(GIVEN), rng.choice(FAMILY), born()) for _ in range(rng.choice([0, 0, 1, 2]))]
        return [alias for alias in drawn if alias.name is not None]

    people = [person(rng.choice(GIVEN), rng.choice(FAMILY), born(), *aliases()) for _ in range(size)]
    return [each._replace(postcode=rng.choice(POSTCODES)) for each in people]


@pytest.mark.interpreted
@pytest.mark.parametrize("seed", first_of(range(6)))
def test_no_answer_changes_when_candidates_are_left_out(ask, monkeypatch, seed):
    index = register(*crowd(seed, 400), strangers=3000)
    questions = crowd(seed + 100, 30)
    with_bound = [ask(question, index) for question in questions]
    monkeypatch.setattr(Candidates, "worth_scoring", Candidates.all)
    without = [ask(question, index) for question in questions]
    assert [told(result) for result in with_bound] == [told(result) for result in without]


@pytest.mark.interpreted
def test_no_answer_by_name_alone_changes_when_candidates_are_left_out(ask, monkeypatch):
    index = register(*crowd(1, 600), strangers=3000)
    questions = [each._replace(personas=(each.personas[0]._replace(born=None),)) for each in crowd(101, 40)]
    questions += [person("Abdulrahim", family) for family in FAMILY[:6]]
    with_bound = [ask(question, index) for question in questions]
    monkeypatch.setattr(Bound, "_hopeful", lambda _self, rows, _alike: rows_of(rows))
    monkeypatch.setattr(Bound, "_may_tell_undated", lambda _self, _alike: True)
    assert [told(result) for result in with_bound] == [told(ask(question, index)) for question in questions]


def syllables(rng):
    """A name that hardly anybody else bears."""
    return "".join(rng.choice(("bri", "gna", "dul", "sho", "ver", "mok", "tan", "lie")) for _ in range(3)).capitalize()


# Commonest first: each stands so many times for its place as the last one once.
BY_RANK = ["John", "Kate", "Paul", "Ricky", "Mohammed", "Wendy", "Ingrid", "Tobias", "Xavier", "Bridget", "Odette"]
RANKS = [1 / rank for rank in range(1, len(BY_RANK) + 1)]


def of_several_names(seed, size):
    """Several given names and a family name each, common ones and rare ones, so many of each that it pays to tell
    apart who bears which.
    """
    rng = random.Random(seed)
    for _ in range(size):
        given = [each if rng.random() < 0.8 else syllables(rng) for each in rng.choices(BY_RANK, RANKS, k=3)]
        family = rng.choice([*["Foster", "Khan"] * 4, "Uche", syllables(rng)])
        yield given[: rng.choice([1, 2, 2, 3])], [family]


def as_written_elsewhere(rng, given, family):
    """The same name as somebody else may write it: near in one part, joined, swapped, divided otherwise, left out."""
    given, family = [*given], [*family]
    for part in (given, family):
        if rng.random() < 0.5:
            part[0] = rng.choice([part[0] + "ling", part[0][0], part[0][:-1] + "w", syllables(rng)])
    some, last = given[:-1] or given, given[-1:]
    return rng.choice(
        [
            (given, family),
            (family, given),
            (["".join(given[:2]), *given[2:]], family),
            (some, [*last, *family]),
            (given[::-1], family),
            (["Catherine" if each == "Kate" else each for each in given], family),
            ([*given, "Paul"], family),
            (some, family),
            (some[:1], last),
        ]
    )


@pytest.mark.interpreted
@pytest.mark.parametrize("seed", range(8))
def test_nobody_is_left_out_who_just_comes_to_the_least_or_agrees_throughout(model, monkeypatch, seed):
    """Whatever is the least: which words may tell somebody, and beside what, depends on it. As if many bore each."""
    monkeypatch.setattr(bound, "_MANY", 0)
    rng, names = random.Random(seed), [*of_several_names(seed, 300)]
    people = [person(" ".join(given), " ".join(family), "1987-04-23") for given, family in names]
    index = register(*people, strangers=300)
    for _ in range(60):
        own = rng.randrange(len(names))
        given, family = as_written_elsewhere(rng, *names[own])
        asked = person(" ".join(given), " ".join(family))
        scorer = Scorer(asked, index, model)
        for row in (own, *rng.sample(range(len(names)), 4)):
            scored = scorer.score(index.records[row])
            # The probability of somebody of just as many bits, as `least_bits` has it.
            odds = 2 ** (scored.demographic_bits - 0.001 + prior_bits(model, len(index)))
            bold = replace(model, possible=odds / (1 - model.expected_share))
            found = index.by_details(asked.personas[0])
            if (found.likely | found.unlikely) >> row & 1 and scored.demographic_bits > 0:
                assert row not in left_out(asked, index, bold), (asked, scored.record.identity)
            if decision._agrees_throughout(scored.pair):
                assert row not in left_out(asked, index, model), (asked, scored.record.identity)


def told(result):
    return [(match.record.ppo_ref, match.strength, match.evidence) for match in result.matches], result.truncated


def left_out(asked, index, model):
    scorer = Scorer(asked, index, model)
    found = index.by_details(scorer.asked[0].persona)
    kept = Bound(scorer.asked[0], found, scorer, lambda: None).worth_scoring(found.likely | found.unlikely)
    return set(rows_of(found.likely | found.unlikely)) - set(kept)


def test_namesakes_of_other_ages_are_left_out_unscored(model):
    people = [person("John", "Smith", f"{1950 + n}-04-23") for n in range(20)]
    asked = person("John", "Smith", "1999-11-09")
    assert left_out(asked, register(*people, strangers=5000), model) == set(range(20))


def test_bearers_of_a_rare_name_are_left_out_where_a_namesake_on_no_register_is_likelier(model):
    index = register(person("Ebrigneb", "Dunnock", "1951-04-23"), strangers=300)
    asked = person("Ebrigneb", "Dunnock", "1999-11-09")
    assert left_out(asked, index, model) == {0}
    assert left_out(asked, index, replace(model, namesakes=0.0)) == set()


def test_somebody_without_a_date_of_birth_is_left_out_unless_his_name_alone_suffices(model):
    index = register(person("John", "Smith", ""), person("John", "Szczepanski", ""), strangers=3000)
    assert 0 in left_out(person("John", "Szczepanska", "1987-04-23"), index, model)
    assert 1 not in left_out(person("John", "Szczepanska", "1987-04-23"), index, model)


def test_nobody_is_left_out_whose_name_and_date_agree_however_common_the_name(model):
    people = [person("John", "Smith", "1987"), person("John", "Smith", ""), person("John", "Smith", "1987-04-23")]
    rare_prior = replace(model, expected_share=1e-9)
    assert left_out(person("John", "Smith", "1987-04-23"), register(*people, strangers=50), rare_prior) == set()


def test_a_rare_name_in_the_other_order_is_scored_whatever_the_date(model):
    index = register(person("Abdulrahim", "Szczepanski", "1987-04-23"), strangers=300)
    assert left_out(person("Szczepanski", "Abdulrahim", "1990-12-30"), index, model) == set()


def test_a_rare_name_among_many_like_it_is_told_by_name_alone(ask):
    like_it = [person("Ebrigneb", f"Dunnock{letter}") for letter in "abcdefghijkl"]
    index = register(person("Ebrignew", "Merriman"), *like_it, strangers=3000)
    result = ask(person("Ebrignew", "Berrimon"), index)
    assert [match.record.ppo_ref for match in result.matches] == ["R0"]


def test_an_alias_without_a_date_that_only_sounds_alike_is_left_out_beside_another_date(model):
    index = register(person("Peter", "Khan", "1951-04-23", persona("John", "Smith")), strangers=3000)
    assert left_out(person("Jane", "Smythe", "1999-11-09"), index, model) == {0}


def test_nobody_is_left_out_whose_alias_without_a_date_agrees_throughout(model):
    index = register(person("Peter", "Khan", "1951-04-23", persona("John", "Smith")), strangers=3000)
    rare_prior = replace(model, expected_share=1e-9)
    assert left_out(person("John", "Smith", "1999-11-09"), index, rare_prior) == set()
    assert left_out(person("Smith", "John", "1999-11-09"), index, rare_prior) == set()


def test_somebody_of_the_same_birthday_is_left_out_unless_his_family_name_is_the_same(model):
    index = register(person("Peter", "Smith", "1987-04-23"), person("Peter", "Smitt", "1987-04-23"), strangers=3000)
    rare_prior = replace(model, expected_share=1e-9)
    assert left_out(person("John", "Smith", "1987-04-23"), index, rare_prior) == {1}


def test_nobody_is_left_out_whose_name_is_the_same_words_divided_otherwise(model):
    index = register(person("Mohammed", "Asif Khan", ""), strangers=3000)
    rare_prior = replace(model, expected_share=1e-9)
    assert left_out(person("Mohammed Asif", "Khan", "1999-11-09"), index, rare_prior) == set()


def test_an_alias_without_a_date_goes_with_the_date_of_the_person(model):
    index = register(person("Peter", "Khan", "1987-04-23", persona("John", "Smith")), strangers=3000)
    assert left_out(person("John", "Smitt", "1987-04-23"), index, model) == set()
    assert left_out(person("John", "Smitt", "1999-11-09"), index, model) == {0}
