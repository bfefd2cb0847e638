"""/register: how current the register is, how the last syncs went, what they rejected, who is held twice."""

from typing import Any, Final

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from flagging.access.declared import open_to
from flagging.api.register import register_status
from flagging.api.services import services
from flagging.register.kept_report import Report, overlap_in_words
from flagging.terms import Role
from flagging.web.gate import guarded
from flagging.web.layout import page
from flagging.web.words import age_words, field_words

MOST_ROWS: Final = 50
RESULTS: Final = {
    "published": "Published",
    "unchanged": "Unchanged",
    "refused": "Refused by a guard",
    "unreadable": "List could not be read",
    "dry_run": "Dry run",
}

blueprint = guarded(Blueprint("register_page", __name__))


@blueprint.get("/register")
@open_to(frozenset({Role.ADMINISTRATOR}))
def show() -> Response:
    register = services().register
    status = register_status(Role.ADMINISTRATOR)
    made = register.edition_report() or {}
    html = render_template(
        "web/register.html",
        status=status,
        age=age_words(status["age_seconds"]),
        trouble=register.held.trouble,
        last=_latest(status),
        reports=status["reports"],
        results=RESULTS,
        rejected=_rows(made, "rejected"),
        warnings=_rows(made, "warnings"),
        kinds=[kind | {"called": field_words(kind["field"])} for kind in made.get("warning_kinds", ())],
        counts=made.get("counts", {}),
        overlaps=[_overlap(each) for each in made.get("overlaps", ())[:MOST_ROWS]],
        caveats=made.get("caveats", ()),
        most=MOST_ROWS,
    )
    return page(html)


def _latest(status: dict[str, Any]) -> dict[str, Any] | None:
    """Return how the last sync ended, with what a guard or the reading of the list said about it."""
    note: dict[str, Any] | None = status["last_sync"]
    return note and note | {"words": RESULTS.get(note["result"], note["result"])}


def _rows(report: Report, name: str) -> list[dict[str, Any]]:
    return [row | {"called": field_words(row["field"])} for row in report.get(name, ())[:MOST_ROWS]]


def _overlap(overlap: dict[str, Any]) -> dict[str, Any]:
    return overlap | {"words": overlap_in_words(overlap)}
