"""What a search may take: so much time, and once it costs much, a turn.

Hardly any search takes long; those that do are asked for with many long names, on purpose or not. A search that goes on
lets other threads run now and then, as compiled code does so by itself at few places; one that costs much leaves them
most of the time. And however many that cost much are asked at once, few of them run: the others end early, so that
there are always threads left for everybody else.
"""

import threading
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from flagging.errors import OutOfTime, TooManyRequests

A_MILLISECOND: Final = 1_000_000
LENGTHY: Final = 10 * A_MILLISECOND
"""Nanoseconds of processor time from which on a search leaves others most of the time, and of a caller who has asked
much lately needs a turn; counted from the first look at the clock, as the next."""
COSTLY: Final = 50 * A_MILLISECOND
"""From which on anybody's needs one. Somebody asked about by ten aliases takes half as long at 10 000 records."""
FIRST_LOOK: Final = 5 * A_MILLISECOND
LOOK_EVERY: Final = 2 * A_MILLISECOND
PAUSE: Final = 0.0005
"""Seconds: enough for whoever waits for the interpreter to have it."""
LOOK_EVERY_IF_LENGTHY: Final = A_MILLISECOND
PAUSE_IF_LENGTHY: Final = 0.002
"""Seconds: enough for a lookup of somebody else, from when it is read to when it is answered."""
IN_HASTE: Final = 1_000 * A_MILLISECOND
"""So long before its time is up a search gives others no more than it has to: it would find nobody in vain."""
MOST_AT_ONCE: Final = 2
MOST_WAITING: Final = 2
RETRY_SECONDS: Final = 1


def _nobody_is(_who: str) -> bool:
    return False


class _Waiting:
    """Somebody who waits for a turn."""

    def __init__(self, who: str) -> None:
        self.who: Final = who
        self.has_turn = False


class CostlyTurns:
    """The turns of one process at searches that cost much: few at once, and of one caller one.

    So a caller who floods takes none from another, and a second flood none from a third caller's plain questions. Who
    `is_short` has asked much lately: to refuse a flood costs less then, and desks that share a token are not refused
    for each other as long as they do not flood.
    """

    def __init__(self, is_short: Callable[[str], bool] = _nobody_is, most: int = MOST_AT_ONCE) -> None:
        self._is_short = is_short
        self._most = most
        self._at_it = set[str]()
        self._queue: list[_Waiting] = []
        self._handed_over = threading.Condition()

    def is_needed(self, who: str, took: int) -> bool:
        """Tell whether a search needs a turn to go on, that took so many nanoseconds of processor time."""
        return took >= COSTLY or (took >= LENGTHY and self._is_short(who))

    def take(self, who: str) -> None:
        """Take a turn; raises TooManyRequests where the caller has one, OutOfTime where others have all of them."""
        with self._handed_over:
            self._take_if_free(who)

    def wait_for(self, who: str, seconds: float) -> None:
        """Take a turn once one is free; raises as `take` if that takes longer, or if many wait already.

        Waiting takes a thread: so only batches wait, which have threads of their own, and few of them at once.
        """
        with self._handed_over:
            if self._is_free(who) or len(self._queue) >= MOST_WAITING:
                self._take_if_free(who)
                return
            waiting = _Waiting(who)
            self._queue.append(waiting)
            self._handed_over.wait_for(lambda: waiting.has_turn, seconds)
            if not waiting.has_turn:
                self._queue.remove(waiting)
                self._take_if_free(who)

    def _take_if_free(self, who: str) -> None:
        if who in self._at_it:
            raise TooManyRequests(RETRY_SECONDS)
        if not self._is_free(who):
            raise OutOfTime("others have all turns at what costs much")
        self._at_it.add(who)

    def _is_free(self, who: str) -> bool:
        return who not in self._at_it and len(self._at_it) < self._most

    def give_back(self, who: str) -> None:
        """Give a turn back, to whoever has waited longest of those that may have it."""
        with self._handed_over:
            self._at_it.discard(who)
            for waiting in self._queue:
                if self._is_free(waiting.who):
                    self._at_it.add(waiting.who)
                    waiting.has_turn = True
            self._queue = [waiting for waiting in self._queue if not waiting.has_turn]
            self._handed_over.notify_all()


class Turn(Enum):
    """How a search that costs much comes by its turn."""

    AT_ONCE = auto()
    """Or else its caller is told to try again, or that nobody can confirm."""
    LATER = auto()
    """Whoever asks is told TooManyRequests, waits for a turn, and asks again with it HELD, and gives it back."""
    HELD = auto()


class Watch:
    """Watches one search of a caller; `deadline` is as of `time.perf_counter_ns`. Whoever made it ends it."""

    __slots__ = ("_began", "_deadline", "_has_taken", "_is_lengthy", "_next", "_turn", "_turns", "_who")

    def __init__(self, turns: CostlyTurns, who: str, deadline: float, turn: Turn = Turn.AT_ONCE) -> None:
        self._turns: Final = turns
        self._who: Final = who
        self._deadline: Final = deadline
        self._turn: Final = turn
        self._next = min(time.perf_counter_ns() + FIRST_LOOK, deadline)
        self._began = -1
        self._is_lengthy = False
        self._has_taken = False

    def is_out_of_time(self) -> bool:
        """Tell whether time is up. Lets others run, and raises as `CostlyTurns.take` does once a turn is needed."""
        now = time.perf_counter_ns()
        if now <= self._next:
            return False
        if now > self._deadline:
            return True
        self._see_what_it_took()
        gives_way = self._is_lengthy and now < self._deadline - IN_HASTE
        time.sleep(PAUSE_IF_LENGTHY if gives_way else PAUSE)
        look_every = LOOK_EVERY_IF_LENGTHY if gives_way else LOOK_EVERY
        self._next = min(time.perf_counter_ns() + look_every, self._deadline)
        return False

    def _see_what_it_took(self) -> None:
        if self._has_taken:
            return
        if self._began < 0:
            self._began = time.thread_time_ns()
            return
        took = time.thread_time_ns() - self._began
        self._is_lengthy = took >= LENGTHY
        if self._turn is not Turn.HELD and self._turns.is_needed(self._who, took):
            self._take_turn()
            self._has_taken = True

    def _take_turn(self) -> None:
        try:
            self._turns.take(self._who)
        except OutOfTime:
            if self._turn is Turn.LATER:
                raise TooManyRequests(RETRY_SECONDS) from None
            raise

    def end(self) -> None:
        if self._has_taken:
            self._has_taken = False
            self._turns.give_back(self._who)
