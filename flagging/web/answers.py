"""/answers/ID: one answer, for the person who asked, while they are signed in; and looking again with an identifier."""

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from flagging.access.declared import LOOKUP_ROLES, open_to
from flagging.api.services import services
from flagging.errors import QuestionInvalid
from flagging.terms import Outcome, Setting
from flagging.web.answer_page import view_of
from flagging.web.asking import Answered, about_whom, ask, asked_in_words
from flagging.web.check_form import UNREAD, in_words
from flagging.web.gate import caller, guarded
from flagging.web.identifier_box import IdentifierBox, read_box
from flagging.web.keeping import find_kept, keep
from flagging.web.layout import page, today

_SAID_OF_PERSON: Final = ("family_name", "given_names", "date_of_birth")
NO_IDENTIFIER: Final = "Enter a PNC ID, CRO number, prison number or CRN"

blueprint = guarded(Blueprint("answers", __name__))


def show_new(answered: Answered) -> Response:
    """Keep an answer and lead to its page, so that loading it again asks nothing; or show it here if it cannot be kept.

    An answer is never held back because there is nowhere to keep it.
    """
    if answered.answer_id and keep([answered]):
        return redirect(url_for("answers.show", answer_id=answered.answer_id), HTTPStatus.SEE_OTHER)
    return _show(answered, is_kept=False)


@blueprint.get("/answers/<answer_id>")
@open_to(LOOKUP_ROLES)
def show(answer_id: str) -> Response:
    return _show(find_or_404(answer_id), is_kept=True)


@blueprint.post("/answers/<answer_id>/look-again")
@open_to(LOOKUP_ROLES)
def look_again(answer_id: str) -> Response:
    """Ask the same question with an identifier added to it."""
    answered, typed = find_or_404(answer_id), request.form.get("identifiers", "")[:400]
    who = caller()
    services().limiter.spend(who.caller_id)
    born = answered.question["person"].get("date_of_birth") or ""
    together = "; ".join(filter(None, (answered.typed.get("identifiers", "").strip(), typed.strip())))
    added = read_box(typed, int(born[:4]) if born else None, today().year)
    error = NO_IDENTIFIER if not added.recognised and not added.unread else UNREAD if added.unread else ""
    if not error:
        box = read_box(together, int(born[:4]) if born else None, today().year)
        try:
            return show_new(ask(_with(answered.question, box), answered.typed | {"identifiers": together}, box, who))
        except QuestionInvalid as invalid:
            error = in_words(invalid.faults)[0].text
    return _show(answered, is_kept=True, error=error, typed=typed)


def find_or_404(answer_id: str) -> Answered:
    return find_kept(answer_id) or abort(HTTPStatus.NOT_FOUND)


def _with(question: dict[str, Any], box: IdentifierBox) -> dict[str, Any]:
    person = question["person"]
    return question | {"person": {name: person.get(name) for name in _SAID_OF_PERSON} | box.fields}


def _show(answered: Answered, *, is_kept: bool, error: str = "", typed: str = "") -> Response:
    view = view_of(answered.body)
    is_reception = answered.question["setting"] != Setting.ARREST
    form_address = None
    if not view.is_confirmed:
        form_address = url_for("referral.blank")
    elif is_kept and view.outcome != Outcome.POSSIBLE_MATCH:
        form_address = url_for("referral.show", answer_id=answered.answer_id)
    html = render_template(
        "web/answer.html",
        view=view,
        why=answered.why,
        asked=asked_in_words(answered),
        about=about_whom(answered),
        can_look_again=is_kept,
        look_again_error=error,
        look_again_typed=typed,
        form_address=form_address,
        another_address=url_for("reception.show") if is_reception else url_for("check.show"),
        another_words="Back to the list of arrivals" if is_reception else "Check another person",
        change_address=url_for("check.show", again=answered.answer_id) if is_kept and not is_reception else None,
    )
    return page(html, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)
