"""One lookup of the API, the same by every way: alone, past Flask or through it, or as one of a batch."""

import time
from typing import Any, Final
from wsgiref.types import WSGIEnvironment

from flagging.access.caller import Caller
from flagging.api.gate import ALLOWANCE
from flagging.api.services import Services
from flagging.lookup.costly import A_MILLISECOND
from flagging.lookup.lookups import Reply, Took
from flagging.lookup.question import Question
from flagging.metrics import STEPS

IN_NO_TIME: Final = ", ".join(f"{step};dur=0" for step in STEPS)
OPERATORS: Final = 5 * A_MILLISECOND // 4
CALLERS: Final = 5 * A_MILLISECOND // 2
"""Processor time for which a lookup that takes CHARGED_FROM counts as one more: of its operator, and of its caller. At
the usual rate (100 a second) a caller gets a quarter of a process by such, and one operator half of what he gets."""
CHARGED_FROM: Final = 5 * A_MILLISECOND


def ask(environ: WSGIEnvironment, parts: Services, body: Any, caller: Caller) -> Reply:
    """Answer what a body asks, as far as its operator may ask that often."""
    question = parts.reader.question(body, caller)
    parts.operator_limiter.spend(question.operator)
    return look_up(environ, parts, question, caller)


def look_up(environ: WSGIEnvironment, parts: Services, question: Question, caller: Caller) -> Reply:
    """Answer a question that may be asked, and charge those who ask for what it cost besides."""
    began = time.thread_time_ns()
    try:
        return parts.lookups.look_up(question, caller)
    finally:
        charge(environ, parts, caller, question.operator, time.thread_time_ns() - began)


def charge(environ: WSGIEnvironment, parts: Services, caller: Caller, operator: str, took: int) -> None:
    """Charge a caller and an operator for a lookup that took long; `took` is nanoseconds of processor time.

    What is left of the caller's allowance is told as it is after that.
    """
    if took < CHARGED_FROM:
        return
    left = parts.limiter.charge(caller.caller_id, took // CALLERS)
    if ALLOWANCE in environ:  # pages tell nobody
        environ[ALLOWANCE] = left
    parts.operator_limiter.charge(operator, took // OPERATORS)


def server_timing(took: Took) -> str:
    """Write down what a lookup took, for operators, in whole milliseconds.

    Finer, it would tell whoever asks how many people come near the one asked about, and of matches that its role is
    not told of.
    """
    if max(took) < A_MILLISECOND:
        return IN_NO_TIME
    return ", ".join([f"{step};dur={each // A_MILLISECOND}" for step, each in zip(STEPS, took, strict=True)])
