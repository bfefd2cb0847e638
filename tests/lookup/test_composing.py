"""The full answer: what a match says, whom to ring, whose need and age shape the route, how far the register stands."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from service import (
    ASKED_BARE,
    ASKED_FORMER,
    ASKED_MAYBE,
    ASKED_PPO,
    ASKED_STRANGER,
    BARE,
    CAVEAT,
    FORMER,
    MISSING,
    ON_POPP,
    PPO,
    edition_of,
    record,
)

from flagging.access.caller import Caller
from flagging.lookup.composing import NAMESAKE, STALE_WARNING, TOO_MANY, Asked, Policies, Standing, compose, standing_of
from flagging.lookup.finding import Finder, Unconfirmed, cannot_confirm
from flagging.lookup.question import AskedPerson, Question, canonicalise
from flagging.policy.answer import RegisterView
from flagging.record import Manager
from flagging.register.freshness import Freshness, Vouched
from flagging.register.held import Held
from flagging.terms import Agency, DrugTest, Need, Outcome, Role, Route, Setting, Strength

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday, in office hours
TODAY = date(2026, 3, 2)
CURRENT = Standing(RegisterView(42, "2026-03-02T11:59:29Z", "2026-03-01T06:00:00Z", 31, "current", "redis"), (CAVEAT,))
STALE = Standing(CURRENT.register._replace(state="stale"), ())
PURPOSES = {
    (Role.CUSTODY, Setting.ARREST): "custody_booking_in",
    (Role.ARREST_REFERRAL, Setting.ARREST): "arrest_referral_assessment",
    (Role.PRISON, Setting.PRISON_RECEPTION): "prison_reception",
    (Role.PRISON, Setting.PRISON_RELEASE): "release_planning",
}


@pytest.fixture(scope="module")
def policies(configuration):
    return Policies(
        configuration.routing.table,
        configuration.actions,
        configuration.directory,
        configuration.disclosure,
        configuration.routing.leads,
    )


@pytest.fixture(scope="module")
def answer_to(configuration, policies):
    """Ask a register of some records, and compose the answer."""
    finder = Finder(configuration.matching, configuration.routing.flag_schemes)

    def answer_to(person, *records, role=Role.CUSTODY, setting=Setting.ARREST, standing=CURRENT, overlaps=(), **asked):
        place = {"prison": "BMI"} if setting.is_prison else {"ocu": "F1"}
        person = AskedPerson(**person)
        question = Question(setting, PURPOSES[role, setting], "4711", person, **place | asked)
        asked = Asked(question, Caller("c", "caller", role), canonicalise(person, TODAY), NOON, TODAY)
        held = Held(edition=edition_of(*records or [PPO, FORMER, ON_POPP, BARE, MISSING], overlaps=overlaps))
        found = finder.find(asked.sought.identity, held, Freshness(31.0, "current", is_refused=False), lambda: False)
        return compose(asked, found, standing, policies)

    return answer_to


def test_an_answer_has_an_id_of_its_own_and_the_time_in_utc(answer_to):
    first, second = (answer_to(ASKED_PPO)[0] for _ in range(2))
    assert first.answered_at == "2026-03-02T12:00:00.000Z"
    assert first.lookup_id != second.lookup_id


def test_a_handle_is_good_for_one_lookup_alone(answer_to):
    handles = {answer_to(ASKED_MAYBE)[0].matches[0].handle for _ in range(20)}
    assert len(handles) == 20
    assert all(len(handle) == 8 for handle in handles)


@pytest.mark.parametrize(
    ("role", "setting", "rule"),
    [
        (Role.CUSTODY, Setting.ARREST, "ppo-to-assess"),
        (Role.PRISON, Setting.PRISON_RELEASE, "ppo-to-assess"),
        (Role.ARREST_REFERRAL, Setting.ARREST, "ppo-in-need"),
    ],
)
def test_the_recorded_need_shapes_the_route_only_for_a_role_that_may_see_it(role, setting, rule, answer_to):
    assert answer_to(ASKED_PPO, role=role, setting=setting)[0].referral.rule == rule


@pytest.mark.parametrize("recorded", Need)
@pytest.mark.parametrize(("role", "setting"), [key for key in PURPOSES if key[0] is not Role.ARREST_REFERRAL])
def test_without_that_right_answers_are_the_same_whatever_the_need(recorded, role, setting, answer_to):
    other = replace(PPO, drug_treatment_need=recorded, drug_treatment_provider=None)
    told, expected = (
        answer_to(ASKED_PPO, known, role=role, setting=setting)[1].body for known in (other, PPO)
    )  # the same question of two registers
    assert told | {"lookup_id": ""} == expected | {"lookup_id": ""}


@pytest.mark.parametrize(("ocu", "team"), [("F1", "DIP team Heart and West"), ("Q9", None)])
def test_who_is_not_on_the_register_goes_to_the_dip_team_of_the_ocu_asking(ocu, team, answer_to, policies):
    answer, _ = answer_to(ASKED_STRANGER, ocu=ocu, drug_test=DrugTest.POSITIVE)
    assert answer.referral.service.name == (team or policies.directory.force_dip.name)


def test_on_arrest_the_ocu_asking_chooses_the_dip_team_wherever_the_person_comes_from(answer_to):
    teams = [
        answer_to(ASKED_FORMER, replace(FORMER, home_ocu=home), ocu="F1", drug_test=DrugTest.POSITIVE)[
            0
        ].referral.service
        for home in ("E2", "F1")
    ]
    assert [team.name for team in teams] == ["DIP team Heart and West"] * 2


@pytest.mark.parametrize(
    ("asked", "is_tested_for", "is_to_be_tested"),
    [
        ({"trigger_offence": True}, True, True),
        ({"trigger_offence": True, "drug_test": DrugTest.NOT_TESTED}, True, True),
        ({"trigger_offence": True, "drug_test": DrugTest.REFUSED}, True, False),
        ({"trigger_offence": False}, False, False),
        ({}, False, False),
    ],
    ids=str,
)
def test_a_trigger_offence_asks_for_a_drug_test_unless_there_was_one(asked, is_tested_for, is_to_be_tested, answer_to):
    answer, _ = answer_to(ASKED_PPO, **asked)
    assert ("for a trigger offence: test" in answer.referral.reason) == is_tested_for
    assert ("drug_test" in {action.action for action in answer.actions}) == is_to_be_tested


def test_what_the_caller_says_of_the_need_goes_before_the_record(answer_to):
    answer, _ = answer_to(ASKED_PPO, role=Role.ARREST_REFERRAL, assessed_need=Need.NO)
    assert answer.referral.rule == "no-need"


def test_the_need_of_a_possible_match_is_not_used_even_for_a_role_that_may_see_it(answer_to):
    answer, _ = answer_to(ASKED_MAYBE, role=Role.ARREST_REFERRAL)
    assert (answer.referral.route, answer.referral.rule) == (Route.HOLD, "identity-unconfirmed")


@pytest.mark.parametrize(
    ("asked", "desk"),
    [(ASKED_PPO, "E2 duty desk"), (ASKED_MAYBE, "E2 duty desk"), (ASKED_FORMER, "D1 duty desk")],
    ids=["ppo", "maybe", "former"],
)
def test_the_desk_of_a_match_is_that_of_its_ocu_wherever_the_person_is_asked_about(asked, desk, answer_to):
    assert answer_to(asked)[0].matches[0].duty_desk.name == desk


def test_somebody_without_ocu_or_manager_leaves_the_force_desk_to_ring(answer_to, policies):
    answer, _ = answer_to(ASKED_BARE)
    match = answer.matches[0]
    assert match.duty_desk == policies.directory.force_duty_desk
    assert match.managers.lead is None
    inform = next(action for action in answer.actions if action.action == "inform_offender_manager")
    assert inform.contact == policies.directory.force_duty_desk


def test_the_offender_manager_is_told_of_a_definite_match_alone(answer_to):
    reception = {"role": Role.PRISON, "setting": Setting.PRISON_RECEPTION}
    definite, possible = (
        {action.action: action.contact.name for action in answer_to(asked, **reception)[0].actions}
        for asked in (ASKED_PPO, ASKED_MAYBE)
    )
    assert definite["tell_offender_manager_and_home_ocu"] == "Robin Specimen"
    assert possible["tell_offender_manager_and_home_ocu"] == "E2 duty desk"


@pytest.mark.parametrize(
    ("born", "stated", "rule"),
    [
        ("2010-06-01", {}, "under-18"),
        ("2010-06-01", {"date_of_birth": "2010-06-01"}, "under-18"),
        ("2010-06-01", {"approximate_age": 30}, "age-disputed"),
        ("1983-02-01", {"approximate_age": 15}, "age-disputed"),
        ("1983-02-01", {}, "ppo-to-assess"),
    ],
    ids=str,
)
def test_the_age_is_the_records_where_none_is_stated_and_disputed_where_they_disagree(born, stated, rule, answer_to):
    known = record("TST-0009", "Thistledown", "Rufus", born, pnc="2001/0171310W")
    assert answer_to({"pnc_id": "01/171310W"} | stated, known)[0].referral.rule == rule


def test_the_age_of_a_possible_match_is_not_the_callers_to_learn(answer_to):
    known = record("TST-0009", "Thistledown", "Rufus", "2010-06-01", pnc="2001/0171310W")
    answer, _ = answer_to(ASKED_MAYBE, known)
    assert answer.matches[0].strength is Strength.POSSIBLE
    assert answer.referral.rule == "identity-unconfirmed"


def test_somebody_missing_from_the_list_is_told_with_a_warning(answer_to):
    answer, disclosure = answer_to({"pnc_id": MISSING.identity.identifiers[0].canonical})
    warning = "no longer told of by the master list since 2026-02-03, but not removed"
    assert answer.outcome is Outcome.FLAGGED
    assert warning in disclosure.body["matches"][0]["warnings"]


def test_a_stale_register_warns_of_every_match_and_of_the_whole(answer_to):
    answer, disclosure = answer_to(ASKED_PPO, standing=STALE)
    assert STALE_WARNING in disclosure.body["matches"][0]["warnings"]
    assert STALE_WARNING in answer.caveats
    current, _ = answer_to(ASKED_PPO)
    assert STALE_WARNING not in (*current.caveats, *current.matches[0].warnings)


def test_caveats_of_the_register_stand_on_every_answer_and_what_was_assumed_on_its_own(answer_to):
    assert answer_to(ASKED_STRANGER)[0].caveats == (CAVEAT,)
    assert answer_to({"pnc_id": "01/171310W"})[0].caveats == (CAVEAT, "PNC ID: two-digit year, century assumed")


def test_a_no_to_somebody_whose_rare_name_is_on_the_register_says_so(answer_to):
    liar = {"family_name": "Quillfeather", "given_names": "Jasper Odo", "date_of_birth": "1971-10-19"}
    answer = answer_to(liar)[0]
    assert (answer.outcome, answer.matches) == (Outcome.NOT_ON_REGISTER, ())
    assert NAMESAKE in answer.caveats
    assert NAMESAKE not in answer_to(ASKED_STRANGER)[0].caveats


def test_more_matches_than_are_listed_is_a_caveat(answer_to):
    crowd = [record(f"TST-1{number:03}", "Unlisted", "Ashley", "1994-07-23") for number in range(25)]
    assert TOO_MANY in answer_to(ASKED_STRANGER, *crowd)[0].caveats


@pytest.mark.parametrize(
    ("role", "setting", "desk"),
    [
        (Role.CUSTODY, Setting.ARREST, "F1 duty desk"),
        (Role.PRISON, Setting.PRISON_RECEPTION, None),
        (Role.PRISON, Setting.PRISON_RELEASE, None),
    ],
)
def test_who_cannot_be_confirmed_is_held_with_a_desk_to_ring(role, setting, desk, policies):
    person = AskedPerson(**ASKED_PPO)
    place = {"prison": "BMI"} if setting.is_prison else {"ocu": "F1"}
    question = Question(setting, PURPOSES[role, setting], "4711", person, **place)
    asked = Asked(question, Caller("c", "caller", role), canonicalise(person, TODAY), NOON, TODAY)
    _, disclosure = compose(asked, cannot_confirm(Unconfirmed.TOO_OLD), STALE, policies)
    assert set(disclosure.body) == {"outcome", "register", "duty_desk", "referral", "actions"}
    assert disclosure.body["duty_desk"]["name"] == (desk or policies.directory.force_duty_desk.name)
    assert disclosure.body["referral"]["route"] == ("CARAT" if setting is Setting.PRISON_RECEPTION else "hold")
    assert [action["action"] for action in disclosure.body["actions"]] == ["ring_duty_desk"]
    assert disclosure.refs == ()


# -- held twice ------------------------------------------------------------------------------------------------------

HERE = replace(PPO, offending_ocu="F1")  # lives in E2
THERE = replace(
    PPO,
    ppo_ref="TST-0000",  # would come first by its reference
    home_ocu=None,
    offending_ocu="F1",
    statutory=False,
    managers=(Manager(Agency.POLICE, "Sgt Sam Sample", "0121 496 0703", None),),
)
OVERLAP = (("TST-0000", "TST-0001"),)


def test_of_somebody_held_twice_the_record_that_leads_is_told_first(answer_to):
    answer, disclosure = answer_to(ASKED_PPO, HERE, THERE, overlaps=OVERLAP)
    assert answer.outcome is Outcome.FLAGGED
    assert [match["ppo_ref"] for match in disclosure.body["matches"]] == ["TST-0001", "TST-0000"]
    assert [match["home_ocu"] for match in disclosure.body["matches"]] == ["E2", None]
    assert disclosure.refs == ("TST-0001", "TST-0000")


def test_whichever_of_the_records_is_read_the_same_manager_leads_and_all_are_listed(answer_to):
    _, disclosure = answer_to(ASKED_PPO, HERE, THERE, overlaps=OVERLAP)
    for match in disclosure.body["matches"]:
        assert [(manager["name"], manager["lead"]) for manager in match["offender_managers"]] == [
            ("Robin Specimen", True), ("Sgt Pat Example", False), ("Sgt Sam Sample", False),
        ]  # fmt: skip
        assert any("held under 2 references: the home OCU leads" in warning for warning in match["warnings"])


def test_the_manager_who_leads_is_the_one_to_inform(answer_to):
    answer, _ = answer_to(ASKED_PPO, HERE, THERE, overlaps=OVERLAP)
    inform = next(action for action in answer.actions if action.action == "inform_offender_manager")
    assert inform.contact.name == "Robin Specimen"


def test_who_is_found_by_one_record_alone_is_told_with_the_managers_of_both(answer_to):
    without_pnc = replace(THERE, identity=THERE.identity._replace(identifiers=()))
    _, disclosure = answer_to({"pnc_id": "01/171310W"}, HERE, without_pnc, overlaps=OVERLAP)
    assert [match["ppo_ref"] for match in disclosure.body["matches"]] == ["TST-0001", "TST-0000"]
    assert len(disclosure.body["matches"][0]["offender_managers"]) == 3


def test_two_people_who_both_fit_keep_their_own_managers(answer_to):
    """The PNC ID of one and the name of another: they are not one person, and nobody says so."""
    _, disclosure = answer_to(ASKED_PPO, HERE, THERE)
    assert [match["offender_managers"][0]["lead"] for match in disclosure.body["matches"]] == [True, True]
    assert {len(match["offender_managers"]) for match in disclosure.body["matches"]} == {1, 2}


def test_a_possible_match_tells_nothing_of_an_overlap(answer_to):
    _, disclosure = answer_to(ASKED_MAYBE, HERE, THERE, overlaps=OVERLAP)
    for match in disclosure.body["matches"]:
        assert match.keys() == {"handle", "strength", "evidence", "duty_desk"}


# -- how far the register stands -------------------------------------------------------------------------------------


VOUCHED = Vouched(checked_at=1772452800.7, list_dated=1772431200.0, redis_now=1772452831.0, learned_at=1000.0)
HELD = Held(edition=edition_of(PPO, number=42, caveats=(CAVEAT,)), vouched=VOUCHED, in_reach_until=1003.0)


def test_with_nothing_held_nothing_about_the_register_is_claimed():
    standing = standing_of(Held(), None, 1000.0)
    assert standing.register == RegisterView(None, None, None, None, "stale", "replica")
    assert standing.caveats == ()
    assert standing_of(replace(HELD, vouched=None), None, 1000.0).register.state == "stale"


def test_the_standing_is_that_of_the_edition_held():
    standing = standing_of(HELD, Freshness(31.9, "current", is_refused=False), 1001.0)
    assert standing.caveats == (CAVEAT,)
    assert standing.register == RegisterView(42, "2026-03-02T12:00:00Z", "2026-03-02T06:00:00Z", 31, "current", "redis")


@pytest.mark.parametrize(
    ("held", "now"),
    [(HELD, 1004.0), (replace(HELD, trouble="Redis: ConnectionError"), 1001.0)],
    ids=["not seen for long", "in trouble"],
)
def test_what_is_held_without_redis_is_a_replica(held, now):
    assert standing_of(held, Freshness(31.0, "current", is_refused=False), now).register.source == "replica"


def test_an_edition_that_could_not_be_verified_is_a_caveat_of_the_one_that_answers():
    held = replace(HELD, refused_edition=43, trouble="edition 43: missing")
    assert standing_of(held, Freshness(31.0, "current", is_refused=False), 1001.0).caveats == (
        CAVEAT,
        "edition 43 of the register could not be verified: edition 42 answers in its place",
    )


def test_an_identifier_nobody_could_read_is_told_with_a_no(service):
    told = service.ask(person=ASKED_STRANGER | {"pnc_id": "2001/O17131OA", "crn": "none"})
    assert told["outcome"] == "not_on_register"
    assert told["caveats"][-1] == "pnc_id could not be read: nobody was looked for by it"
