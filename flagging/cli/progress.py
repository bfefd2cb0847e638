"""How far a sync has got: a bar for each step on a terminal, log lines for whoever reads them later."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import click

from flagging.sync.progress import Progress, logged


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Show on standard error how far the steps of a sync have got, until it ends."""
    if sys.stderr.isatty():
        with _Bars() as bars:
            yield bars.tell
    else:
        yield logged()


class _Bars:
    """One bar at a time; each is full once the next step begins, as a list's length is known in the end only."""

    def __init__(self) -> None:
        self._step: str | None = None
        self._bar: Any = None
        self._drawn = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._end(is_full=kind is None)

    def tell(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            self._end(is_full=True)
            shown = click.progressbar(length=total, label=f"{step:10}", file=sys.stderr)
            self._step, self._bar = step, self._drawn.enter_context(shown)
        self._bar.update(min(done, total) - self._bar.pos)

    def _end(self, *, is_full: bool) -> None:
        if self._bar is not None and is_full:
            self._bar.update(self._bar.length - self._bar.pos)
        self._drawn.close()
