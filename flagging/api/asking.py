"""One lookup of the API, the same by every way: alone, past Flask or through it, or as one of a batch."""

import math
import time
from typing import Any, Final

from flagging.access.caller import Caller
from flagging.api.services import Services
from flagging.lookup.lookups import Reply, Took
from flagging.metrics import STEPS

IN_NO_TIME: Final = ", ".join(f"{step};dur=0" for step in STEPS)
A_MILLISECOND: Final = 1_000_000
COSTLY: Final = 20 * A_MILLISECOND
"""Processor time from which on a lookup counts as one for every SHARE of it, so that who asks for the costliest gets
half of a process at the usual rate (100 a second), and the others find it free."""
SHARE: Final = 5 * A_MILLISECOND


def ask(parts: Services, body: Any, caller: Caller, until: float = math.inf) -> Reply:
    """Answer what a body asks, as far as its operator may ask that often; `until` as of `Lookups`."""
    question = parts.reader.question(body, caller)
    parts.operator_limiter.spend(question.operator)
    began = time.thread_time_ns()
    reply = parts.lookups.look_up(question, caller, until)
    took = time.thread_time_ns() - began
    if took >= COSTLY:
        parts.limiter.charge(caller.caller_id, took // SHARE)
    return reply


def server_timing(took: Took) -> str:
    """Write down what a lookup took, for operators, in whole milliseconds.

    Finer, it would tell whoever asks how many people come near the one asked about, and of matches that its role is
    not told of.
    """
    if max(took) < A_MILLISECOND:
        return IN_NO_TIME
    return ", ".join([f"{step};dur={each // A_MILLISECOND}" for step, each in zip(STEPS, took, strict=True)])
