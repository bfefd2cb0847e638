"""/ledger: who looked at whom, for auditors. That they looked is recorded first, like any look-up.

What is sought is personal: it is sent as a form and stands in no address; nothing of it is kept but in the ledger.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from flagging.access.declared import open_to
from flagging.api.services import services
from flagging.entries import EntryKind
from flagging.errors import Fault, QuestionInvalid
from flagging.ledger.consultation import Consultation, Reader
from flagging.ledger.export import write_csv
from flagging.ledger.search import PAGE, Found, OpenedLedger, Sought, term_groups
from flagging.terms import Outcome, Role
from flagging.web.check_form import FieldError
from flagging.web.gate import caller, guarded
from flagging.web.layout import page
from flagging.web.typed_dates import DateFault, date_in_one
from flagging.web.words import LONDON, OUTCOMES, moment_words

FIELDS: Final = {
    "family-name": "Family name asked about",
    "given-names": "Given names asked about",
    "date-of-birth": "Date of birth asked about",
    "identifier": "PNC ID, CRO number, prison number or CRN asked about",
    "ref": "PPO reference told of",
    "operator": "Who asked: collar or staff number, or username",
    "lookup-id": "Number of the look-up",
    "since": "From (day)",
    "until": "To (day, included)",
    "reason": "Why you are looking; recorded",
}
LONGEST: Final = 200
NO_CRITERIA: Final = "Enter at least one thing to search by"
NO_REASON: Final = "Enter why you are looking"
WHOLE_DAY: Final = "needs to be a whole date, like 27 3 2026"

blueprint = guarded(Blueprint("ledger_page", __name__))


@dataclass(frozen=True, slots=True)
class LedgerForm:
    """The form as it is shown, and what was found, if anything was sought."""

    values: dict[str, str] = field(repr=False)
    errors: tuple[FieldError, ...] = ()
    found: list[dict[str, Any]] | None = field(default=None, repr=False)

    @property
    def summary(self) -> list[dict[str, str]]:
        return [{"text": error.text, "href": f"#{error.field}"} for error in self.errors]

    def error(self, name: str) -> dict[str, str] | None:
        found = next((error for error in self.errors if error.field == name), None)
        return {"text": found.text} if found else None


@blueprint.get("/ledger")
@open_to(frozenset({Role.AUDITOR}))
def show() -> Response:
    return _show(LedgerForm(dict.fromkeys(FIELDS, "")))


@blueprint.post("/ledger")
@open_to(frozenset({Role.AUDITOR}))
def search() -> Response:
    """Search, or with the button `export` give all that fits as CSV. Raises SpoolUnwritable, LedgerUnreachable."""
    services().limiter.spend(caller().caller_id)
    values = {name: request.form.get(name, "").strip()[:LONGEST] for name in FIELDS}
    sought, errors = _sought(values)
    try:
        term_groups(sought)  # what cannot be read is said before anything is recorded
    except QuestionInvalid as error:
        errors += map(_field_error, error.faults)
    if errors:
        return _show(LedgerForm(values, tuple(errors)))
    is_export = "export" in request.form
    kind = EntryKind.LEDGER_EXPORTED if is_export else EntryKind.LEDGER_SEARCHED
    who = caller()
    consultation = Consultation(kind, Reader(who.caller_id, who.name, who.role), sought, values["reason"])
    with consultation.opened(services().ledger, services().spool) as ledger:
        if is_export:
            return _csv(ledger)
        found = [_row(each) for each in ledger.newest()]
    return _show(LedgerForm(values, found=found))


def _sought(values: Mapping[str, str]) -> tuple[Sought, list[FieldError]]:
    errors: list[FieldError] = []
    born = date_in_one(values["date-of-birth"])
    if isinstance(born, DateFault):
        errors.append(FieldError("date-of-birth", f"Date of birth {born.reason}"))
        born = None
    since, until = _day("since", values, errors), _day("until", values, errors)
    sought = Sought(
        family_name=values["family-name"] or None,
        given_names=values["given-names"] or None,
        date_of_birth=born,
        identifier=values["identifier"] or None,
        ref=values["ref"] or None,
        operator=values["operator"] or None,
        lookup_id=values["lookup-id"] or None,
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
    )
    if not errors and not sought.as_dict():
        errors.append(FieldError("family-name", NO_CRITERIA))
    if not values["reason"]:
        errors.append(FieldError("reason", NO_REASON))
    return sought, errors


def _day(name: str, values: Mapping[str, str], errors: list[FieldError]) -> date | None:
    read = date_in_one(values[name])
    if read is None:
        return None
    try:
        return date.fromisoformat(read if isinstance(read, str) else "")
    except ValueError:
        errors.append(FieldError(name, f"{FIELDS[name].partition(' ')[0]} {WHOLE_DAY}"))
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def _field_error(fault: Fault) -> FieldError:
    name = fault.where.removeprefix("/")
    return FieldError(name.replace("_", "-"), f"{name.replace('_', ' ').capitalize()} {fault.reason}")


def _row(found: Found) -> dict[str, Any]:
    """Return one entry as the page tells it."""
    entry = found.entry
    question = entry.get("question") or {}
    person = question.get("person") or {}
    about = [str(value) for name, value in person.items() if value and name != "aliases"]
    outcome = entry.get("outcome") or ""
    return {
        "number": found.number,
        "at": moment_words(entry.get("at")),
        "kind": str(entry.get("kind", "")).replace("_", " "),
        "who": question.get("operator") or entry.get("operator") or entry.get("caller") or "",
        "role": str(entry.get("role") or "").replace("_", " "),
        "why": str(question.get("purpose") or entry.get("reason") or "").replace("_", " "),
        "about": ", ".join(about),
        "outcome": OUTCOMES[Outcome(outcome)] if outcome in OUTCOMES else outcome,
        "refs": ", ".join(entry.get("refs") or ()),
        "lookup_id": entry.get("lookup_id") or entry.get("of_lookup") or "",
    }


def _csv(ledger: OpenedLedger) -> Response:
    file = io.StringIO(newline="")
    write_csv(ledger.every(), file)
    response = Response(file.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="ledger.csv"'
    return response


def _show(form: LedgerForm) -> Response:
    html = render_template("web/ledger.html", form=form, fields=FIELDS, most=PAGE)
    return page(html, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK)
