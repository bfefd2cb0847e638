"""By when something must happen, on the calendar of England and Wales.

The bank holidays and the time zone come in from outside, once: nothing here is looked up per request.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked, when offices are open on them, and in which time zone."""

    bank_holidays: frozenset[date]
    opens: time
    closes: time
    zone: tzinfo

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.bank_holidays

    def is_office_hours(self, asked_at: datetime) -> bool:
        local = self.local(asked_at)
        return self.is_working_day(local.date()) and self.opens <= local.time() < self.closes

    def working_day_after(self, asked_at: datetime, days: int) -> date:
        """The `days`-th working day after the local day of asking, which itself never counts."""
        day = self.local(asked_at).date()
        while days:
            day += timedelta(days=1)
            days -= self.is_working_day(day)
        return day

    def local(self, asked_at: datetime) -> datetime:
        """Local time of an aware moment; a naive one is refused, as nobody could say when it was."""
        if asked_at.tzinfo is None:
            raise ValueError("a moment without time zone")
        return asked_at.astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Due by the end of so many working days."""

    days: int


@dataclass(frozen=True, slots=True)
class ClockHours:
    """Due within so many hours, nights and weekends included."""

    hours: int


Deadline = str | WorkingDays | ClockHours


def due_by(deadline: Deadline, asked_at: datetime, calendar: WorkingCalendar) -> str:
    """The deadline in ISO 8601, a date for working days, a local date-time for hours; otherwise its own words."""
    if isinstance(deadline, str):
        return deadline
    if isinstance(deadline, WorkingDays):
        return calendar.working_day_after(asked_at, deadline.days).isoformat()
    moment = calendar.local(asked_at).astimezone(UTC) + timedelta(hours=deadline.hours)
    return calendar.local(moment).isoformat(timespec="seconds")
