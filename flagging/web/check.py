"""/check: one person, asked about on one page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from flagging.access.caller import Caller
from flagging.access.declared import open_to
from flagging.api.services import services
from flagging.errors import Fault, QuestionInvalid
from flagging.lookup.question import AskedPerson, canonicalise
from flagging.terms import Role, Setting
from flagging.web.answers import show_new
from flagging.web.asking import Answered, ask
from flagging.web.check_form import FieldError, ReadForm, in_words, read_check, typed
from flagging.web.gate import caller, drafted, drop_draft, find_draft, guarded, remember, remembered
from flagging.web.identifier_box import read_box
from flagging.web.keeping import find_kept
from flagging.web.layout import page, today

ASKING_ON_ARREST: Final = frozenset({Role.CUSTODY, Role.ARREST_REFERRAL})
FORM: Final = "check"
_BIRTH_PARTS: Final = (("day", "Day", "2"), ("month", "Month", "2"), ("year", "Year", "4"))

blueprint = guarded(Blueprint("check", __name__))


@dataclass(frozen=True, slots=True)
class CheckForm:
    """The form as it is shown: what was typed, and the faults beside it."""

    values: dict[str, str] = field(repr=False)
    errors: Sequence[FieldError] = ()
    is_draft: bool = False

    @property
    def summary(self) -> list[dict[str, str]]:
        return [{"text": error.text, "href": f"#{error.field}"} for error in self.errors]

    def error(self, *fields: str) -> dict[str, str] | None:
        found = next((error for error in self.errors if error.field in fields), None)
        return {"text": found.text} if found else None

    @property
    def birth_items(self) -> list[dict[str, Any]]:
        """The three boxes of the date; of a faulty one, the box that is at fault stands out."""
        at_fault = {error.field for error in self.errors}
        marked = {part: " govuk-input--error" * (f"birth-{part}" in at_fault) for part, _, _ in _BIRTH_PARTS}
        return [
            {
                "name": part, "id": f"birth-{part}", "label": called, "value": self.values[f"birth-{part}"],
                "classes": f"govuk-input--width-{width}{marked[part]}",
                "autocomplete": "off",
            }
            for part, called, width in _BIRTH_PARTS
        ]  # fmt: skip


@blueprint.get("/check")
@open_to(ASKING_ON_ARREST)
@drafted(FORM)
def show() -> Response:
    """The form: empty, with what was being typed when the session ended, or with what an earlier answer was about."""
    draft = find_draft(FORM)
    again = find_kept(request.args.get("again", ""))
    values = typed(draft)
    if again is not None:
        values = typed(again.typed)
    if not values["ocu"]:
        values["ocu"] = remembered().get("ocu", "")
    return _show(CheckForm(values, is_draft=bool(draft) and again is None))


@blueprint.post("/check")
@open_to(ASKING_ON_ARREST)
@drafted(FORM)
def check() -> Response:
    values = typed(request.form)
    return answer_or_explain(values)


def answer_or_explain(values: dict[str, str]) -> Response:
    """Ask what was typed and show the answer; or show the form again with all that was typed and what is wrong."""
    who = caller()
    services().limiter.spend(who.caller_id)
    values["purpose"] = values["purpose"] or _only(purposes())
    read = read_check(values, Setting.ARREST, today().year)
    try:
        answered = _ask(read, values, who)
    except QuestionInvalid as error:
        errors = in_words(error.faults, read.errors)
        return _show(CheckForm(values, errors), HTTPStatus.UNPROCESSABLE_ENTITY)
    if values["ocu"] != remembered().get("ocu"):
        remember(ocu=values["ocu"])
    drop_draft(FORM)
    return show_new(answered)


def _ask(read: ReadForm, values: dict[str, str], who: Caller) -> Answered:
    """Ask, if there is no fault; otherwise raise QuestionInvalid with all there are."""
    faults: list[Fault] = []
    for find_fault in (
        lambda: services().reader.question(read.body, who),
        lambda: canonicalise(AskedPerson(**read.body["person"]), today()),
    ):
        try:
            find_fault()
        except QuestionInvalid as error:
            faults += error.faults
    if read.errors or faults:
        raise QuestionInvalid(faults)
    return ask(read.body, values, read.box, who)


@blueprint.post("/check/identifiers")
@open_to(ASKING_ON_ARREST)
def recognise() -> Response:
    """What an identifier is read as, for the script that says it while the form is being filled in."""
    year = request.form.get("year", "")
    box = read_box(
        request.form.get("identifiers", "")[:400],
        int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,  # noqa: PLR2004
        today().year,
    )
    words = box.words if not box.unread else "; ".join(filter(None, (box.words, "not recognised: look at it again")))
    return Response(words and f"Read as {words}.", content_type="text/plain; charset=utf-8")


def purposes() -> tuple[str, ...]:
    policy = services().lookups.policies.disclosure
    return policy.purposes_in(caller().role, Setting.ARREST)


def _show(form: CheckForm, status: int = HTTPStatus.OK) -> Response:
    ocus = services().lookups.policies.directory.ocus
    offered = purposes()
    return page(
        render_template(
            "web/check.html",
            form=form,
            purposes=offered,
            purpose_items=_items({code: code.replace("_", " ") for code in offered}),
            ocu_items=_items({code: f"{code}, {ocu.name}" for code, ocu in ocus.items()}),
        ),
        status,
    )


def _items(names: dict[str, str]) -> list[dict[str, str]]:
    return [{"value": "", "text": "Choose one"}, *({"value": code, "text": name} for code, name in names.items())]


def _only(offered: tuple[str, ...]) -> str:
    return offered[0] if len(offered) == 1 else ""
