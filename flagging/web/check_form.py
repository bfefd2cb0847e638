"""The form of /check: what was typed, the question it comes to, and each fault in words beside its field.

What a question must hold is decided by the reader of the API and by the lookup; this module only says it plainly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flagging.errors import Fault
from flagging.terms import DrugTest, Need, Setting
from flagging.web.identifier_box import IdentifierBox, read_box
from flagging.web.typed_dates import DateFault, typed_date

FIELDS: Final = (
    "family-name", "given-names", "birth-day", "birth-month", "birth-year", "identifiers", "trigger-offence",
    "drug-test", "assessed-need", "ocu", "purpose",
)  # fmt: skip
TRIGGER: Final = {"yes": True, "no": False, "unknown": None}
DRUG_TESTS: Final = frozenset(DrugTest)
ASSESSED: Final = frozenset({Need.YES, Need.NO})
LONGEST_TYPED: Final = 4000

_BIRTH = "birth-day"
_FIELD_OF: Final = {
    "/person": "family-name",
    "/person/family_name": "family-name",
    "/person/given_names": "given-names",
    "/person/date_of_birth": _BIRTH,
    "/person/pnc_id": "identifiers",
    "/person/cro_number": "identifiers",
    "/person/prison_number": "identifiers",
    "/person/crn": "identifiers",
    "/ocu": "ocu",
    "/purpose": "purpose",
    "/drug_test": "drug-test",
    "/trigger_offence": "trigger-offence",
    "/assessed_need": "assessed-need",
}
_ABOUT_PERSON: Final = frozenset({"family-name", "given-names", "birth", "identifiers"})
_IN_WORDS: Final = {
    "/person": "Enter at least two of family name, given names and date of birth, or one identifier",
    "/person/family_name": "Family name must be 100 characters or fewer",
    "/person/given_names": "Given names must be 100 characters or fewer",
    "/ocu": "Select the OCU you are in",
    "/purpose": "Select why you are checking this person",
    "/drug_test": "Select the result of the drug test, or that there was none",
    "/trigger_offence": "Select yes if the arrest is for a trigger offence",
}
UNREAD: Final = (
    "Identifier is not one we recognise: look at it again, or leave the box empty to search by name and date of birth"
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault beside its field; `field` is also the id that the summary at the top leads to."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadForm:
    """What was typed came to: the body of a question, the faults of the form itself, and what the box was read as."""

    body: dict[str, Any]
    errors: tuple[FieldError, ...]
    box: IdentifierBox


def typed(form: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, field by field, to be shown again or kept; anything else that was sent is left out."""
    return {name: form.get(name, "")[:LONGEST_TYPED] for name in FIELDS}


def read_check(values: Mapping[str, str], setting: Setting, this_year: int) -> ReadForm:
    """Return the question that was typed. All faults of the form are told at once."""
    errors: list[FieldError] = []
    person, box = read_person(values, this_year, errors)
    if values["trigger-offence"] not in TRIGGER:
        errors.append(FieldError("trigger-offence", _IN_WORDS["/trigger_offence"]))
    if values["drug-test"] not in DRUG_TESTS:
        errors.append(FieldError("drug-test", _IN_WORDS["/drug_test"]))
    body = {
        "setting": setting.value,
        "purpose": values["purpose"],
        "person": person,
        "ocu": values["ocu"] or None,
        "trigger_offence": TRIGGER.get(values["trigger-offence"]),
        "drug_test": values["drug-test"] if values["drug-test"] in DRUG_TESTS else None,
        "assessed_need": values["assessed-need"] if values["assessed-need"] in ASSESSED else None,
    }
    return ReadForm(body, tuple(errors), box)


def read_person(
    values: Mapping[str, str], this_year: int, errors: list[FieldError]
) -> tuple[dict[str, Any], IdentifierBox]:
    """Return the person typed in, adding the faults found to `errors`."""
    born = typed_date(values["birth-day"], values["birth-month"], values["birth-year"])
    if isinstance(born, DateFault):
        errors.append(FieldError(f"birth-{born.part}", f"Date of birth {born.reason}"))
        born = None
    year = values["birth-year"].strip()
    box = read_box(values["identifiers"], int(year) if year.isdecimal() and year.isascii() else None, this_year)
    if box.unread:
        errors.append(FieldError("identifiers", UNREAD))
    person = {
        "family_name": values["family-name"].strip() or None,
        "given_names": values["given-names"].strip() or None,
        "date_of_birth": born,
        **box.fields,
    }
    return person, box


def in_words(faults: Iterable[Fault], told: Iterable[FieldError] = ()) -> tuple[FieldError, ...]:
    """Return the faults that reading the question found beside those already told of the form, in order of fields.

    Of one field one fault is told; that too little was said of a person is not told where what was said is at fault.
    """
    errors = {_group(error.field): error for error in told}
    for fault in faults:
        field = _FIELD_OF.get(fault.where, "family-name")
        if fault.where == "/person" and not _ABOUT_PERSON.isdisjoint(errors):
            continue
        errors.setdefault(_group(field), FieldError(field, _sentence(fault)))
    return tuple(sorted(errors.values(), key=lambda error: FIELDS.index(error.field)))


def _sentence(fault: Fault) -> str:
    if fault.where == "/person/date_of_birth":
        return f"Date of birth cannot be right: {fault.reason}"
    return (
        _IN_WORDS.get(fault.where) or f"{fault.where.rpartition('/')[2].replace('_', ' ').capitalize()}: {fault.reason}"
    )


def _group(field: str) -> str:
    return "birth" if field.startswith("birth-") else field
