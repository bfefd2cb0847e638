"""What the pages work with, put on the application by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import current_app

from flagging.access.accounts import Accounts
from flagging.access.attempts import Attempts
from flagging.access.drafts import Drafts
from flagging.access.live import LiveAccess
from flagging.access.records import AccessRecords
from flagging.access.sessions import Sessions
from flagging.policy.directory import Contact
from flagging.web.kept_answers import KeptAnswers

if TYPE_CHECKING:
    from flagging.access.openid.people import PeopleSignIn

EXTENSION: Final = "flagging-web"


@dataclass(frozen=True, slots=True)
class Parts:
    """One per process. `duty_desk` is whom to ring when the pages fail; `elsewhere` signs people in at a provider."""

    access: LiveAccess
    accounts: Accounts
    attempts: Attempts
    sessions: Sessions
    drafts: Drafts
    answers: KeptAnswers
    duty_desk: Contact
    form_secret: Callable[[], bytes]
    records: AccessRecords
    elsewhere: "PeopleSignIn | None" = None


def parts() -> Parts:
    found: Any = current_app.extensions[EXTENSION]
    return found  # type: ignore[no-any-return]
