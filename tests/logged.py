"""Greps everything the suite logged for every personal value it used, at the end of each process of the suite.

What is logged: every event and every library's line of the tests' own process, at the most verbose level and told as the
service tells it; what the processes of the service that they start print to standard error or to files called `*.log`
or `log`. Redis, its sentinels and PostgreSQL have logs of their own, and are handed nothing that is not sealed. What is personal: whatever a person, question, manager or record was made of here, and the columns of people in every list written
below the temporary directory. The words that the program, its server and its commands are written in say nothing of
anybody, and short words and numbers occur by chance.
"""

import contextlib
import csv
import functools
import logging
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
import gunicorn
import orjson
import pytest
from structlog.typing import EventDict

from flagging import logs
from flagging.identity.person import BirthDate, Identifier, PersonName
from flagging.lookup.question import AskedAlias, AskedPerson
from flagging.record import Manager, Record

REPOSITORY = Path(__file__).resolve().parent.parent
PERSONAL_COLUMNS = {
    "ppo_ref", "family_name", "given_names", "date_of_birth", "aliases", "pnc_id", "cro_number", "prison_number", "crn",
    "postcode", "police_om_name", "police_om_phone", "police_om_email", "probation_om_name", "probation_om_phone",
    "probation_om_email", "drug_treatment_provider",
}  # fmt: skip
PERSONAL_FIELDS = {
    PersonName: ("given", "family"),
    BirthDate: ("year", "month", "day"),
    Identifier: ("canonical",),
    Manager: ("name", "telephone", "email"),
    Record: ("ppo_ref", "drug_treatment_provider"),
    AskedPerson: tuple(name for name in AskedPerson.__match_args__ if name != "aliases"),
    AskedAlias: AskedAlias.__match_args__,
}
TOKEN = re.compile(r"flg_[0-9A-Za-z]+_[0-9A-Za-z_-]{20,}")
WORD = re.compile(r"[^\W_]+")
TIME = re.compile(r'"?\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\dZ+:-]*"?')
BORN_BEFORE = 2012  # the dates of lists and syncs are later
SHORTEST_WORD, SHORTEST_NUMBER = 5, 9
OF_OTHERS = ("redis.log", "sentinel.log", "postgresql.log")

Words = tuple[str, ...]


class Logged:
    """Lines with the test they came from, and what none of them may hold."""

    def __init__(self) -> None:
        self.test = "before the first test"
        self.lines: dict[str, str] = {}
        self.made: set[tuple[type, Any]] = set()
        self.values: set[str] = set()

    def note(self, text: str) -> None:
        for line in text.splitlines():
            self.lines.setdefault(TIME.sub("", line), self.test)

    def note_event(self, method: str, event: str | None, more: EventDict) -> None:
        told = logs.tell_kind_and_place(None, method, {"event": event, **more})
        self.note(orjson.dumps(told, default=repr, option=orjson.OPT_NON_STR_KEYS).decode())

    def found(self, place: Path) -> list[str]:
        """Return, for each line that holds a value, the line, the value and the test; below `place`, tests name files."""
        of_tests = re.compile(re.escape(str(place)) + r"/\S*")
        made = (values_of(kind, parts if isinstance(parts, tuple) else (parts,)) for kind, parts in self.made)
        lines = {line: words_of(of_tests.sub("", line)) for line in self.lines}
        said = set(chain.from_iterable(lines.values()))
        sought = by_first_word({*self.values, *filter(None, chain.from_iterable(made))}, said)
        told = []
        for line, test in self.lines.items():
            held = {" ".join(value) for value in held_by(lines[line], sought)} | set(TOKEN.findall(line))
            told += [f"{value!r} in {test}: {line[:300]}" for value in sorted(held)]
        return told


LOGGED = Logged()


def by_first_word(values: Iterable[str], said: set[str]) -> dict[str, set[Words]]:
    """Return the values that tell of somebody, as words, by their first one, if that was said at all."""
    ours = words_of_the_program()
    sought = defaultdict(set)
    for value in values:
        words = words_of(value)
        for spelt in (words, ("".join(words),)):
            if spelt and spelt[0] in said and tells_of_somebody(spelt, ours):
                sought[spelt[0]].add(spelt)
    return sought


def held_by(words: Words, sought: dict[str, set[Words]]) -> Iterator[Words]:
    for place, word in enumerate(words):
        for value in sought.get(word, ()):
            if words[place : place + len(value)] == value:
                yield value


def words_of(text: str) -> Words:
    return tuple(WORD.findall(text.casefold()))


def tells_of_somebody(words: Words, ours: frozenset[str]) -> bool:
    if all(word in ours for word in words):
        return False
    length = sum(map(len, words))
    return length >= (SHORTEST_NUMBER if all(map(str.isdecimal, words)) else SHORTEST_WORD + (len(words) > 1))


@functools.cache
def words_of_the_program() -> frozenset[str]:
    """Return the words that the program, its configuration, its server and its commands are written in."""
    ours = [*(REPOSITORY / "flagging").rglob("*.py"), *(REPOSITORY / "config").glob("*.*")]
    theirs = [path for each in (gunicorn, click) for path in Path(each.__file__).parent.rglob("*.py")]
    files = [*ours, *theirs]
    return frozenset().union(*(words_of(path.read_text()) for path in files if path.suffix in {".py", ".toml"}))


def values_of(kind: type, parts: tuple[Any, ...]) -> Iterator[str | None]:
    """Return what the noted fields of a thing that tells of a person hold, in the ways in which they are usually written."""
    if kind is PersonName:
        given, family = parts
        yield from (*given, *family, " ".join(given + family), " ".join(family + given))
    elif kind is BirthDate:
        year, month, day = parts
        if day is not None and year < BORN_BEFORE:
            yield from (f"{year}-{month:02}-{day:02}", f"{day:02}-{month:02}-{year}", f"{day}-{month}-{year}")
    elif kind is Identifier:
        (canonical,) = parts
        yield from (canonical, canonical[2:])  # a PNC ID is often typed without the century
    else:
        yield from (part for part in parts if isinstance(part, str))


def values_in_lists(place: Path) -> Iterator[str | None]:
    """Return what stands about people in the lists below a directory."""
    for path in filter(Path.is_file, place.rglob("*.csv")):
        with path.open(encoding="utf-8", errors="replace", newline="") as file, contextlib.suppress(csv.Error):
            for row in csv.DictReader(line.replace("\0", "") for line in file):
                yield from (
                    part for name in PERSONAL_COLUMNS & row.keys() for part in re.split("[;,]", row[name] or "")
                )


def listen_to(kind: type, *names: str) -> None:
    """Note these fields of whatever of this kind is made from now on; what they tell is put together at the end."""
    fields = attrgetter(*names)
    # A tuple is complete as soon as it is there, however it was made; everything else is filled then.
    is_tuple = issubclass(kind, tuple)

    def noting(make: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(make)
        def make_and_note(one: Any, *values: Any, **more: Any) -> Any:
            made = make(one, *values, **more)
            LOGGED.made.add((kind, fields(made if is_tuple else one)))
            return made

        return make_and_note

    if is_tuple:
        kind.__new__ = staticmethod(noting(kind.__new__))
        kind._make = classmethod(noting(kind._make.__func__))  # and _replace by it
    else:
        kind.__init__ = noting(kind.__init__)


class Hearing(logging.Handler):
    """Notes what libraries say, as the service would tell it."""

    def emit(self, record: logging.LogRecord) -> None:
        LOGGED.note(self.format(record))


def hear_events() -> None:
    from structlog._base import BoundLoggerBase  # noqa: PLC0415 - the one place every event comes by

    process = BoundLoggerBase._process_event

    def note_and_process(self: Any, method: str, event: str | None, more: EventDict) -> Any:
        LOGGED.note_event(method, event, more)
        return process(self, method, event, more)

    BoundLoggerBase._process_event = note_and_process


def hear_children() -> None:
    run: Callable[..., subprocess.CompletedProcess[Any]] = subprocess.run

    @functools.wraps(run)
    def run_and_note(*words: Any, **options: Any) -> subprocess.CompletedProcess[Any]:
        done = run(*words, **options)
        said = done.stderr or ""
        if words and str(words[0][0]) == sys.executable:
            LOGGED.note(said if isinstance(said, str) else said.decode(errors="replace"))
        return done

    subprocess.run = run_and_note


def pytest_configure() -> None:
    for kind, names in PERSONAL_FIELDS.items():
        listen_to(kind, *names)
    hear_events()
    hear_children()
    handler = Hearing(logging.WARNING)
    handler.setFormatter(logs.library_formatter())
    logging.getLogger().addHandler(handler)


def pytest_runtest_logstart(nodeid: str) -> None:
    LOGGED.test = nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    LOGGED.note(report.capstderr)
    return report


@pytest.fixture(scope="session", autouse=True)
def _nobody_is_in_the_logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    place = tmp_path_factory.getbasetemp()
    LOGGED.values.update(filter(None, values_in_lists(place)))
    for path in [*place.rglob("*.log"), *place.rglob("log")]:
        if path.is_file() and path.name not in OF_OTHERS:
            LOGGED.test = str(path.relative_to(place))
            LOGGED.note(path.read_text(encoding="utf-8", errors="replace"))
    found = LOGGED.found(place)
    assert not found, "the log tells of somebody:\n" + "\n".join(found[:20])
