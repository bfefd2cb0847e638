"""/reception: a list of arrivals, each looked up on its own, the PPOs first."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from ulid import ULID
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from flagging.access.declared import open_to
from flagging.api.services import services
from flagging.terms import Role
from flagging.web.arrival_list import ArrivalList, Row, answer_rows
from flagging.web.arrivals import (
    MOST_ARRIVALS,
    MOST_BYTES,
    Arrival,
    arrivals_in_text,
    text_of_file,
    typed_arrivals,
)
from flagging.web.check_form import FieldError
from flagging.web.gate import caller, drafted, drop_draft, find_draft, guarded, remember, remembered
from flagging.web.keeping import find_list, keep_list
from flagging.web.layout import page, today

RECEPTION: Final = frozenset({Role.PRISON})
FORM: Final = "reception"
ROWS: Final = 5
NOBODY: Final = "Enter, paste or upload at least one person"
NO_TEXT: Final = "The file is not a CSV file: in the spreadsheet choose Save as, then CSV, and upload that"
TOO_LARGE: Final = "The file must be smaller than 512 KB"
TOO_MANY: Final = f"Check up to {MOST_ARRIVALS} people at a time: take some rows out, and check them afterwards"

blueprint = guarded(Blueprint("reception", __name__))


@dataclass(frozen=True, slots=True)
class ReceptionForm:
    """The form as it is shown. What was pasted or uploaded comes back as rows, so that none of it is lost."""

    rows: list[Arrival] = field(repr=False)
    pasted: str = field(default="", repr=False)
    prison: str = ""
    errors: tuple[FieldError, ...] = ()
    is_draft: bool = False

    @property
    def summary(self) -> list[dict[str, str]]:
        return [{"text": error.text, "href": f"#{error.field}"} for error in self.errors]

    def error(self, name: str) -> dict[str, str] | None:
        found = next((error for error in self.errors if error.field == name), None)
        return {"text": found.text} if found else None


@blueprint.get("/reception")
@open_to(RECEPTION)
@drafted(FORM)
def show() -> Response:
    draft = find_draft(FORM)
    rows = typed_arrivals(draft, MOST_ARRIVALS)
    return _show(ReceptionForm(rows, draft.get("pasted", ""), _prison(draft), is_draft=bool(draft)))


@blueprint.post("/reception")
@open_to(RECEPTION)
@drafted(FORM)
def check() -> AnyResponse:
    form = request.form
    uploaded, error = _uploaded(request.files.get("file"))
    rows = [*typed_arrivals(form, MOST_ARRIVALS * 2), *arrivals_in_text(form.get("pasted", "")), *uploaded]
    prison = _prison(form)
    if not error and not rows and "more" not in form:
        error = FieldError("pasted", NOBODY)
    if not error and len(rows) > MOST_ARRIVALS:
        error = FieldError("family-1", TOO_MANY)
    if error or "more" in form:
        blank = ROWS * ("more" in form)
        shown = ReceptionForm([*rows, *[Arrival()] * blank], prison=prison, errors=(error,) if error else ())
        return _show(shown, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)
    if prison != remembered().get("prison"):
        remember(prison=prison)
    listed = _answered(ArrivalList(str(ULID()), prison), rows)
    drop_draft(FORM)
    return _show_new(listed)


@blueprint.get("/reception/<list_id>")
@open_to(RECEPTION)
def show_list(list_id: str) -> Response:
    return _show_list(find_list(list_id) or abort(HTTPStatus.NOT_FOUND))


@blueprint.post("/reception/<list_id>")
@open_to(RECEPTION)
@drafted(FORM)
def correct(list_id: str) -> AnyResponse:
    """Ask about the rows that were at fault, corrected; the answers to the others stay as they are."""
    listed = find_list(list_id)
    rows = typed_arrivals(request.form, MOST_ARRIVALS)
    if listed is None:  # lost with Redis: what was corrected is looked up as a list of its own
        listed = ArrivalList(str(ULID()), _prison(request.form))
    if not rows:
        return _show_list(listed)
    return _show_new(_answered(listed.without_faults(), rows))


def _answered(listed: ArrivalList, arrivals: list[Arrival]) -> ArrivalList:
    who = caller()
    services().limiter.spend(who.caller_id, len(arrivals))
    return listed.with_rows(answer_rows(arrivals, listed.prison, who, today().year))


def _show_new(listed: ArrivalList) -> AnyResponse:
    """Keep the list and lead to its page, or show it here if it cannot be kept."""
    if keep_list(listed):
        return redirect(url_for("reception.show_list", list_id=listed.list_id), HTTPStatus.SEE_OTHER)
    return _show_list(listed, is_kept=False)


def _show(form: ReceptionForm, status: int = HTTPStatus.OK) -> Response:
    padded = [*form.rows, *[Arrival()] * max(0, ROWS - len(form.rows))]
    shown = ReceptionForm(padded, form.pasted, form.prison, form.errors, form.is_draft)
    prisons = services().lookups.policies.directory.prisons
    items = [{"value": "", "text": "Choose one"}] + [
        {"value": each.code, "text": each.name} for each in prisons.values()
    ]
    return page(render_template("web/reception.html", form=shown, most=MOST_ARRIVALS, prison_items=items), status)


def _show_list(listed: ArrivalList, *, is_kept: bool = True) -> Response:
    faulty: list[Row] = listed.faulty
    errors = [error for number, row in enumerate(faulty, 1) for error in row.errors_of(number)]
    return page(
        render_template(
            "web/arrivals.html",
            listed=listed,
            is_kept=is_kept,
            errors=errors,
            rows=[row.arrival for row in faulty],
            summary=[{"text": error.text, "href": f"#{error.field}"} for error in errors],
            prison=services().lookups.policies.directory.prison(listed.prison),
        )
    )


def _uploaded(file: FileStorage | None) -> tuple[list[Arrival], FieldError | None]:
    if file is None or not file.filename:
        return [], None
    with closing(file):
        content = file.stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        return [], FieldError("file", TOO_LARGE)
    text = text_of_file(content)
    return ([], FieldError("file", NO_TEXT)) if text is None else (arrivals_in_text(text), None)


def _prison(form: Mapping[str, Any]) -> str:
    """Return the prison the person is in: the one chosen, the one remembered, or the only one there is."""
    prisons = list(services().lookups.policies.directory.prisons)
    wanted = form.get("prison") or remembered().get("prison", "")
    return wanted if wanted in prisons else prisons[0] if len(prisons) == 1 else ""
