"""What leaves, role by role: nothing a role is not granted, and of a possible match nothing but what is always told."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.policy.actions import Action, ContactPoint
from flagging.policy.answer import Answer, AnsweredMatch, EvidenceLine, Ignored, OtherScheme, RegisterView
from flagging.policy.directory import Contact, Service
from flagging.policy.disclosure import (
    Disclosed,
    DisclosurePolicy,
    RoleGrant,
    disclose,
    usable_home_ocu,
    usable_need,
)
from flagging.policy.managers import ManagerList, OffenderManager
from flagging.policy.routing import Conditional, Referral
from flagging.terms import Agency, Field, Level, Need, Outcome, Role, Route, Scheme, Setting, Status, Strength

DESK = Contact("Desk asking", "0121 496 0800")
DSB_TOLD = {"name": "DSB", "telephone": "0121 496 0801", "hours": "weekdays", "email": "dsb@dsb.example"}
DSB = Service("DSB", "0121 496 0801", "weekdays", "dsb@dsb.example")
REFERRAL = Referral(Route.HOLD, "identity-unconfirmed", "because", None, (Conditional("confirmed", Route.DSB, DSB),))
REGISTER = RegisterView(42, "2026-01-14T12:00:00Z", "2026-01-14", 31, "current", "redis")

# Each value stands for one field of match N; the name of the field, then whatever values show it.
SECRETS = {
    Disclosed.PPO_REF: ["REF{}"],
    Disclosed.EVIDENCE_DETAIL: ["DETAIL{}"],
    Disclosed.WARNINGS: ["WARNING{}"],
    Disclosed.HOME_OCU: ["OCU{}"],
    Disclosed.OFFENDER_MANAGERS: ["LEAD{}", "PHONE{}", "MAIL{}", "REMARK{}"],
    Disclosed.TREATMENT: ["PROVIDER{}"],
}


def _match(number, strength=Strength.DEFINITE, status=Status.ACTIVE):
    lead = OffenderManager(Agency.POLICE, True, f"LEAD{number}", f"PHONE{number}", f"MAIL{number}")
    return AnsweredMatch(
        ppo_ref=f"REF{number}",
        handle=f"HANDLE{number}",
        strength=strength,
        status=status,
        evidence=(EvidenceLine(Field.NAME, Level.CLOSE, f"DETAIL{number}"),),
        warnings=(f"WARNING{number}",),
        home_ocu=f"OCU{number}",
        managers=ManagerList((lead,), (f"REMARK{number}",)),
        duty_desk=Contact(f"DESK{number}", "0121 496 0802"),
        treatment_need=Need.YES,
        treatment_provider=f"PROVIDER{number}",
    )


def _answer(outcome, *matches, other_schemes=()):
    lead = Contact("LEAD0", "PHONE0", "MAIL0")
    actions = (
        Action("inform_offender_manager", "Inform.", "at once", lead, point=ContactPoint.OFFENDER_MANAGER),
        Action("offer_eespro", "Offer.", "next contact", DSB),
        Action("mark_custody_record", "Mark.", "in custody", None),
    )
    return Answer(
        lookup_id="01J",
        outcome=outcome,
        answered_at="2026-01-14T12:00:31Z",
        register=REGISTER,
        searched_on=(Field.NAME,),
        referral=REFERRAL,
        actions=actions,
        duty_desk=DESK,
        ignored=(Ignored("cro_number", "placeholder"),),
        caveats=("a caveat",),
        matches=tuple(matches),
        other_schemes=other_schemes,
    )


def _told(body):
    return orjson.dumps(body).decode()


MATCHES = st.lists(st.tuples(st.sampled_from(Strength), st.sampled_from(Status)), max_size=4)


@given(st.sampled_from(Outcome), MATCHES, st.frozensets(st.sampled_from(Disclosed)), st.lists(st.sampled_from(Scheme)))
def test_no_value_outside_the_grant_leaves_whatever_the_answer_holds(outcome, kinds, granted, schemes):
    policy = DisclosurePolicy({Role.CUSTODY: RoleGrant({}, granted)})
    matches = [_match(number, *kind) for number, kind in enumerate(kinds)]
    others = tuple(OtherScheme(f"OTHER{number}", scheme) for number, scheme in enumerate(schemes))

    told = _told(disclose(_answer(outcome, *matches, other_schemes=others), Role.CUSTODY, policy).body)

    for number, match in enumerate(matches):
        is_full = match.strength is Strength.DEFINITE and outcome in (Outcome.FLAGGED, Outcome.FORMER)
        for field, values in SECRETS.items():
            if not (is_full and field in granted):
                assert not [value for value in values if f'"{value.format(number)}"' in told]
    assert "OTHER" not in told
    if Disclosed.OTHER_SCHEMES not in granted:
        assert "not a PPO" not in told


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("outcome", Outcome)
def test_the_shipped_grants_hold_for_every_role_and_outcome(role, outcome, disclosure):
    told = _told(disclose(_answer(outcome, _match(0)), role, disclosure).body)
    is_full = outcome in (Outcome.FLAGGED, Outcome.FORMER)
    for field, values in SECRETS.items():
        for value in values:
            is_expected = is_full and disclosure.sees(role, field)
            if value == "REMARK{}":
                is_expected = is_expected and disclosure.sees(role, Disclosed.WARNINGS)
            assert (f'"{value.format(0)}"' in told) == is_expected


def test_a_flagged_answer_has_the_shape_of_the_contract(disclosure):
    disclosed = disclose(_answer(Outcome.FLAGGED, _match(0)), Role.CUSTODY, disclosure)
    assert orjson.loads(orjson.dumps(disclosed.body)) == {
        "lookup_id": "01J",
        "outcome": "flagged",
        "answered_at": "2026-01-14T12:00:31Z",
        "register": {
            "edition": 42,
            "checked_at": "2026-01-14T12:00:00Z",
            "list_dated": "2026-01-14",
            "age_seconds": 31,
            "state": "current",
            "source": "redis",
        },
        "searched_on": ["name"],
        "ignored": [{"field": "cro_number", "reason": "placeholder"}],
        "caveats": ["a caveat"],
        "matches": [
            {
                "ppo_ref": "REF0",
                "strength": "definite",
                "evidence": [{"field": "name", "level": "close", "detail": "DETAIL0"}],
                "warnings": ["WARNING0", "REMARK0"],
                "home_ocu": "OCU0",
                "offender_managers": [
                    {"agency": "police", "lead": True, "name": "LEAD0", "telephone": "PHONE0", "email": "MAIL0"}
                ],
                "duty_desk": {"name": "DESK0", "telephone": "0121 496 0802"},
            }
        ],
        "referral": {
            "route": "hold",
            "rule": "identity-unconfirmed",
            "reason": "because",
            "service": None,
            "otherwise": [
                {
                    "if": "confirmed",
                    "route": "DSB",
                    "service": DSB_TOLD,
                }
            ],
        },
        "actions": [
            {
                "action": "inform_offender_manager",
                "text": "Inform.",
                "due": "at once",
                "contact": {"name": "LEAD0", "telephone": "PHONE0", "email": "MAIL0"},
                "provisional": False,
            },
            {
                "action": "offer_eespro",
                "text": "Offer.",
                "due": "next contact",
                "contact": DSB_TOLD,
                "provisional": False,
            },
            {
                "action": "mark_custody_record",
                "text": "Mark.",
                "due": "in custody",
                "contact": None,
                "provisional": False,
            },
        ],
    }
    assert disclosed.refs == ("REF0",)
    assert set(disclosed.fields) == {"ppo_ref", "evidence_detail", "warnings", "home_ocu", "offender_managers"}


def test_a_possible_match_is_handle_strength_levels_and_duty_desk_alone(disclosure):
    disclosed = disclose(
        _answer(Outcome.POSSIBLE_MATCH, _match(0, Strength.POSSIBLE)), Role.ARREST_REFERRAL, disclosure
    )
    assert disclosed.body["matches"] == [
        {
            "handle": "HANDLE0",
            "strength": "possible",
            "evidence": [{"field": "name", "level": "close"}],
            "duty_desk": {"name": "DESK0", "telephone": "0121 496 0802"},
        }
    ]
    assert (disclosed.refs, disclosed.fields) == (("REF0",), ())


def test_beside_a_definite_match_possible_ones_stay_veiled(disclosure):
    matches = _match(0), _match(1, Strength.POSSIBLE)
    full, veiled = disclose(_answer(Outcome.FLAGGED, *matches), Role.CUSTODY, disclosure).body["matches"]
    assert full["ppo_ref"] == "REF0"
    assert sorted(veiled) == ["duty_desk", "evidence", "handle", "strength"]


def test_a_definite_former_match_stays_veiled_while_an_active_candidate_is_unconfirmed(disclosure):
    matches = _match(0, Strength.POSSIBLE), _match(1, Strength.DEFINITE, Status.FORMER)
    disclosed = disclose(_answer(Outcome.POSSIBLE_MATCH, *matches), Role.CUSTODY, disclosure)
    assert all(sorted(told) == ["duty_desk", "evidence", "handle", "strength"] for told in disclosed.body["matches"])
    assert disclosed.fields == ()


def test_a_former_record_beside_an_active_one_is_said_to_be_former(disclosure):
    matches = _match(0), _match(1, Strength.DEFINITE, Status.FORMER)
    active, former = disclose(_answer(Outcome.FLAGGED, *matches), Role.CUSTODY, disclosure).body["matches"]
    assert "taken off the register: a former PPO" in former["warnings"]
    assert "taken off the register: a former PPO" not in active["warnings"]


def test_a_former_outcome_need_not_say_so_again(disclosure):
    former = _match(0, Strength.DEFINITE, Status.FORMER)
    match = disclose(_answer(Outcome.FORMER, former), Role.CUSTODY, disclosure).body["matches"][0]
    assert match["warnings"] == ["WARNING0", "REMARK0"]


def test_without_managers_granted_the_action_names_the_duty_desk_of_the_match():
    policy = DisclosurePolicy({Role.PRISON: RoleGrant({}, frozenset({Disclosed.PPO_REF}))})
    inform = disclose(_answer(Outcome.FLAGGED, _match(0)), Role.PRISON, policy).body["actions"][0]
    assert inform["contact"] == {"name": "DESK0", "telephone": "0121 496 0802"}


def test_without_a_reference_granted_the_handle_is_quoted():
    policy = DisclosurePolicy({Role.PRISON: RoleGrant({}, frozenset())})
    match = disclose(_answer(Outcome.FLAGGED, _match(0)), Role.PRISON, policy).body["matches"][0]
    assert sorted(match) == ["duty_desk", "evidence", "handle", "strength"]


def test_treatment_is_told_to_arrest_referral_alone(disclosure):
    told = {
        role: "treatment" in disclose(_answer(Outcome.FLAGGED, _match(0)), role, disclosure).body["matches"][0]
        for role in Role
    }
    assert [role for role in told if told[role]] == [Role.ARREST_REFERRAL]


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("role", Role)
def test_another_scheme_is_told_beside_a_negative_answer_and_only_where_it_may_be_seen(role, outcome, disclosure):
    answer = _answer(outcome, other_schemes=(OtherScheme("OTHER0", Scheme.POPP),))
    disclosed = disclose(answer, role, disclosure)
    is_expected = role is Role.ARREST_REFERRAL and outcome in (Outcome.NOT_ON_REGISTER, Outcome.FORMER)
    assert ("on POPP, not a PPO" in disclosed.body.get("caveats", [])) == is_expected
    assert ("OTHER0" in disclosed.refs) == is_expected
    assert (Disclosed.OTHER_SCHEMES in disclosed.fields) == is_expected


def test_cannot_confirm_tells_whom_to_ring_and_nothing_of_anybody(disclosure):
    disclosed = disclose(_answer(Outcome.CANNOT_CONFIRM, _match(0)), Role.ARREST_REFERRAL, disclosure)
    assert sorted(disclosed.body) == ["actions", "duty_desk", "outcome", "referral", "register"]
    assert disclosed.body["duty_desk"] == {"name": "Desk asking", "telephone": "0121 496 0800"}
    assert (disclosed.refs, disclosed.fields) == ((), ())


PERMITTED = {
    (Role.CUSTODY, "custody_booking_in", Setting.ARREST),
    (Role.ARREST_REFERRAL, "arrest_referral_assessment", Setting.ARREST),
    (Role.PRISON, "prison_reception", Setting.PRISON_RECEPTION),
    (Role.PRISON, "release_planning", Setting.PRISON_RELEASE),
}


@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize("purpose", [*sorted({purpose for _, purpose, _ in PERMITTED}), "curiosity"])
@pytest.mark.parametrize("role", Role)
def test_role_purpose_and_setting_must_stand_in_one_allowed_combination(role, purpose, setting, disclosure):
    assert disclosure.permits(role, purpose, setting) is ((role, purpose, setting) in PERMITTED)


@pytest.mark.parametrize(
    ("role", "strength", "outcome", "need", "home_ocu"),
    [
        (Role.ARREST_REFERRAL, Strength.DEFINITE, Outcome.FLAGGED, Need.YES, "OCU0"),
        (Role.ARREST_REFERRAL, Strength.DEFINITE, Outcome.FORMER, Need.YES, "OCU0"),
        (Role.ARREST_REFERRAL, Strength.POSSIBLE, Outcome.POSSIBLE_MATCH, Need.UNKNOWN, None),
        (Role.ARREST_REFERRAL, Strength.DEFINITE, Outcome.POSSIBLE_MATCH, Need.UNKNOWN, None),
        (Role.CUSTODY, Strength.DEFINITE, Outcome.FLAGGED, Need.UNKNOWN, "OCU0"),
        (Role.PRISON, Strength.DEFINITE, Outcome.FORMER, Need.UNKNOWN, "OCU0"),
        (Role.AUDITOR, Strength.DEFINITE, Outcome.FLAGGED, Need.UNKNOWN, None),
    ],
)
def test_what_a_role_may_not_see_shapes_no_route_of_it(role, strength, outcome, need, home_ocu, disclosure):
    best = _match(0, strength)
    assert usable_need(best, outcome, role, disclosure) is need
    assert usable_home_ocu(best, outcome, role, disclosure) == home_ocu


@pytest.mark.parametrize("role", Role)
def test_nobody_found_shapes_no_route(role, disclosure):
    assert usable_need(None, Outcome.NOT_ON_REGISTER, role, disclosure) is Need.UNKNOWN
    assert usable_home_ocu(None, Outcome.NOT_ON_REGISTER, role, disclosure) is None
