"""What the register says of a person. The only place where absence is concluded.

Absence means: a verified edition with records, current, was searched to the end, and nobody was found. Everything
else that finds nobody is `cannot_confirm`, with the reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import structlog

from flagging.errors import OutOfTime, TooManyRequests
from flagging.identity.person import Identity
from flagging.matching.index import CandidateIndex
from flagging.matching.match import Match
from flagging.matching.model import Model
from flagging.matching.namesakes import has_namesake
from flagging.matching.search import SearchResult, match_as_one, search
from flagging.policy.answer import OtherScheme
from flagging.policy.outcome import decide_outcome
from flagging.record import Record
from flagging.register.freshness import Freshness
from flagging.register.held import Held
from flagging.terms import Outcome, Scheme, Status, Strength

log = structlog.get_logger(__name__)


class Unconfirmed(StrEnum):
    """Why a lookup can neither name a person nor rule one out; the value is what the caller reads."""

    NO_EDITION = "No verified edition of the register is held."
    NO_RECORDS = "The edition of the register that is held has no records."
    TOO_OLD = "The register was last checked too long ago to answer from."
    STALE = "Nobody was found, but the register is stale: the person may have been added since."
    TOO_MANY = "Too many people fit what was said to rule anybody out: ask again with more."
    OUT_OF_TIME = "The lookup took too long."
    FAILED = "The lookup failed inside the service."
    CALLERS_UNKNOWN = "The service has not learned yet who may ask."
    TRIED_OUT = "Nearly the same person was asked about in too many ways: ring the duty desk. This is not a no."
    NOT_RECORDED = "The lookup could not be recorded, and no answer leaves without a record."


class Found(NamedTuple):
    """An outcome and the records behind it, best first.

    `best_is_former` tells whom a possible match may be; `is_truncated` that there were more matches than are listed;
    `held_twice` which active records among definite matches are several of one person; `has_namesake`, where nobody was
    found, that an active PPO bears that rare name and was born at another time; `levels_withheld` of which records no
    levels of evidence are told, as they were tried out.
    """

    outcome: Outcome
    matches: tuple[Match, ...] = ()
    other_schemes: tuple[OtherScheme, ...] = ()
    best_is_former: bool = False
    is_truncated: bool = False
    unconfirmed: Unconfirmed | None = None
    held_twice: tuple[tuple[Record, ...], ...] = ()
    has_namesake: bool = False
    levels_withheld: frozenset[str] = frozenset()


_SEVERAL: Final = 2
_NOBODY: Final = Found(decide_outcome([]).outcome)


@dataclass(frozen=True, slots=True)
class Finder:
    """Searches with one model; `flag_schemes` are the schemes whose records count as a flag."""

    model: Model
    flag_schemes: frozenset[Scheme]

    def find(
        self, identity: Identity, held: Held, freshness: Freshness | None, is_out_of_time: Callable[[], bool]
    ) -> Found:
        """Decide the outcome for an identity; what `is_out_of_time` raises but TooManyRequests is a reason for none."""
        if held.edition is None or freshness is None:
            return cannot_confirm(Unconfirmed.NO_EDITION)
        if len(held.edition.index) == 0:
            return cannot_confirm(Unconfirmed.NO_RECORDS)
        if freshness.is_refused:
            return cannot_confirm(Unconfirmed.TOO_OLD)
        try:
            index = held.edition.index
            result = search(identity, index, self.model, is_out_of_time, self._is_flag)
            found = self._found(self._with_overlaps(result, identity, index), index) if result.matches else _NOBODY
            if found.outcome is Outcome.NOT_ON_REGISTER and has_namesake(identity, index, self.model, self._is_flag):
                found = found._replace(has_namesake=True)
        except TooManyRequests:
            raise
        except OutOfTime:
            return cannot_confirm(Unconfirmed.OUT_OF_TIME)
        except Exception:  # whatever it is, a search that broke off has ruled nobody out
            log.exception("search_failed")
            return cannot_confirm(Unconfirmed.FAILED)
        return _concluded(found, freshness) if found.outcome is Outcome.NOT_ON_REGISTER else found

    def _with_overlaps(self, result: SearchResult, identity: Identity, index: CandidateIndex) -> SearchResult:
        """Add to everybody definitely found what else the register holds of that very person.

        Somebody found as a former PPO, or on another scheme, may be an active one under another reference; and whoever
        manages the other record is to be told of too. A match no more than possible by itself is definite then.
        """
        if not any(index.others_of(match.record) for match in result.matches):
            return result
        matches = {match.record.ppo_ref: match for match in result.matches}
        for match in result.matches:
            if match.strength is not Strength.DEFINITE:
                continue
            for record in index.others_of(match.record):
                known = matches.get(record.ppo_ref)
                if known is None and record.status is Status.ACTIVE:
                    matches[record.ppo_ref] = match_as_one(record, match, identity, index, self.model)
                elif known is not None and known.strength is not Strength.DEFINITE:
                    matches[record.ppo_ref] = known._replace(strength=Strength.DEFINITE)
        return result._replace(matches=tuple(matches.values()))

    def _found(self, result: SearchResult, index: CandidateIndex) -> Found:
        matches = result.matches
        verdict = decide_outcome(
            [(match.strength, match.record.status, self._is_flag(match.record)) for match in matches]
        )
        told = tuple(matches[position] for position in verdict.order)
        return Found(
            outcome=verdict.outcome,
            matches=told,
            other_schemes=tuple(
                OtherScheme(match.record.ppo_ref, match.record.scheme)
                for match in matches
                if not self._is_flag(match.record) and _is_active(match)
            ),
            best_is_former=verdict.best_is_former,
            is_truncated=result.truncated,
            held_twice=_held_twice(told, index),
        )

    def _is_flag(self, record: Record) -> bool:
        return record.scheme in self.flag_schemes


def _held_twice(matches: Sequence[Match], index: CandidateIndex) -> tuple[tuple[Record, ...], ...]:
    active = [match.record for match in matches if _is_active(match)]
    if len(active) < _SEVERAL:
        return ()
    people = {frozenset({record.ppo_ref, *(other.ppo_ref for other in index.others_of(record))}) for record in active}
    held = [tuple(record for record in active if record.ppo_ref in refs) for refs in people]
    return tuple(records for records in held if len(records) > 1)


def _is_active(match: Match) -> bool:
    return (match.strength, match.record.status) == (Strength.DEFINITE, Status.ACTIVE)


def _concluded(nobody: Found, freshness: Freshness) -> Found:
    """Conclude absence only from a current register, and where nobody was left off the list of matches."""
    if freshness.state != "current":
        return cannot_confirm(Unconfirmed.STALE)
    return cannot_confirm(Unconfirmed.TOO_MANY) if nobody.is_truncated else nobody


def cannot_confirm(reason: Unconfirmed) -> Found:
    return Found(Outcome.CANNOT_CONFIRM, unconfirmed=reason)
