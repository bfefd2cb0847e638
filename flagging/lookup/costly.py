"""What a search may take: so much time, and once it costs much, a turn.

Hardly any search takes long; those that do are asked for with many long names, on purpose or not. A search that goes on
lets other threads run now and then, as compiled code does so by itself at few places; one that costs much leaves them
most of the time. And however many that cost much are asked at once, few of them run: the others end early, so that
there are always threads left for everybody else.
"""

import threading
import time
from typing import Final

from flagging.errors import OutOfTime, TooManyRequests

A_MILLISECOND: Final = 1_000_000
COSTLY: Final = 10 * A_MILLISECOND
"""Nanoseconds of processor time from which on a search needs a turn, counted from the first look at the clock, and a
lookup counts as several (`api.asking`)."""
FIRST_LOOK: Final = 5 * A_MILLISECOND
LOOK_EVERY: Final = 2 * A_MILLISECOND
PAUSE: Final = 0.0005
"""Seconds: enough for whoever waits for the interpreter to have it."""
LOOK_EVERY_AT_TURN: Final = A_MILLISECOND
PAUSE_AT_TURN: Final = 0.002
"""Seconds: enough for a lookup of somebody else, from when it is read to when it is answered. A search that costs half
a second of processor still ends within the two that a lookup is allowed."""
MOST_AT_ONCE: Final = 2
RETRY_SECONDS: Final = 1


class CostlyTurns:
    """The turns of one process at searches that cost much: few at once, and of one caller one.

    So a caller who floods takes none from another, and a second flood none from a third caller's plain questions.
    """

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most = most
        self._at_it = set[str]()
        self._lock = threading.Lock()

    def take(self, who: str) -> None:
        """Take a turn; raises TooManyRequests where the caller has one, OutOfTime where others have all of them."""
        with self._lock:
            if who in self._at_it:
                raise TooManyRequests(RETRY_SECONDS)
            if len(self._at_it) >= self._most:
                raise OutOfTime("others have all turns at what costs much")
            self._at_it.add(who)

    def give_back(self, who: str) -> None:
        with self._lock:
            self._at_it.discard(who)


class Watch:
    """Watches one search of a caller; `deadline` is as of `time.perf_counter_ns`. Whoever made it ends it."""

    __slots__ = ("_began", "_deadline", "_has_turn", "_next", "_turns", "_who")

    def __init__(self, turns: CostlyTurns, who: str, deadline: float) -> None:
        self._turns: Final = turns
        self._who: Final = who
        self._deadline: Final = deadline
        self._next = min(time.perf_counter_ns() + FIRST_LOOK, deadline)
        self._began = -1
        self._has_turn = False

    def is_out_of_time(self) -> bool:
        """Tell whether time is up. Lets others run, and raises as `CostlyTurns.take` does once a turn is needed."""
        now = time.perf_counter_ns()
        if now <= self._next:
            return False
        if now > self._deadline:
            return True
        if self._began < 0:
            self._began = time.thread_time_ns()
        elif not self._has_turn and time.thread_time_ns() - self._began >= COSTLY:
            self._turns.take(self._who)
            self._has_turn = True
        time.sleep(PAUSE_AT_TURN if self._has_turn else PAUSE)
        look_every = LOOK_EVERY_AT_TURN if self._has_turn else LOOK_EVERY
        self._next = min(time.perf_counter_ns() + look_every, self._deadline)
        return False

    def end(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._turns.give_back(self._who)
