"""The answers to a list of arrivals, the strongest outcome first, and the rows that nobody could be looked up by."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

import structlog

from flagging.access.caller import Caller
from flagging.api.services import services
from flagging.errors import FlaggingError, QuestionInvalid
from flagging.logs import place_of
from flagging.terms import Outcome, Setting
from flagging.web.answer_page import AnswerView, view_of
from flagging.web.arrivals import Arrival, person_of
from flagging.web.asking import Answered, ask
from flagging.web.check_form import FieldError, in_words
from flagging.web.words import OUTCOMES

_ORDER: Final = {outcome: place for place, outcome in enumerate(OUTCOMES)}
_COLUMN_OF: Final = {
    "family-name": "family", "given-names": "given", "birth-day": "born", "identifiers": "identifier",
}  # fmt: skip
FAILED: Final = "This row could not be looked up. Check it again, or ring the duty desk"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault of a row: the field of the form it stands beside, and words for there and for the summary."""

    field: str
    text: str
    short: str


@dataclass(frozen=True, slots=True)
class Row:
    """One arrival, and its answer or its faults (`column`, text)."""

    arrival: Arrival
    answered: Answered | None = None
    faults: tuple[FieldError, ...] = ()

    @property
    def view(self) -> AnswerView | None:
        return None if self.answered is None else view_of(self.answered.body)

    def errors_of(self, number: int) -> Iterator[RowError]:
        for fault in self.faults:
            called = self.arrival.called or f"row {number}"
            yield RowError(f"{fault.field}-{number}", f"{called}: {fault.text}", fault.text)


@dataclass(frozen=True, slots=True)
class ArrivalList:
    """A list as it is kept. `rows` in the order they were written down."""

    list_id: str
    prison: str
    rows: tuple[Row, ...] = field(default=(), repr=False)

    @property
    def answered(self) -> list[tuple[Row, AnswerView]]:
        """The rows with an answer, the strongest outcome first, then as they were written down."""
        views = [(row, view_of(row.answered.body)) for row in self.rows if row.answered is not None]
        return sorted(views, key=lambda each: _ORDER[Outcome(each[1].outcome)])

    @property
    def faulty(self) -> list[Row]:
        return [row for row in self.rows if row.answered is None]

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """How many of each outcome, in words, those there are none of left out but for PPOs."""
        found = Counter(row.answered.body["outcome"] for row in self.rows if row.answered is not None)
        return [
            (code, words, found[code]) for code, words in OUTCOMES.items() if found[code] or code == Outcome.FLAGGED
        ]

    def without_faults(self) -> Self:
        return replace(self, rows=tuple(row for row in self.rows if row.answered is not None))

    def with_rows(self, rows: Iterable[Row]) -> Self:
        return replace(self, rows=(*self.rows, *rows))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        rows = tuple(
            Row(
                Arrival(**row["arrival"]),
                Answered.from_dict(row["answered"]) if row["answered"] else None,
                tuple(FieldError(**fault) for fault in row["faults"]),
            )
            for row in found["rows"]
        )
        return cls(found["list_id"], found["prison"], rows)


def answer_rows(arrivals: list[Arrival], prison: str, caller: Caller, year: int) -> list[Row]:
    """Look every arrival up; whatever is wrong with one stays with it."""
    policy = services().lookups.policies.disclosure
    purposes = policy.purposes_in(caller.role, Setting.PRISON_RECEPTION)
    about = {
        "setting": Setting.PRISON_RECEPTION.value,
        "purpose": purposes[0] if purposes else "",
        "prison": prison or None,
    }
    return [_answer(arrival, about, caller, year) for arrival in arrivals]


def _answer(arrival: Arrival, about: dict[str, Any], caller: Caller, year: int) -> Row:
    person, box, errors = person_of(arrival, year)
    try:
        if errors:
            return Row(arrival, faults=tuple(errors))
        return Row(arrival, ask(about | {"person": person}, asdict(arrival), box, caller))
    except QuestionInvalid as error:
        told = in_words(error.faults)
        return Row(arrival, faults=tuple(FieldError(_COLUMN_OF.get(each.field, "family"), each.text) for each in told))
    except FlaggingError:
        raise
    except Exception as error:  # noqa: BLE001 the others of a van are answered all the same
        log.error("arrival_failed", kind=type(error).__name__, at=place_of(error))  # noqa: TRY400 - its text may quote
        return Row(arrival, faults=(FieldError("family", FAILED),))
