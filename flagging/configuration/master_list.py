"""How an area writes its master list: `config/master_list.toml`, its column names and date formats.

Owns the names of the fields a list may have. Must not read a list: that is the work of `sync`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import permutations
from pathlib import Path
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates, validates_schema

from flagging.configuration.toml_file import ConfigSchema, read_toml

IDENTIFIER_FIELDS = ("pnc_id", "cro_number", "prison_number", "crn")
FIELDS = (
    "ppo_ref",
    "status",
    "family_name",
    "given_names",
    "date_of_birth",
    "sex",
    "postcode",
    "aliases",
    *IDENTIFIER_FIELDS,
    "scheme",
    "home_ocu",
    "offending_ocu",
    "ethnicity",
    "stage",
    "statutory",
    "police_om_name",
    "police_om_phone",
    "police_om_email",
    "probation_om_name",
    "probation_om_phone",
    "probation_om_email",
    "drug_treatment_need",
    "drug_treatment_provider",
    "added_on",
    "review_on",
    "removed_on",
    "updated_at",
)
"""Every field of a row, in the order of the contract."""

_SAMPLE_DAYS = (date(2001, 2, 3), date(1989, 11, 10))


@dataclass(frozen=True, slots=True)
class MasterListFormat:
    """`columns` leads from a folded column name (`fold_column`) to the field that stands there."""

    columns: Mapping[str, str]
    date_formats: tuple[str, ...]
    size_limit_mib: int

    def column_of(self, field: str) -> str:
        """Return the (folded) name of the column in which `field` stands."""
        return next(column for column, held in self.columns.items() if held == field)

    def fingerprint(self) -> bytes:
        """Return bytes that are the same for formats that read a list alike."""
        return json.dumps([sorted(self.columns.items()), self.date_formats]).encode()


def read_master_list_format(path: Path) -> MasterListFormat:
    """Read `master_list.toml`. Raises ConfigurationInvalid, naming every fault."""
    loaded: MasterListFormat = read_toml(path, _MasterListSchema())
    return loaded


def fold_column(name: str) -> str:
    """Return a column name in the form in which names are compared: `PPO Ref`, `ppo-ref` and `ppo_ref` are one."""
    return re.sub(r"[\s_\-]+", "_", name.strip()).strip("_").casefold()


def read_day(text: str, date_formats: tuple[str, ...]) -> date | None:
    """Return the day a text names in one of the formats, or None."""
    for form in date_formats:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None


class _MasterListSchema(ConfigSchema):
    size_limit_mib = fields.Integer(load_default=128, strict=True, validate=validate.Range(min=1, max=1024))
    date_formats = fields.List(fields.String(), load_default=["%Y-%m-%d"], validate=validate.Length(min=1))
    columns = fields.Dict(
        keys=fields.String(validate=validate.OneOf(FIELDS, error="is no field of the master list")),
        values=fields.String(),
        load_default=dict,
    )

    @validates("date_formats")
    def _verify_forms(self, forms: list[str], **_: Any) -> None:
        for form in forms:
            if "%y" in form or not _names_every_day(form):
                raise ValidationError(f"{form!r} does not name one day of one year (%Y, %m, %d)")
        for one, other in permutations(forms, 2):
            if _is_ambiguous(one, other):
                raise ValidationError(f"{one!r} and {other!r} read one text as two different days")

    @validates_schema
    def _verify_columns(self, table: dict[str, Any], **_: Any) -> None:
        columns = table.get("columns", {})
        taken: dict[str, str] = {}
        for field in FIELDS:
            column = fold_column(columns.get(field, field))
            if not column:
                raise ValidationError("names an empty column", f"columns.{field}")
            if column in taken:
                raise ValidationError(f"its column is already that of {taken[column]}", f"columns.{field}")
            taken[column] = field

    @post_load
    def _build(self, table: dict[str, Any], **_: Any) -> MasterListFormat:
        named = {fold_column(table["columns"].get(field, field)): field for field in FIELDS}
        return MasterListFormat(MappingProxyType(named), tuple(table["date_formats"]), table["size_limit_mib"])


def _names_every_day(form: str) -> bool:
    return all(read_day(day.strftime(form), (form,)) == day for day in _SAMPLE_DAYS)


def _is_ambiguous(one: str, other: str) -> bool:
    return any(read_day(day.strftime(one), (other,)) not in (None, day) for day in _SAMPLE_DAYS)
