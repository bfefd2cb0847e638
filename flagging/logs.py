"""Logs: one JSON object a line on standard error; on a terminal, lines for people."""

import sys
import traceback
from pathlib import Path
from typing import Any

import structlog


def set_up_logs(level: int) -> None:
    """Log from `level` (of the module logging) on. Events carry ids and counts, never a value of a question."""
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            tell_kind_and_place,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def tell_kind_and_place(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Tell of an exception its kind and place: its message may quote what it tripped over."""
    if event.pop("exc_info", None):
        error = sys.exc_info()[1]
        if error is not None:
            event["kind"], event["at"] = type(error).__name__, place_of(error)
    return event


def place_of(error: BaseException) -> str:
    """Return where an error was raised and the way there, innermost first."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
