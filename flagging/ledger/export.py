"""Entries as CSV, for whoever reads them in a spreadsheet: a row each, what is nested as JSON in one column.

A text that a spreadsheet would take for a formula is given an apostrophe in front, as OWASP advises.
"""

import csv
from collections.abc import Iterable
from typing import Any, TextIO

import orjson

from flagging.ledger.search import Found

OF_ENTRY = ("at", "kind", "lookup_id", "caller", "role", "operator", "purpose", "setting", "ocu", "prison")
OF_PERSON = ("family_name", "given_names", "date_of_birth", "pnc_id", "cro_number", "prison_number", "crn", "postcode")
OF_ANSWER = ("drug_test", "client_reference", "outcome", "route", "rule", "edition", "matching_version")
COLUMNS = ("number", *OF_ENTRY, *OF_PERSON, *OF_ANSWER, "searched_on", "refs", "fields", "reason", "receipt", "more")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_TOLD_ELSEWHERE = {"salt", "format", "question", "register"}


def write_csv(entries: Iterable[Found], file: TextIO) -> int:
    """Write a heading and one row for each entry; return how many entries there were."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    written = 0
    for found in entries:
        cells = row_of(found)
        writer.writerow([harmless(cells.get(column)) for column in COLUMNS])
        written += 1
    return written


def row_of(found: Found) -> dict[str, Any]:
    """Return an entry's columns; what has no column of its own is in `more`."""
    entry = found.entry
    question = entry.get("question") or {}
    person, register = question.get("person") or {}, entry.get("register") or {}
    flat = {**{name: value for name, value in question.items() if name != "person"}, **entry}
    cells = {name: flat.get(name) for name in (*OF_ENTRY, *OF_ANSWER, "searched_on", "refs", "fields", "reason")}
    cells |= {name: person.get(name) for name in OF_PERSON}
    cells["edition"] = register.get("edition", entry.get("edition"))
    rest = {name: value for name, value in flat.items() if name not in cells and name not in _TOLD_ELSEWHERE}
    rest |= {name: value for name, value in person.items() if name not in OF_PERSON and value}
    return cells | {"number": found.number, "receipt": found.receipt, "more": rest or None}


def harmless(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    text = text.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_A_FORMULA) else text
