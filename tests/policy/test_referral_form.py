"""What the single referral form tells a provider of the register: a part of what the worker may see, never more."""

import pytest

from flagging.policy.referral_form import FormField, Prefilled, prefill
from flagging.terms import Outcome, Route

MATCH = {
    "ppo_ref": "TST-0001",
    "strength": "definite",
    "home_ocu": "E2",
    "offender_managers": [
        {"agency": "police", "lead": True, "name": "Sgt Pat Example", "telephone": None, "email": None}
    ],
    "treatment": {"need": "yes", "provider": "Lantern House"},
}
EVERYTHING = {Route.DSB: frozenset(FormField)}


def body(outcome: str = "flagged", **match):
    return {"outcome": outcome, "matches": [MATCH | match]}


def test_provider_that_is_granted_everything_is_told_what_the_worker_sees():
    told = prefill(body(), Route.DSB, EVERYTHING)
    assert (told.ppo_status, told.ppo_ref, told.home_ocu) == (Outcome.FLAGGED, "TST-0001", "E2")
    assert told.offender_managers == tuple(MATCH["offender_managers"])
    assert told.told == tuple(field.value for field in FormField)


@pytest.mark.parametrize("field", FormField)
def test_provider_is_told_the_fields_it_is_granted_and_no_other(field):
    assert prefill(body(), Route.DSB, {Route.DSB: frozenset({field})}).told == (field.value,)


def test_provider_nobody_named_is_told_nothing():
    assert prefill(body(), Route.DIP, EVERYTHING) == Prefilled()


@pytest.mark.parametrize("outcome", ["possible_match", "not_on_register", "cannot_confirm"])
def test_nothing_is_told_of_anybody_who_is_not_found_beyond_doubt(outcome):
    assert prefill(body(outcome), Route.DSB, EVERYTHING) == Prefilled()


def test_what_the_worker_does_not_see_is_not_told():
    seen = {"handle": "af8df18f", "strength": "definite"}
    told = prefill({"outcome": "flagged", "matches": [seen]}, Route.DSB, EVERYTHING)
    assert told.told == ("ppo_status",)


def test_shipped_policy_keeps_dip_out_of_the_register(configuration):
    forms = configuration.disclosure.forms
    assert prefill(body("former"), Route.DIP, forms) == Prefilled()
    assert FormField.TREATMENT not in forms[Route.CARAT]
