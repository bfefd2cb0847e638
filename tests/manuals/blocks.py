"""The fenced blocks of a manual, and how each is marked.

    ```sh                       run as it stands, by the operator's shell
    ```sh as=root               run as root
    ```sh prelude=ACCOUNT       what every operator's shell begins with, and whose it is, if not anybody's
    ```sh until="ready: "       goes on running; the next block begins once it has printed that
    ```sh stop                  run once whatever goes on running has been stopped
    ```sh typed="…"             is typed, line by line, where the command asks
    ```sh not-run="…"           not run by `make manuals`, for this reason

Anything else (json, ini, sql, text, mermaid) is not for pasting into a shell.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

NO_COMMANDS = {"json", "ini", "sql", "text", "mermaid"}
MARKS = {"as", "prelude", "until", "typed", "not-run", "stop"}
_FENCE = re.compile(r"^```(.*)$")


class WronglyMarked(Exception):
    """A block whose mark nobody understands: it would silently not be run."""


@dataclass(frozen=True)
class Block:
    """One block: where its first line stands, its language, its marks and its text."""

    manual: str
    line: int
    language: str
    marks: dict[str, str]
    text: str

    @property
    def is_run(self) -> bool:
        return self.language == "sh" and "not-run" not in self.marks

    @property
    def place(self) -> str:
        return f"{self.manual}:{self.line}"


def blocks_of(manual: Path) -> list[Block]:
    """Return the blocks of a manual in order; raise WronglyMarked for one whose mark is none of those above."""
    found: list[Block] = []
    opened: tuple[int, str] | None = None
    lines: list[str] = []
    for number, line in enumerate(manual.read_text(encoding="utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if fence is None:
            lines.append(line)
        elif opened is None:
            opened, lines = (number + 1, fence[1]), []
        else:
            found.append(_block(manual.name, opened, lines))
            opened = None
    return found


def _block(manual: str, opened: tuple[int, str], lines: list[str]) -> Block:
    number, info = opened
    language, *words = shlex.split(info) or [""]
    marks = dict(word.partition("=")[::2] for word in words)
    if language not in NO_COMMANDS | {"sh"} or not marks.keys() <= MARKS or (marks and language != "sh"):
        raise WronglyMarked(f"{manual}:{number}: {info!r}")
    return Block(manual, number, language, marks, "\n".join(lines) + "\n")
