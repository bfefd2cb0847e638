"""The one orchestration: ask, record, answer."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from flagging import metrics, receipts
from flagging.access.caller import Caller
from flagging.errors import Forbidden, SpoolUnwritable
from flagging.identity.person import Identity
from flagging.lookup.composing import Asked, Policies, Standing, compose, standing_of
from flagging.lookup.costly import CostlyTurns, Turn, Watch
from flagging.lookup.entry import lookup_entry
from flagging.lookup.finding import Finder, Found, Unconfirmed, cannot_confirm
from flagging.lookup.question import AskedPerson, Question, Sought, canonicalise
from flagging.lookup.repeats import Repeats
from flagging.policy.answer import Answer
from flagging.policy.disclosure import Disclosure
from flagging.register.live import LiveRegister
from flagging.sealing import Keyring
from flagging.spool import Spool
from flagging.terms import Role, Setting

log = structlog.get_logger(__name__)
LONDON: Final = ZoneInfo("Europe/London")
# Stands for a question that could not be read because its caller could not be told: on arrest, as that is where
# a `hold` has to come from.
NO_QUESTION: Final = Question(Setting.ARREST, purpose="", operator="", person=AskedPerson())
NOBODY: Final = Caller("", "", Role.CUSTODY)

Took = tuple[int, int, int, int, int]
"""What each of `metrics.STEPS` took, in nanoseconds of a clock that only runs forward."""
NO_TIME: Final = (0, 0, 0, 0, 0)


class Reply:
    """What leaves for one lookup; `unconfirmed` is set when the body is that of a `cannot_confirm`.

    `took` is for operators: told finely it could tell a caller of records that the answer keeps from it.
    """

    __slots__ = ("body", "took", "unconfirmed")

    def __init__(self, body: dict[str, Any], unconfirmed: Unconfirmed | None, took: Took = NO_TIME) -> None:
        self.body: Final = body
        self.unconfirmed: Final = unconfirmed
        self.took: Final = took


@dataclass(frozen=True, slots=True)
class Lookups:
    """Answers questions. `now` tells the time of day in UTC; `seconds_allowed` is what one lookup may take."""

    register: LiveRegister
    finder: Finder
    policies: Policies
    spool: Spool
    keyring: Keyring
    now: Callable[[], datetime]
    seconds_allowed: float
    repeats: Repeats
    costly: CostlyTurns

    def look_up(self, question: Question, caller: Caller, until: float = math.inf, turn: Turn = Turn.AT_ONCE) -> Reply:
        """Answer one question, having recorded it; `until` (as of `time.perf_counter_ns`) ends what it belongs to.

        Raises Forbidden if the caller may not ask that, QuestionInvalid if nobody could be recognised by it,
        TooManyRequests if it costs much and the caller's last that did is not done, or as its `turn` says. Every other
        way to fail is a `cannot_confirm` reply.
        """
        started = time.perf_counter_ns()
        if not self.policies.disclosure.permits(caller.role, question.purpose, question.setting):
            raise Forbidden("role, purpose and setting do not stand in one allowed combination")
        asked_at = self.now()
        today = asked_at.astimezone(LONDON).date()
        asked = Asked(question, caller, canonicalise(question.person, today), asked_at, today)
        read = time.perf_counter_ns()
        held = self.register.held
        freshness = self.register.freshness(held)
        standing = standing_of(held, freshness, self.register.clock())
        deadline = min(started + int(self.seconds_allowed * 1e9), until)
        looked = time.perf_counter_ns()
        watch = Watch(self.costly, caller.caller_id, deadline, turn)
        try:
            found = self.finder.find(asked.sought.identity, held, freshness, watch.is_out_of_time)
        finally:
            watch.end()
        found = self._held_against_repeats(asked, found)
        recognised = time.perf_counter_ns()
        answer, disclosure = compose(asked, found, standing, self.policies)
        composed = time.perf_counter_ns()
        body, unconfirmed = self._record(asked, answer, disclosure, found, standing)
        done = time.perf_counter_ns()
        took = (read - started, looked - read, recognised - looked, composed - recognised, done - composed)
        if unconfirmed is not None:
            log.warning("cannot_confirm", lookup_id=answer.lookup_id, reason=unconfirmed.name.lower())
        metrics.lookup_answered(caller.role, question.setting, body["outcome"], took)
        return Reply(body, unconfirmed, took)

    def _held_against_repeats(self, asked: Asked, found: Found) -> Found:
        if not found.matches:
            return found
        return self.repeats.held_against(found, asked.caller.caller_id, asked.question.operator, asked.sought.identity)

    def _record(
        self, asked: Asked, answer: Answer, disclosure: Disclosure, found: Found, standing: Standing
    ) -> tuple[dict[str, Any], Unconfirmed | None]:
        """Write the entry, then let the answer go; what cannot be recorded is not answered."""
        told = disclosure.body | {"lookup_id": answer.lookup_id}
        entry = lookup_entry(asked.question, asked.caller, found, answer, disclosure, told)
        try:
            self.spool.append(entry)
        except SpoolUnwritable:
            unrecorded = cannot_confirm(Unconfirmed.NOT_RECORDED)
            _, disclosure = compose(asked, unrecorded, standing, self.policies)
            return disclosure.body, unrecorded.unconfirmed
        receipt = receipts.issue(answer.lookup_id, entry, self.keyring)
        return told | {"receipt": receipt}, found.unconfirmed

    def unasked(self, reason: Unconfirmed) -> Reply:
        """The reply to somebody whose question is not even read: that nobody can say, and whom to ring."""
        asked_at = self.now()
        asked = Asked(NO_QUESTION, NOBODY, Sought(Identity(()), None, (), (), ()), asked_at, asked_at.date())
        standing = standing_of(self.register.held, None, self.register.clock())
        _, disclosure = compose(asked, cannot_confirm(reason), standing, self.policies)
        return Reply(disclosure.body, reason)
