"""`config/actions.toml`: what has to be done besides the drug route, by when, and when offices are open.

Builds the working calendar once; the bank holidays of England and Wales come from the library `holidays`.
"""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from flagging.configuration.toml_fields import When, sentence
from flagging.configuration.toml_file import ConfigSchema, read_toml
from flagging.policy.actions import ActionCase, ActionRule, ActionTable, Sentences, tabulate, unused_in
from flagging.policy.deadlines import ClockHours, Deadline, WorkingCalendar, WorkingDays
from flagging.terms import Outcome

_YEARS = range(2020, 2061)
_LONGEST = 999


def load_actions(path: Path) -> ActionTable:
    """Read `actions.toml`. Raises ConfigurationInvalid, naming every fault; a row no case reaches is one."""
    table: ActionTable = read_toml(path, _ActionsSchema())
    return table


def bank_holidays() -> frozenset[date]:
    """The bank holidays of England and Wales (both nations keep the same), 2020 to 2060."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=_YEARS))


class _Due(fields.Field[Deadline]):
    """Words, or one of `{ working_days = N }` and `{ hours = N }`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Deadline:
        match value:
            case str() if value.strip():
                return value
            case {"working_days": int(days), **rest} if _is_usable(days) and not rest:
                return WorkingDays(days)
            case {"hours": int(hours), **rest} if _is_usable(hours) and not rest:
                return ClockHours(hours)
        raise ValidationError("Must be words, { working_days = N } or { hours = N }, N from 1 to 999.")


def _is_usable(number: int) -> bool:
    return not isinstance(number, bool) and 1 <= number <= _LONGEST


class _ActionSchema(ConfigSchema):
    action = fields.String(required=True, validate=validate.Regexp(r"[a-z_]+\Z", error="Must look like ring_desk."))
    when = When(ActionCase, required=True)
    text = sentence()
    due = _Due(required=True)
    contact = fields.String(load_default=None)
    desk_out_of_hours = fields.Boolean(load_default=False)
    provisional_for = fields.List(fields.Enum(Outcome, by_value=True), load_default=list)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> ActionRule:
        return ActionRule(**loaded | {"provisional_for": frozenset(loaded["provisional_for"])})


class _SentencesSchema(ConfigSchema):
    provisional = sentence()
    out_of_hours = sentence()
    nobody_to_reach = sentence()

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> Sentences:
        return Sentences(**loaded)


class _OfficeHoursSchema(ConfigSchema):
    opens = fields.Time(required=True)
    closes = fields.Time(required=True)
    further_holidays = fields.List(fields.Date(), load_default=list)

    @validates_schema
    def _opens_before_it_closes(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded["opens"] >= loaded["closes"]:
            raise ValidationError("Must be later than opens.", "closes")

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> WorkingCalendar:
        days = bank_holidays() | frozenset(loaded["further_holidays"])
        return WorkingCalendar(days, loaded["opens"], loaded["closes"], ZoneInfo("Europe/London"))


class _ActionsSchema(ConfigSchema):
    office_hours = fields.Nested(_OfficeHoursSchema, required=True)
    sentences = fields.Nested(_SentencesSchema, required=True)
    actions = fields.List(fields.Nested(_ActionSchema), required=True)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> ActionTable:
        table = tabulate(loaded["actions"], loaded["sentences"], loaded["office_hours"])
        faults = {position: {"when": ["No case reaches this action."]} for position in unused_in(table)}
        if faults:
            raise ValidationError({"actions": faults})
        return table
