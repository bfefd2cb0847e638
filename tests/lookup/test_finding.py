"""Absence is concluded only from a verified, current edition with records, searched to its end; else nobody can say."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from service import (
    ASKED_FORMER,
    ASKED_MAYBE,
    ASKED_POPP,
    ASKED_PPO,
    ASKED_STRANGER,
    FORMER,
    PEOPLE,
    PPO,
    edition_of,
    record,
)

from flagging.lookup.finding import Finder, Unconfirmed, cannot_confirm
from flagging.lookup.question import AskedPerson, canonicalise
from flagging.matching.search import HELD_TWICE as HELD_TWICE_WARNING
from flagging.policy.answer import OtherScheme
from flagging.register.freshness import Freshness
from flagging.register.held import Held
from flagging.terms import Level, Outcome, Scheme, Status, Strength

CURRENT = Freshness(31.0, "current", is_refused=False)
STALE = Freshness(4000.0, "stale", is_refused=False)
REFUSED = Freshness(90000.0, "stale", is_refused=True)
HELD = Held(edition=edition_of(*PEOPLE))


@pytest.fixture(scope="module")
def finder(configuration):
    return Finder(configuration.matching, configuration.routing.flag_schemes)


def identity(asked):
    return canonicalise(AskedPerson(**asked), date(2026, 3, 2)).identity


def in_time():
    return False


def out_of_time():
    return True


EVERYBODY = [
    pytest.param(ASKED_PPO, Outcome.FLAGGED, id="ppo"),
    pytest.param(ASKED_MAYBE, Outcome.POSSIBLE_MATCH, id="maybe"),
    pytest.param(ASKED_FORMER, Outcome.FORMER, id="former"),
    pytest.param(ASKED_POPP, Outcome.NOT_ON_REGISTER, id="popp"),
    pytest.param(ASKED_STRANGER, Outcome.NOT_ON_REGISTER, id="stranger"),
]


@pytest.mark.parametrize(("asked", "outcome"), EVERYBODY)
def test_a_current_edition_answers(asked, outcome, finder):
    found = finder.find(identity(asked), HELD, CURRENT, in_time)
    assert (found.outcome, found.unconfirmed) == (outcome, None)


@pytest.mark.parametrize(("asked", "outcome"), EVERYBODY)
def test_a_stale_edition_names_people_but_rules_nobody_out(asked, outcome, finder):
    found = finder.find(identity(asked), HELD, STALE, in_time)
    expected = cannot_confirm(Unconfirmed.STALE) if outcome is Outcome.NOT_ON_REGISTER else found
    assert found == expected
    assert found.outcome in (outcome, Outcome.CANNOT_CONFIRM)


@pytest.mark.parametrize("asked", [ASKED_PPO, ASKED_STRANGER], ids=["ppo", "stranger"])
@pytest.mark.parametrize(
    ("held", "freshness", "is_out_of_time", "reason"),
    [
        (Held(), None, in_time, Unconfirmed.NO_EDITION),
        (Held(), CURRENT, in_time, Unconfirmed.NO_EDITION),
        (HELD, None, in_time, Unconfirmed.NO_EDITION),
        (Held(edition=edition_of()), CURRENT, in_time, Unconfirmed.NO_RECORDS),
        (HELD, REFUSED, in_time, Unconfirmed.TOO_OLD),
        (HELD, CURRENT, out_of_time, Unconfirmed.OUT_OF_TIME),
    ],
    ids=["nothing held", "no edition", "age unknown", "no records", "too old", "out of time"],
)
def test_without_a_usable_register_nobody_is_named_or_ruled_out(asked, held, freshness, is_out_of_time, reason, finder):
    assert finder.find(identity(asked), held, freshness, is_out_of_time) == cannot_confirm(reason)


def test_somebody_on_another_scheme_alone_is_not_on_the_register_but_told_apart(finder):
    found = finder.find(identity(ASKED_POPP), HELD, CURRENT, in_time)
    assert (found.outcome, found.matches) == (Outcome.NOT_ON_REGISTER, ())
    assert found.other_schemes == (OtherScheme("TST-0003", Scheme.POPP),)


def test_somebody_on_two_schemes_is_flagged_for_the_one_that_counts(finder):
    both = replace(PEOPLE[0], ppo_ref="TST-0100", scheme=Scheme.CHRYSALIS)
    found = finder.find(identity(ASKED_PPO), Held(edition=edition_of(both, *PEOPLE)), CURRENT, in_time)
    assert found.outcome is Outcome.FLAGGED
    assert [match.record.ppo_ref for match in found.matches] == ["TST-0001"]
    assert found.other_schemes == (OtherScheme("TST-0100", Scheme.CHRYSALIS),)


def test_people_on_other_schemes_however_many_hide_no_ppo(finder):
    """More are found than are listed, all of them nearer to the person asked about than the PPO."""
    crowd = [
        record(f"TST-1{number:03}", "Unlisted", "Ashley", "1994-07-23", scheme=Scheme.POPP)
        for number in range(finder.model.most_told + 1)
    ]
    ppo = record("TST-2000", "Unlisted", "Ashley", "1994-07-24")
    found = finder.find(identity(ASKED_STRANGER), Held(edition=edition_of(*crowd, ppo)), CURRENT, in_time)
    assert (found.outcome, [match.record for match in found.matches]) == (Outcome.POSSIBLE_MATCH, [ppo])


@pytest.mark.parametrize("rival", [{"scheme": Scheme.POPP}, {"status": Status.FORMER}], ids=["on-POPP", "former"])
@pytest.mark.parametrize("born", ["1994-07-23", "1994-07-24", "1994-07-13"], ids=["exact", "near", "digit"])
def test_a_record_that_matters_less_never_hides_a_ppo(finder, rival, born):
    other = record("TST-3000", "Unlisted", "Ashley", "1994-07-23", **rival)
    ppo = record("TST-2000", "Unlisted", "Ashley", born)
    alone = finder.find(identity(ASKED_STRANGER), Held(edition=edition_of(ppo)), CURRENT, in_time)
    both = finder.find(identity(ASKED_STRANGER), Held(edition=edition_of(ppo, other)), CURRENT, in_time)
    assert both.outcome in {alone.outcome, Outcome.POSSIBLE_MATCH}
    assert both.matches[0].record == ppo


def test_a_crowd_of_matches_that_count_is_cut_and_that_is_known(finder):
    crowd = [
        record(f"TST-1{number:03}", "Unlisted", "Ashley", "1994-07-23") for number in range(finder.model.most_told + 1)
    ]
    found = finder.find(identity(ASKED_STRANGER), Held(edition=edition_of(*crowd)), CURRENT, in_time)
    assert (found.outcome, len(found.matches), found.is_truncated) == (
        Outcome.POSSIBLE_MATCH, finder.model.most_told, True,
    )  # fmt: skip


# -- a false date of birth ---------------------------------------------------------------------------------------------

LIAR = {"family_name": "Quillfeather", "given_names": "Jasper Odo", "date_of_birth": "1971-10-19"}


def test_a_rare_name_with_an_altogether_false_date_is_no_plain_no(finder):
    found = finder.find(identity(LIAR), HELD, CURRENT, in_time)
    assert (found.outcome, found.matches, found.has_namesake) == (Outcome.NOT_ON_REGISTER, (), True)
    without_date = {key: value for key, value in LIAR.items() if key != "date_of_birth"}
    assert finder.find(identity(without_date), HELD, CURRENT, in_time).outcome is Outcome.POSSIBLE_MATCH


@pytest.mark.parametrize(
    ("asked", "people"),
    [
        (ASKED_STRANGER, PEOPLE),
        (LIAR | {"family_name": "Unlisted"}, PEOPLE),
        (LIAR | {"given_names": "Ashley"}, PEOPLE),
        (LIAR, (FORMER, replace(PPO, scheme=Scheme.POPP))),
        (LIAR, (replace(PPO, status=Status.FORMER),)),
        (LIAR | {"pnc_id": "1999/1234567B"}, PEOPLE),
    ],
    ids=["stranger", "other family", "other given name", "on POPP", "former", "identifiers differ"],
)
def test_somebody_who_is_not_an_active_ppo_of_that_very_name_leaves_a_plain_no(asked, people, finder):
    found = finder.find(identity(asked), Held(edition=edition_of(*people)), CURRENT, in_time)
    assert (found.outcome, found.has_namesake) == (Outcome.NOT_ON_REGISTER, False)


def test_a_name_that_very_many_bear_leaves_a_plain_no(finder):
    smith = record("TST-0900", "Smith", "David", "1964-06-02")
    crowd = [record(f"TST-1{number:04}", "Longfellow", "Peregrine", "1931-01-02") for number in range(9_000)]
    asked = identity({"family_name": "Smith", "given_names": "David", "date_of_birth": "1996-11-27"})
    assert finder.find(asked, Held(edition=edition_of(smith)), CURRENT, in_time).has_namesake
    assert not finder.find(asked, Held(edition=edition_of(smith, *crowd)), CURRENT, in_time).has_namesake


# -- held twice ------------------------------------------------------------------------------------------------------

NO_PNC = {"family_name": "Quillfeather", "given_names": "Jasper Odo", "date_of_birth": "1983-02-01"}
WITHOUT_PNC = replace(PPO, ppo_ref="TST-0101", identity=PPO.identity._replace(identifiers=()))
HELD_TWICE = Held(edition=edition_of(*PEOPLE, WITHOUT_PNC, overlaps=(("TST-0001", "TST-0101"),)))


def matched(found):
    return [(match.record.ppo_ref, match.strength) for match in found.matches]


def test_somebody_held_twice_is_flagged_by_name_and_date_and_told_with_both_records(finder):
    assert finder.find(identity(NO_PNC), HELD_TWICE, CURRENT, in_time).outcome is Outcome.FLAGGED
    twice_without = edition_of(
        *(replace(record, identity=WITHOUT_PNC.identity) if record is PPO else record for record in PEOPLE),
        WITHOUT_PNC,
    )
    assert finder.find(identity(NO_PNC), Held(edition=twice_without), CURRENT, in_time).outcome is (
        Outcome.POSSIBLE_MATCH
    ), "the test proves nothing"
    twice_without.index.hold_as_one([("TST-0001", "TST-0101")])
    found = finder.find(identity(NO_PNC), Held(edition=twice_without), CURRENT, in_time)
    assert found.outcome is Outcome.FLAGGED
    assert matched(found) == [("TST-0001", Strength.DEFINITE), ("TST-0101", Strength.DEFINITE)]
    assert found.held_twice == (tuple(match.record for match in found.matches),)


def test_a_record_that_the_question_does_not_fit_is_told_with_the_one_that_it_fits(finder):
    found = finder.find(identity({"pnc_id": "01/171310W"}), HELD_TWICE, CURRENT, in_time)
    assert matched(found) == [("TST-0001", Strength.DEFINITE), ("TST-0101", Strength.DEFINITE)]
    assert HELD_TWICE_WARNING in found.matches[1].warnings
    assert all(line.level is Level.NOT_COMPARED for line in found.matches[1].evidence)


@pytest.mark.parametrize(
    ("changes", "outcome_alone"),
    [
        ({"status": Status.FORMER}, Outcome.FORMER),
        ({"scheme": Scheme.POPP}, Outcome.NOT_ON_REGISTER),
    ],
    ids=["former", "on POPP"],
)
def test_a_ppo_found_under_a_reference_that_counts_for_less_is_flagged_for_the_other(finder, changes, outcome_alone):
    """Asked about by an identifier that the PPO's own record lacks: it would be a silent no."""
    lesser = replace(PPO, **changes)
    held = edition_of(lesser, WITHOUT_PNC, *PEOPLE[1:])
    asked = identity({"pnc_id": "01/171310W"})
    assert finder.find(asked, Held(edition=held), CURRENT, in_time).outcome is outcome_alone
    held.index.hold_as_one([("TST-0101", "TST-0001")])
    found = finder.find(asked, Held(edition=held), CURRENT, in_time)
    assert found.outcome is Outcome.FLAGGED
    assert matched(found)[0] == ("TST-0101", Strength.DEFINITE)
    assert found.held_twice == (), "one of the records manages nobody"


def test_a_former_record_of_somebody_found_is_not_added(finder):
    former = replace(WITHOUT_PNC, status=Status.FORMER)
    held = Held(edition=edition_of(*PEOPLE, former, overlaps=(("TST-0001", "TST-0101"),)))
    assert matched(finder.find(identity({"pnc_id": "01/171310W"}), held, CURRENT, in_time)) == [
        ("TST-0001", Strength.DEFINITE)
    ]


def test_a_match_no_more_than_possible_brings_nobody_with_it(finder):
    found = finder.find(identity(ASKED_MAYBE), HELD_TWICE, CURRENT, in_time)
    assert matched(found) == [("TST-0001", Strength.POSSIBLE)]


@pytest.mark.interpreted
def test_an_overlap_that_breaks_off_rules_nobody_out(finder, monkeypatch):
    def break_off(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("flagging.lookup.finding.match_as_one", break_off)
    found = finder.find(identity({"pnc_id": "01/171310W"}), HELD_TWICE, CURRENT, in_time)
    assert (found.outcome, found.unconfirmed) == (Outcome.CANNOT_CONFIRM, Unconfirmed.FAILED)


# -- whatever happens ------------------------------------------------------------------------------------------------


def test_a_possible_match_tells_whether_the_best_candidate_is_a_former_ppo(finder):
    wrong_letter = {"pnc_id": ASKED_FORMER["pnc_id"][:-1] + "A"}
    found = finder.find(identity(wrong_letter), HELD, CURRENT, in_time)
    assert (found.outcome, found.best_is_former) == (Outcome.POSSIBLE_MATCH, True)
    assert not finder.find(identity(ASKED_MAYBE), HELD, CURRENT, in_time).best_is_former


@given(
    held=st.sampled_from([Held(), Held(edition=edition_of()), HELD]),
    freshness=st.none()
    | st.builds(Freshness, st.just(31.0), st.sampled_from(["current", "stale"]), is_refused=st.booleans()),
    is_late=st.booleans(),
    asked=st.sampled_from([ASKED_STRANGER, ASKED_POPP]),
)
@example(held=HELD, freshness=CURRENT, is_late=False, asked=ASKED_STRANGER)
def test_whatever_is_broken_absence_means_a_verified_current_edition_with_records(
    held, freshness, is_late, asked, finder
):
    found = finder.find(identity(asked), held, freshness, lambda: is_late)
    is_current = freshness is not None and freshness.state == "current" and not freshness.is_refused
    if held is HELD and is_current and not is_late:
        assert found.outcome is Outcome.NOT_ON_REGISTER
    else:
        assert found.outcome is Outcome.CANNOT_CONFIRM
        assert found.unconfirmed is not None


@pytest.mark.interpreted
def test_a_search_that_breaks_off_rules_nobody_out(finder, monkeypatch):
    def break_off(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("flagging.lookup.finding.search", break_off)
    found = finder.find(identity(ASKED_STRANGER), HELD, CURRENT, in_time)
    assert (found.outcome, found.unconfirmed) == (Outcome.CANNOT_CONFIRM, Unconfirmed.FAILED)
