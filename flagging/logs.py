"""Logs: one JSON object a line on standard error; on a terminal, lines for people.

Our own events and those of the libraries (gunicorn, redis, SQLAlchemy, urllib3, warnings, whatever nobody caught) come
out alike: time, level, event, the id of the request under way. Nothing personal stands in them: events carry ids and
counts, and of an exception, or of a library's words, only what cannot quote what it tripped over.
"""

import logging
import re
import sys
import threading
import traceback
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

REQUEST: Final[ContextVar[str]] = ContextVar("request", default="")
"""The id of the request that this thread is answering, as its answer tells it; empty outside of one."""
# Ids that machines make: UUIDs, trace ids, ULIDs. A caller may use what it likes, a name too, and that is not logged.
_MADE_BY_MACHINE: Final = re.compile(r"[0-9a-fA-F-]{16,64}|[0-7][0-9A-HJKMNP-TV-Z]{25}")
_OF_THE_SERVER: Final = "gunicorn"
_OF_WARNINGS: Final = "py.warnings"


def set_up_logs(level: int) -> None:
    """Log from `level` (of the module logging) on. Events carry ids and counts, never a value of a question.

    Libraries are heard from warnings on, whatever the level: what they say in passing is not ours to vouch for.
    """
    structlog.configure(
        processors=[*_TELLING, _rendering()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Logger,
        cache_logger_on_first_use=True,
    )
    _hear_libraries(max(level, logging.WARNING))
    sys.excepthook = _log_uncaught  # a traceback would quote what it tripped over


def log_what_ends_threads() -> None:
    """Have an exception that ends a thread logged as one that ends the process is."""
    threading.excepthook = lambda failed: _log_uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)


def library_formatter() -> logging.Formatter:
    """Return what makes a record of the standard library's logging one of our lines."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[tell_words_of_a_library, *_TELLING],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _rendering()],
        use_get_message=False,
        pass_foreign_args=True,
    )


def tell_words_of_a_library(_: Any, __: str, event: EventDict) -> EventDict:
    """Tell which library speaks, and its words; but what it puts into them only where nothing of a request can be.

    The server speaks of processes and signals, unless something went wrong with a request. Of a warning, which comes
    in one piece, place and kind are told.
    """
    record: logging.LogRecord = event["_record"]
    values = event.pop("positional_args", None)
    event["logger"] = record.name
    if record.name.startswith(_OF_THE_SERVER) and not event.get("exc_info"):
        event["event"] = logging.makeLogRecord({"msg": event["event"], "args": values}).getMessage()
    elif record.name == _OF_WARNINGS:
        event["event"] = ":".join(event["event"].split(":", 3)[:3])
    return event


def tell_request(_: Any, __: str, event: EventDict) -> EventDict:
    """Tell the id of the request, if it is one that a machine has made."""
    request_id = REQUEST.get()
    if request_id:
        event["request_id"] = request_id if _MADE_BY_MACHINE.fullmatch(request_id) else "not shown"
    return event


def tell_kind_and_place(_: Any, __: str, event: EventDict) -> EventDict:
    """Tell of an exception its kind and place: its message may quote what it tripped over."""
    error = _error_of(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if error is not None:
        event["kind"], event["at"] = type(error).__name__, place_of(error)
    return event


def place_of(error: BaseException) -> str:
    """Return where an error was raised and the way there, innermost first."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


_TELLING: Final[list[Processor]] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    tell_request,
    tell_kind_and_place,
]


class _Logger(structlog.WriteLogger):
    """Writes a line at once, as other processes write there, too.

    A line that finds no room, on a full disk for one, is lost: the event it tells of has to be dealt with all the same,
    and no line is worth an answer.
    """

    def __init__(self, *_: Any) -> None:
        super().__init__(sys.stderr)

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def _hear_libraries(level: int) -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(handler)  # of an earlier call
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level)
    handler.setFormatter(library_formatter())
    root.addHandler(handler)
    logging.captureWarnings(capture=True)


def _rendering() -> Processor:
    return structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()


def _error_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return _error_of(exc_info[1])
    return sys.exc_info()[1] if exc_info else None


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), trace)
    else:
        structlog.get_logger(__name__).critical("ended_by_an_error", exc_info=error)
