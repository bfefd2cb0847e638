"""The words in which pages say what answers hold as codes, dates and times. Decides nothing: it only reads aloud."""

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flagging.terms import Field, Level, Outcome, Route

LONDON: Final = ZoneInfo("Europe/London")

OUTCOMES: Final = {
    Outcome.FLAGGED: "PPO",
    Outcome.POSSIBLE_MATCH: "Possible match",
    Outcome.CANNOT_CONFIRM: "No answer",
    Outcome.FORMER: "Former PPO",
    Outcome.NOT_ON_REGISTER: "Not on the register",
}
"""Strongest first: the order of a list of arrivals."""

FIELDS: Final = {
    Field.NAME: "name",
    Field.DATE_OF_BIRTH: "date of birth",
    Field.PNC_ID: "PNC ID",
    Field.CRO_NUMBER: "CRO number",
    Field.PRISON_NUMBER: "prison number",
    Field.CRN: "CRN",
    Field.POSTCODE: "postcode",
}
LEVELS: Final = {
    Level.AGREES: "agrees",
    Level.CLOSE: "is close",
    Level.DIFFERS: "differs",
    Level.NOT_COMPARED: "could not be compared",
}
AGENCIES: Final = {"police": "police offender manager", "probation": "probation offender manager"}
REASONS: Final = {"placeholder": "it stands for “not known”", "blank": "it is blank"}


def due_words(due: str) -> str:
    """Return a deadline: an ISO date as the end of that day, a date-time with its hour, other words as they are."""
    try:
        if "T" in due:
            moment = datetime.fromisoformat(due).astimezone(LONDON)
            return f"by {moment:%H:%M} on {day_words(moment.date())}"
        return f"by the end of {day_words(date.fromisoformat(due))}"
    except ValueError:
        return due


def day_words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def moment_words(moment: str | None) -> str:
    """Return an ISO time in UTC as the clock on the wall shows it."""
    if moment is None:
        return "never"
    local = datetime.fromisoformat(moment).astimezone(LONDON)
    return f"{local:%H:%M} on {local.day} {local:%B %Y}"


def age_words(seconds: int | None) -> str:
    """Return an age as somebody says it."""
    if seconds is None:
        return "no register is held"
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        number = seconds // unit
        if number or unit == 1:
            return f"{number} {name}{'' if number == 1 else 's'} ago"
    raise AssertionError


def field_words(name: str) -> str:
    """Return what people call a field of a question, of evidence, or of `ignored` (`aliases/0/family_name`)."""
    last = name.rpartition("/")[2]
    known = FIELDS.get(last)  # type: ignore[call-overload] # a Field is its spelling
    return str(known or last.replace("_", " ").replace("ocu", "OCU"))


def listed(words: list[str]) -> str:
    """Return `a, b and c`."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def dialled(telephone: str) -> str:
    """Return a telephone number as a link dials it."""
    return "tel:" + "".join(letter for letter in telephone if letter.isdigit() or letter == "+")


def route_words(route: str, service: dict[str, Any] | None, *, is_conditional: bool = False) -> str:
    """Return the route as it stands in large type; `is_conditional`: others become right once something is known."""
    name = service["name"] if service else ""
    match route:
        case Route.DSB:
            return "Refer to DSB"
        case Route.DIP:
            team = name.removeprefix("DIP ")
            return f"Refer to DIP, {team}" if team else "Refer to DIP"
        case Route.CARAT:
            return "Refer to CARAT"
        case Route.HOLD:
            return "Hold"
        case _:
            if name:
                return f"Refer to: {name}"
            return "No drug referral yet" if is_conditional else "No drug referral"
