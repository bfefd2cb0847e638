"""Rows of a master list as they stand, before anybody judges their values: what `table` reads and `rows` is given."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flagging.configuration.master_list import IDENTIFIER_FIELDS, MasterListFormat, fold_column

CUT_SHORT = "is cut short: the file ends within it"
"""The fault of the last row of a list that was provably cut off."""
NAMED_TWICE = "names one field twice"

_LONGEST_NAME = 40
_AROUND_DATE = " \t\r\n\"'#:=,;|"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands: field → value.

    `fault` says why its values cannot be told apart, if they cannot; `note` warns of what cost no value. `dated` is
    the text of a row that says of when the list is, and of nobody. `file` names the file of a list that has several.
    """

    line: int
    values: Mapping[str, Any]
    fault: str | None = None
    note: str | None = None
    dated: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows, which can be gone through once, and what the header says of them; `note` concerns the whole file."""

    rows: Iterator[RawRow]
    unknown_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]
    note: str | None = None


def make_table(rows: Iterator[RawRow], columns: Iterable[str], form: MasterListFormat) -> Table:
    """Return a table with these column names, as they are written in the list."""
    names = {fold_column(name): name for name in columns if fold_column(name)}
    fields = {form.columns[name] for name in names if name in form.columns}
    unknown = (_printable(name) for folded, name in names.items() if folded not in form.columns)
    return Table(rows, tuple(sorted(unknown)), missing_columns(fields, form))


def missing_columns(fields: set[str], form: MasterListFormat) -> tuple[str, ...]:
    """Name the columns without which no row can be read: a reference, a status, a name or an identifier."""
    missing = [form.column_of(field) for field in ("ppo_ref", "status") if field not in fields]
    if fields.isdisjoint(("family_name", "given_names", *IDENTIFIER_FIELDS)):
        missing.append(form.column_of("family_name"))
    return tuple(missing)


def dated_text(text: str, prefix: str | None) -> str | None:
    """Return what follows `prefix` in a row that begins with it, None for any other row."""
    text = text.strip(_AROUND_DATE)
    if not prefix or text[: len(prefix)].casefold() != prefix.casefold():
        return None
    return text[len(prefix) :].strip(_AROUND_DATE)


def _printable(name: str) -> str:
    """A column name for a report: it may be anything at all, a terminal's control sequences too."""
    name = " ".join(name.split())[:_LONGEST_NAME]
    return "".join(character if character.isprintable() else "?" for character in name)
