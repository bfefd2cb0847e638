"""How often one and the same person was asked about in other words: nobody may climb towards a record by trying.

Levels of evidence help to tell two people apart; tried out one after the other they would lead to somebody's date of
birth. What counts is each different question whose answer shows the levels of a possible match with one record, by
caller and operator, and by caller alone, as a system may name any operator. Asking the same again counts nothing, and
so does asking about strangers. Above one limit levels are withheld; above another nobody is named or ruled out any
more by names and dates, only by an identifier that agrees. No outcome is ever turned into another by it.

The counts lie in a file that all processes of a host share, as digests: a caller who is spread over processes has one
allowance. They are read and written without a lock; two questions in the same microsecond may count as one.
"""

import mmap
import os
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
import structlog

from flagging import metrics
from flagging.identity.person import IdentifierKind, Identity
from flagging.lookup.finding import Found, Unconfirmed, cannot_confirm
from flagging.matching.match import Match
from flagging.policy.disclosure import RepeatLimits
from flagging.sealing import Keyring
from flagging.terms import Field, Level, Outcome, Strength

FILE_NAME: Final = "repeats"
SLOTS: Final = 2048
NEIGHBOURS: Final = 8
MOST_COUNTED: Final = 64
_HEAD: Final = struct.Struct("<8sdI")  # whose count, when it began, how many questions
_SLOT_BYTES: Final = _HEAD.size + 4 * MOST_COUNTED

_IDENTIFIERS: Final = frozenset(Field(kind.value) for kind in IdentifierKind)

log = structlog.get_logger(__name__)


class Counts:
    """Counts different questions under a name, for a window of time.

    Several processes may share the file; without one the counts are this process's own.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._slots = _shared(path)

    def count(self, name: bytes, question: bytes | None, window: float) -> int:
        """Return how many different questions were asked under a name within the window, this one, if any, included."""
        tag, now = name[:8], self._clock()
        with self._lock:
            at, began, number = self._slot(tag, now, window)
            if question is None:
                return number
            values, asked = at + _HEAD.size, question[:4]
            known = self._slots[values : values + 4 * number]
            if asked not in {known[place : place + 4] for place in range(0, len(known), 4)} and number < MOST_COUNTED:
                self._slots[values + 4 * number : values + 4 * number + 4] = asked
                number += 1
            _HEAD.pack_into(self._slots, at, tag, began, number)
        return number

    def _slot(self, tag: bytes, now: float, window: float) -> tuple[int, float, int]:
        """Return place, beginning and count of a name; a new one takes the place of the least counted neighbour."""
        first = int.from_bytes(tag, "little")
        best, fewest = 0, MOST_COUNTED + 1
        for step in range(NEIGHBOURS):
            at = (first + step) % SLOTS * _SLOT_BYTES
            held, began, number = _HEAD.unpack_from(self._slots, at)
            is_live = number and 0 <= now - began < window
            if is_live and held == tag:
                return at, began, min(number, MOST_COUNTED)
            if (number if is_live else 0) < fewest:
                best, fewest = at, number if is_live else 0
        return best, now, 0


@dataclass(frozen=True, slots=True)
class Repeats:
    """Holds what was found against the limits. `keyring` makes the digests that the counts are kept by."""

    counts: Counts
    limits: RepeatLimits
    keyring: Keyring

    def held_against(self, found: Found, caller: str, operator: str, identity: Identity) -> Found:
        """Return what may be told of what was found: as it is, without levels of some records, or that nobody can say.

        `identity` is who was asked about, in canonical form.
        """
        is_open = found.outcome is Outcome.POSSIBLE_MATCH
        guessed = [match for match in found.matches if not _is_named(match)]
        shown = [match for match in found.matches if is_open or match.strength is Strength.POSSIBLE]
        if not guessed and not shown:
            return found
        tag = self.keyring.tag
        asked, whose = tag(orjson.dumps(identity, default=tuple)), f"{caller}|{operator.strip().casefold()}|"
        withheld = set()
        for match in {match.record.ppo_ref: match for match in (*guessed, *shown)}.values():
            question = asked if match in shown else None
            ref = match.record.ppo_ref
            by_operator = self._count(tag(_bytes(whose + ref)), question)
            by_caller = self._count(tag(_bytes(f"{caller}||{ref}")), question)
            limits = self.limits
            if match in guessed and (by_operator > limits.operator_refused or by_caller > limits.caller_refused):
                metrics.LOOKUPS_CAPPED.labels("refused").inc()
                return cannot_confirm(Unconfirmed.TRIED_OUT)
            if match in shown and (by_operator > limits.operator_levels or by_caller > limits.caller_levels):
                withheld.add(ref)
        if not withheld:
            return found
        metrics.LOOKUPS_CAPPED.labels("levels withheld").inc()
        return found._replace(levels_withheld=frozenset(withheld))

    def _count(self, name: bytes, question: bytes | None) -> int:
        return self.counts.count(name, question, self.limits.window_minutes * 60)


def _is_named(match: Match) -> bool:
    """Tell whether an identifier names the person, not names and dates alone."""
    return any(line.field in _IDENTIFIERS and line.level is Level.AGREES for line in match.evidence)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # whatever an operator is called


def _shared(path: Path | None) -> mmap.mmap:
    """Return the counts that the processes of this host share; this process's own where the file cannot be had."""
    size = SLOTS * _SLOT_BYTES
    if path is None:
        return mmap.mmap(-1, size)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(opened).st_size != size:
                os.posix_fallocate(opened, 0, size)  # a file with holes would end the process on a full disk
                os.ftruncate(opened, size)
            return mmap.mmap(opened, size)
        finally:
            os.close(opened)
    except OSError as error:
        log.warning("repeats_not_shared", reason=error.strerror)
        return mmap.mmap(-1, size)
