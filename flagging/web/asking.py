"""From a typed question to an answer that is kept for whoever asked: the one way of the pages to the lookup.

The reader of the API and `look_up` do the work; the pages add nothing to it and take nothing from it.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from flask import request

from flagging.access.caller import Caller
from flagging.api.asking import look_up
from flagging.api.services import services
from flagging.terms import Outcome
from flagging.web.identifier_box import IdentifierBox

_TEST_WORDS: Final = {"positive": "positive", "negative": "negative", "refused": "refused", "not_tested": "not tested"}
READ_AS: Final = "Identifiers, as they were read"
_YES_NO: Final = {True: "yes", False: "no", None: "not known yet"}


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer as it is kept: the disclosed body, the question's body and what was typed of it, what the identifiers
    were read as, why nothing could be confirmed if so, and the referral form as far as it was filled in.
    """

    body: dict[str, Any]
    question: dict[str, Any] = field(repr=False)
    typed: dict[str, str] = field(repr=False)
    read_as: str = field(default="", repr=False)
    why: str = ""
    form: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def answer_id(self) -> str | None:
        """The id under which the answer can be kept; one that was not recorded has none."""
        return self.body.get("lookup_id")

    @property
    def is_confirmed(self) -> bool:
        return bool(self.body["outcome"] != Outcome.CANNOT_CONFIRM)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        return cls(**found)


def ask(question_body: dict[str, Any], typed: dict[str, str], box: IdentifierBox, caller: Caller) -> Answered:
    """Ask the register. Raises QuestionInvalid with every fault, or Forbidden; `cannot_confirm` is an answer, too."""
    question = services().reader.question(question_body, caller)
    reply = look_up(request.environ, services(), question, caller)
    return Answered(reply.body, question_body, typed, box.words, reply.unconfirmed or "")


def asked_in_words(answered: Answered) -> list[tuple[str, str]]:
    """Return what was asked, for the foot of the page: whoever reads the answer sees what it is an answer to."""
    question, person = answered.question, answered.question["person"]
    name = ", ".join(part for part in (person.get("family_name"), person.get("given_names")) if part)
    rows = [
        ("Name", name),
        ("Date of birth", spoken_date(person.get("date_of_birth"))),
        (READ_AS, answered.read_as),
    ]
    if question.get("ocu"):
        rows += [
            ("Trigger offence", _YES_NO[question.get("trigger_offence")]),
            ("Drug test", _TEST_WORDS.get(question.get("drug_test") or "", "")),
            ("Drug need assessed", {"yes": "yes", "no": "no"}.get(question.get("assessed_need") or "", "")),
            ("OCU", question["ocu"]),
        ]
    return [(called, value) for called, value in rows if value]


def about_whom(answered: Answered) -> str:
    """Return the person as asked about, in one line, so that no answer is read as somebody else's."""
    told = dict(asked_in_words(answered))
    born = told.get("Date of birth")
    name = told.get("Name") or (answered.typed.get("identifiers") or answered.typed.get("identifier", "")).strip()
    return f"{name}, born {born}" if born and name else name or f"somebody born {born}"


def spoken_date(iso: str | None) -> str:
    """Return `1983-02-01` as `1/2/1983`, `1983-02` as `2/1983`."""
    return "/".join(str(int(part)) for part in reversed(iso.split("-"))) if iso else ""
