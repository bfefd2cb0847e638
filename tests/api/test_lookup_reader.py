"""What a body says reaches the question, field by field."""

from dataclasses import asdict
from pathlib import Path

from flagging.access.caller import Caller
from flagging.api.lookup_reader import LookupReader
from flagging.api.lookup_schemas import LookupSchema, PersonSchema
from flagging.configuration.directory import load_directory
from flagging.configuration.disclosure import load_disclosure
from flagging.terms import DrugTest, Need, Role, Setting

SHIPPED = Path(__file__).parents[2] / "config"
PERSON = {
    "family_name": "Sample",
    "given_names": "Ashley",
    "date_of_birth": "1983-02-01",
    "approximate_age": None,
    "pnc_id": "01/171310W",
    "cro_number": "65656/91H",
    "prison_number": "A1234BC",
    "crn": "X123456",
    "postcode": "B1 1AA",
    "aliases": [{"family_name": "Example", "given_names": "Robin", "date_of_birth": "1983-01-02"}],
}
BODY = {
    "setting": "arrest",
    "purpose": "custody_booking_in",
    "operator": "4711",
    "client_reference": "ref 1",
    "person": PERSON,
    "ocu": "F1",
    "prison": "BMI",
    "trigger_offence": True,
    "drug_test": "positive",
    "assessed_need": "yes",
}


def test_every_field_of_a_body_reaches_the_question():
    assert BODY.keys() == LookupSchema().fields.keys()
    assert PERSON.keys() == PersonSchema().fields.keys()
    reader = LookupReader(load_directory(SHIPPED / "directory.toml"), load_disclosure(SHIPPED / "disclosure.toml"))

    question = asdict(reader.question(BODY, Caller("c", "caller", Role.CUSTODY)))

    assert question == BODY | {
        "setting": Setting.ARREST,
        "drug_test": DrugTest(BODY["drug_test"]),
        "assessed_need": Need(BODY["assessed_need"]),
        "person": PERSON | {"aliases": tuple(PERSON["aliases"])},
    }
