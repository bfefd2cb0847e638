"""How an area writes its master list: `config/master_list.toml`, its encoding, column names and date formats.

Owns the names of the fields a list may have. Must not read a list: that is the work of `sync`.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
"""Every field of a row, in the order of docs/master-list.md."""

LIST_DATE = "list_date"
"""Stands for a column that dates the list and is no field of a row."""
ENCODINGS = ("utf-8", "cp1252")
FILE_NAME_FIELDS = ("home_ocu", "offending_ocu")
ISO = "%Y-%m-%d"
EXCEL = "excel"
"""Among the date formats: day numbers, as a spreadsheet writes a date that has lost its format."""

_SAMPLE_DAYS = (date(2001, 2, 3), date(1989, 11, 10))
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_EXCEL_DAY = re.compile(r"([1-6][0-9]{4})(?:\.[0-9]{1,12})?")
# Day 1 is 1 January 1900; later days are one less than Excel counts, as it holds 1900 to be a leap year.
_EXCEL_DAY_0 = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class MasterListFormat:
    """`columns` leads from a folded column name (`fold_column`) to the field that stands there.

    `dated_column` (folded) or a row that begins with `dated_row` says of when the list is; without either its source
    does. `file_name_field` is the field that the names of the files of a directory give, if any.
    """

    columns: Mapping[str, str]
    date_formats: tuple[str, ...]
    size_limit_mib: int
    encoding: str = "utf-8"
    dated_column: str | None = None
    dated_row: str | None = None
    file_name_field: str | None = None

    def column_of(self, field: str) -> str:
        """Return the (folded) name of the column in which `field` stands."""
        return next(column for column, held in self.columns.items() if held == field)

    def fingerprint(self) -> bytes:
        """Return bytes that are the same for formats that read a list alike."""
        how = [sorted(self.columns.items()), self.date_formats, self.encoding, self.dated_row, self.file_name_field]
        return json.dumps(how).encode()


def read_master_list_format(path: Path) -> MasterListFormat:
    """Read `master_list.toml`. Raises ConfigurationInvalid, naming every fault."""
    loaded: MasterListFormat = read_toml(path, _MasterListSchema())
    return loaded


def fold_column(name: str) -> str:
    """Return a column name in the form in which names are compared: `PPO Ref`, `ppo-ref` and `ppo_ref` are one."""
    if not name.isascii():
        name = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return re.sub(r"[\s_\-]+", "_", name.strip()).strip("_").casefold()


def is_excel_day(text: str) -> bool:
    """Tell whether a text is a day number between 1927 and 2091; smaller ones could be years."""
    return _EXCEL_DAY.fullmatch(text) is not None


def read_day(text: str, date_formats: tuple[str, ...]) -> date | None:
    """Return the day a text names in one of the formats, or None."""
    for form in date_formats:
        if form == ISO:
            if day := _ISO_DAY.fullmatch(text):  # the usual form, many times faster than asking for it
                return _day_or_none(*map(int, day.groups()))
            continue
        if form == EXCEL:
            if number := _EXCEL_DAY.fullmatch(text):
                return _EXCEL_DAY_0 + timedelta(days=int(number[1]))
            continue
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None


def _day_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


class _DatedSchema(ConfigSchema):
    column = fields.String(validate=validate.Regexp(r"[\s_-]*[^\s_-]", error="names an empty column"))
    row = fields.String(validate=validate.Regexp(r"\w", error="must begin with a letter or digit"))

    @validates_schema
    def _verify_one(self, table: dict[str, Any], **_: Any) -> None:
        if len(table) > 1:
            raise ValidationError("a list is dated by a column or by a row, not by both", "row")


class _MasterListSchema(ConfigSchema):
    size_limit_mib = fields.Integer(load_default=128, strict=True, validate=validate.Range(min=1, max=1024))
    encoding = fields.String(load_default="utf-8", validate=validate.OneOf(ENCODINGS))
    file_name = fields.String(load_default=None, validate=validate.OneOf(FILE_NAME_FIELDS))
    dated = fields.Nested(_DatedSchema, load_default=dict)
    date_formats = fields.List(fields.String(), load_default=["%Y-%m-%d"], validate=validate.Length(min=1))
    columns = fields.Dict(
        keys=fields.String(validate=validate.OneOf(FIELDS, error="is no field of the master list")),
        values=fields.String(),
        load_default=dict,
    )

    @validates("date_formats")
    def _verify_forms(self, forms: list[str], **_: Any) -> None:
        written = [form for form in forms if form != EXCEL]
        for form in written:
            if "%y" in form or not _names_every_day(form):
                raise ValidationError(f"{form!r} does not name one day of one year (%Y, %m, %d)")
        for one, other in permutations(written, 2):
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
        dated_column = fold_column(table["dated"].get("column", "")) or None
        if dated_column:
            named.setdefault(dated_column, LIST_DATE)
        return MasterListFormat(
            columns=MappingProxyType(named),
            date_formats=tuple(table["date_formats"]),
            size_limit_mib=table["size_limit_mib"],
            encoding=table["encoding"],
            dated_column=dated_column,
            dated_row=table["dated"].get("row"),
            file_name_field=table["file_name"],
        )


def _names_every_day(form: str) -> bool:
    return all(read_day(day.strftime(form), (form,)) == day for day in _SAMPLE_DAYS)


def _is_ambiguous(one: str, other: str) -> bool:
    return any(read_day(day.strftime(one), (other,)) not in (None, day) for day in _SAMPLE_DAYS)
