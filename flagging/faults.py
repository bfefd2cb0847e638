"""From marshmallow's nested messages to faults with a place and a reason."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from flagging.errors import Fault

LONGEST_STEP = 64


def located(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path and the reason of every message."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from located(inner, path if key == "_schema" else (*path, str(key)))
    elif isinstance(messages, list):
        for inner in messages:
            yield from located(inner, path)
    else:
        yield path, str(messages)


def pointed(messages: Any) -> Iterator[Fault]:
    """Yield faults placed by JSON Pointer (RFC 6901); a key of the caller's own making is cut to a sane length."""
    for path, reason in located(messages):
        steps = (step[:LONGEST_STEP].replace("~", "~0").replace("/", "~1") for step in path)
        yield Fault("".join(f"/{quote(step, safe='~')}" for step in steps), reason)
