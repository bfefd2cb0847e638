"""Whatever the register holds and whoever asks: no byte that leaves holds what the caller's role is not granted."""

from dataclasses import replace

import pytest
from fuzzing import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service import ASKED_STRANGER, QUESTIONS, edition_of, pnc_id, question, record

from flagging.policy.disclosure import Disclosed
from flagging.record import Manager
from flagging.terms import Agency, Need, Scheme, Status

RIGHT, WRONG_LETTER = pnc_id(2001, 171310), "2001/0171310A"
NAMES = {"family_name": "Quillfeather", "given_names": "Jasper Odo", "date_of_birth": "1983-02-11"}
HERS = {"family_name": "Quillfether", "given_names": "Jasper", "date_of_birth": "1983-02-12"}
ASKED = [
    {"pnc_id": RIGHT},
    {"pnc_id": WRONG_LETTER},
    NAMES,
    NAMES | {"date_of_birth": "1983-12-02"},
    HERS,
    NAMES | {"pnc_id": "2009/7654321" + "A"},
    {"family_name": "Quillfeather", "date_of_birth": "1983"},
    ASKED_STRANGER,
    {"family_name": "Quillfeather"},  # too little: a problem
    NAMES | {"date_of_birth": "1983-02-31"},  # impossible: a problem
]
# What stands for each field in the bytes of an answer; what may never leave comes under None.
MARKS = {
    Disclosed.PPO_REF: ["MARK-REF"],
    Disclosed.OFFENDER_MANAGERS: ["Markmanager", "0121 496 0977", "markmail"],
    Disclosed.TREATMENT: ["Markprovider"],
    Disclosed.OTHER_SCHEMES: ["on POPP", "on Chrysalis"],
    Disclosed.EVIDENCE_DETAIL: ['"detail":"PNC ID agrees', '"detail":"date of birth'],
    None: ["Quillfeather", "quillfeather", "Jasper", "1983-02-11", "ZZ99 9ZZ", "MARK-OFFENDING", "0171310"],
}
MANAGER = Manager(Agency.PROBATION, "Markmanager", "0121 496 0977", "markmail@probation.example")


def held(status, scheme, need):
    return record(
        "MARK-REF", "Quillfeather", "Jasper Odo", "1983-02-11", pnc=RIGHT, postcode="ZZ99 9ZZ", home_ocu="E2",
        offending_ocu="MARK-OFFENDING", managers=(MANAGER,), drug_treatment_need=need,
        drug_treatment_provider="Markprovider", status=status, scheme=scheme,
    )  # fmt: skip


def told_in_full(body):
    return body.get("outcome") in {"flagged", "former"} and any("ppo_ref" in match for match in body["matches"])


@pytest.mark.parametrize("role", QUESTIONS)
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    person=st.sampled_from(ASKED),
    status=st.sampled_from(Status),
    scheme=st.sampled_from(Scheme),
    need=st.sampled_from(Need),
    is_stale=st.booleans(),
)
def test_no_value_outside_the_roles_fields_leaves(role, service, *, person, status, scheme, need, is_stale):
    register = service.parts.register
    register.held = replace(register.held, edition=edition_of(held(status, scheme, need)))
    service.pass_time(4 * 3600.0 if is_stale else 0.0)
    granted = service.parts.lookups.policies.disclosure.grants[role].fields
    asked = question(role, person=person)
    single = service.post(asked, role)
    (item,) = service.ask_many({"id": "1", **asked}, role=role)
    for text, body in ((single.text, single.get_json()), (str(item), item.get("answer") or item.get("problem"))):
        unopened = text.replace(body.get("receipt", ""), "").replace(body.get("lookup_id", ""), "")
        compact = unopened.replace("'", '"').replace('": "', '":"')
        for field, marks in MARKS.items():
            may_leave = field in granted and (field is Disclosed.OTHER_SCHEMES or told_in_full(body))
            for mark in marks:
                assert may_leave or mark not in compact, (field, mark, body.get("outcome"))
