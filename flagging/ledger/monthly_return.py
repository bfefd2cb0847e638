"""The monthly return: how many PPOs there are, and what was done at arrest and in prison, in counts alone.

Made of the ledger's entries of the month and of the register's days: the same figures whenever it is made, for as long
as the entries are kept. A month begins and ends by the clock in England.
"""

import csv
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import orjson

from flagging.entries import EntryKind
from flagging.errors import ReturnUnavailable
from flagging.ledger.register_days import days_between
from flagging.ledger.search import LedgerSearch, Sought
from flagging.terms import DrugTest, Outcome, Route, Setting

LONDON = ZoneInfo("Europe/London")
NOT_STATED = "not_stated"
LATE_DAYS = 7
"""For how long after the month notifications of its arrests are still counted."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month in England; `begins` and `ends` in UTC, `ends` excluded."""

    first: date

    @property
    def last(self) -> date:
        return (self.first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.first, time(), LONDON).astimezone(UTC)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), LONDON).astimezone(UTC)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(slots=True)
class Event:
    """One arrest, reception or release: all lookups in a setting under one client reference, the last one counting.

    A drug test that a later lookup does not state is still the one stated before.
    """

    setting: str
    outcome: str = ""
    route: str = ""
    drug_test: str = NOT_STATED

    def take(self, entry: Mapping[str, Any]) -> None:
        self.outcome, self.route = entry["outcome"], entry["route"]
        self.drug_test = (entry["question"].get("drug_test")) or self.drug_test


@dataclass(frozen=True, slots=True)
class MonthlyReturn:
    """The figures: by section, by group. `median_seconds` is from the lookup at arrest to the first notification."""

    month: str
    register_day: str | None
    sections: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    median_seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "month": self.month,
            "register_day": self.register_day,
            **self.sections,
            "median_seconds_from_arrest_to_notification": self.median_seconds,
        }

    def suppressed(self, least: int) -> "MonthlyReturn":
        """Return it without counts below `least`, which could point to a person; 0 stays."""
        sections = {name: suppress(counts, least) for name, counts in self.sections.items()}
        told = self.sections["notifications"]["arrests_told_of"] or 0
        median = self.median_seconds if told >= least else None
        return MonthlyReturn(self.month, self.register_day, sections, median)


def make_return(search: LedgerSearch, month: Month, kept_since: datetime) -> MonthlyReturn:
    """Make the return; raise ReturnUnavailable for a month erased in part, or of which nothing was ever recorded."""
    if month.begins < kept_since:
        raise ReturnUnavailable(f"{month}: the ledger's entries are not kept for so long (FLAGGING_LEDGER_DAYS)")
    events = _events(found.entry for found in search.every(_within(EntryKind.LOOKUP, month.begins, month.ends)))
    waits = _waits(search, month)
    with search.database.reading() as connection:
        days = days_between(connection, month.first, month.last)
    if not days and not events:
        raise ReturnUnavailable(f"{month}: neither a lookup nor a day of the register is recorded in this month")
    figures: dict[str, dict[str, int]] = orjson.loads(days[-1].figures) if days else {}
    sections: dict[str, Mapping[str, int | None]] = {
        "register_changes": {"added": sum(row.added for row in days), "removed": sum(row.removed for row in days)},
        **{f"ppos_by_{name}": counts for name, counts in sorted(figures.items())},
        **_of_events(events),
        "notifications": {"arrests_told_of": len(waits)},
    }
    median = round(statistics.median(waits), 3) if waits else None
    return MonthlyReturn(str(month), days[-1].day if days else None, sections, median)


def suppress(counts: Mapping[str, int | None], least: int) -> dict[str, int | None]:
    """Return counts with those between 0 and `least` left out; never one alone, which the total would tell."""
    small = {name for name, number in counts.items() if number and number < least}
    rest = sorted((number, name) for name, number in counts.items() if number and name not in small)
    if len(small) == 1 and rest:
        small.add(rest[0][1])
    return {name: None if name in small else number for name, number in counts.items()}


def write_csv(made: MonthlyReturn, file: TextIO) -> None:
    """Write one row for each figure; what is suppressed is left empty."""
    writer = csv.writer(file)
    writer.writerow(("month", "section", "group", "count"))
    for section, counts in made.sections.items():
        for group, number in counts.items():
            writer.writerow((made.month, section, _harmless(group), "" if number is None else number))
    median = "" if made.median_seconds is None else made.median_seconds
    writer.writerow((made.month, "median_seconds_from_arrest_to_notification", "", median))


def _harmless(group: str) -> str:
    """Return a heading that no spreadsheet takes for a formula."""
    return f"'{group}" if group.startswith(("=", "+", "-", "@")) else group


def _within(kind: EntryKind, since: datetime, until: datetime) -> Sought:
    return Sought(kind=kind.value, since=since, until=until)


def _events(entries: Iterable[Mapping[str, Any]]) -> list[Event]:
    events: dict[tuple[str, str], Event] = {}
    for entry in sorted(entries, key=lambda entry: str(entry["at"])):
        question = entry["question"]
        reference = "".join(str(question.get("client_reference") or "").split()).casefold()
        key = (question["setting"], f"reference {reference}" if reference else str(entry["lookup_id"]))
        events.setdefault(key, Event(question["setting"])).take(entry)
    return list(events.values())


def _of_events(events: list[Event]) -> dict[str, dict[str, int | None]]:
    arrests = [event for event in events if event.setting == Setting.ARREST]
    tests = (*(test.value for test in DrugTest), NOT_STATED)
    groups = {"ppos": True, "others": False}
    return {
        "arrests_by_outcome": _spread((each.outcome for each in arrests), [outcome.value for outcome in Outcome]),
        **{
            f"drug_tests_of_{name}": _spread(
                (each.drug_test for each in arrests if (each.outcome == Outcome.FLAGGED) is is_ppo), tests
            )
            for name, is_ppo in groups.items()
        },
        "referrals_by_route": _spread((each.route for each in events), [route.value for route in Route]),
    }


def _spread(values: Iterable[str], headings: Iterable[str]) -> dict[str, int | None]:
    counted = Counter(values)
    return {heading: counted[heading] for heading in headings}


def _waits(search: LedgerSearch, month: Month) -> list[float]:
    """Return, for each lookup at arrest in the month that somebody was told of, the seconds until the first was."""
    until = month.ends + timedelta(days=LATE_DAYS)
    first: dict[str, float] = {}
    for found in search.every(_within(EntryKind.NOTIFIED, month.begins, until)):
        entry = found.entry
        asked, told = (datetime.fromisoformat(entry[name]) for name in ("asked_at", "at"))
        if entry["setting"] == Setting.ARREST and month.begins <= asked < month.ends:
            wait = (told - asked).total_seconds()
            first[entry["lookup_id"]] = min(wait, first.get(entry["lookup_id"], wait))
    return list(first.values())
