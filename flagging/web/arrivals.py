"""A list of arrivals as reception staff have it: typed row by row, pasted from a spreadsheet, or a file saved as CSV.

Every row stays a row, whatever is wrong with it: its faults are told beside it and spoil no other. Columns are told by
the header if there is one, otherwise by what stands in them.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from flagging.web.check_form import UNREAD, FieldError
from flagging.web.identifier_box import IdentifierBox, read_box
from flagging.web.typed_dates import DateFault, date_in_one

MOST_ARRIVALS: Final = 100
MOST_BYTES: Final = 512 * 1024
LONGEST_CELL: Final = 400

_DELIMITERS: Final = ("\t", ";", ",", "|")
_HEADINGS: Final = {
    "family": ("family name", "surname", "last name", "lastname", "familyname", "family names"),
    "given": ("given names", "given name", "first name", "forename", "forenames", "firstname", "first names"),
    "name": ("name", "full name", "prisoner", "prisoner name", "offender", "offender name"),
    "born": ("date of birth", "dob", "d o b", "born", "birth date", "birthdate"),
    "identifier": (
        "identifier", "identifiers", "pnc", "pnc id", "pnc number", "pnc no", "cro", "cro number", "cro no", "crn",
        "prison number", "prison no", "noms", "noms number", "noms no", "noms id", "nomis", "prisoner number", "id",
    ),
}  # fmt: skip
_COLUMN_OF: Final = {heading: column for column, headings in _HEADINGS.items() for heading in headings}
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One person as it was written down; nothing in it has been read yet."""

    family: str = ""
    given: str = ""
    born: str = ""
    identifier: str = ""

    @property
    def is_blank(self) -> bool:
        return not any(value.strip() for value in asdict(self).values())

    @property
    def called(self) -> str:
        """The person's name as a list shows it; without one, what else there is to tell the row by."""
        name = ", ".join(part.strip() for part in (self.family, self.given) if part.strip())
        return name or self.identifier.strip() or self.born.strip()


ARRIVAL_FIELDS: Final = tuple(field.name for field in fields(Arrival))


def person_of(arrival: Arrival, this_year: int) -> tuple[dict[str, Any], IdentifierBox, list[FieldError]]:
    """Return the person of a question, what the identifiers were read as, and the faults of the row."""
    errors = []
    born = date_in_one(arrival.born)
    if isinstance(born, DateFault):
        errors.append(FieldError("born", f"Date of birth {born.reason}"))
        born = None
    box = read_box(arrival.identifier, int(born[:4]) if born else None, this_year)
    if box.unread:
        errors.append(FieldError("identifier", UNREAD))
    person = {
        "family_name": arrival.family.strip() or None,
        "given_names": arrival.given.strip() or None,
        "date_of_birth": born,
        **box.fields,
    }
    return person, box, errors


def typed_arrivals(form: Mapping[str, str], rows: int) -> list[Arrival]:
    """Return the rows typed one by one, without blank ones."""
    found = (
        Arrival(**{name: form.get(f"{name}-{row}", "")[:LONGEST_CELL] for name in ARRIVAL_FIELDS})
        for row in range(1, rows + 1)
    )
    return [arrival for arrival in found if not arrival.is_blank]


def arrivals_in_text(text: str) -> list[Arrival]:
    """Return the rows of a pasted or uploaded table; a header is understood and left out."""
    lines = text.splitlines()
    if lines and (sep := re.fullmatch(r"\s*\"?sep=(.)\"?\s*", lines[0], re.IGNORECASE)):
        delimiter, lines = sep[1], lines[1:]
    else:
        delimiter = _delimiter_of(lines)
    table = [row for row in _rows(lines, delimiter) if any(row)]
    columns = _columns_of(table[0]) if table else {}
    found = (_by_columns(row, columns) for row in table[1:]) if columns else (_by_looks(row) for row in table)
    return [arrival for arrival in found if not arrival.is_blank]


def text_of_file(content: bytes) -> str | None:
    """Return the text of an uploaded file; None for a workbook, a document or a picture."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content or content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _delimiter_of(lines: Iterable[str]) -> str:
    """Return what parts the cells: the first of tab, semicolon, comma and bar that most lines have.

    A comma within a name is one: in a list whose lines have nothing but `Family, Given` it parts these two.
    """
    filled = [line for line in lines if line.strip()]
    for delimiter in _DELIMITERS:
        if filled and sum(delimiter in line for line in filled) * 2 > len(filled):
            return delimiter
    return ","


def _rows(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each line; a quotation mark never closed costs its own line and no other."""
    for line in lines:
        try:
            cells = next(csv.reader([line[: LONGEST_CELL * 10]], delimiter=delimiter, strict=True), [])
        except csv.Error:
            cells = line.replace('"', "").split(delimiter)
        yield [_plain_cell(cell) for cell in cells]


def _plain_cell(cell: str) -> str:
    """Return a cell without what spreadsheets put around it (`="01234"`)."""
    found = cell.strip()
    if found.startswith('="') and found.endswith('"'):
        found = found[2:-1]
    return found[:LONGEST_CELL]


def _columns_of(row: list[str]) -> dict[int, str]:
    """Return the meaning of each column that a header names; nothing where the row is no header."""
    folded = [re.sub(r"[\W_]+", " ", cell).strip().casefold() for cell in row]
    columns = {place: _COLUMN_OF[heading] for place, heading in enumerate(folded) if heading in _COLUMN_OF}
    has_name = bool({"family", "given", "name"} & set(columns.values()))
    return columns if has_name or len(columns) > 1 else {}


def _by_columns(row: list[str], columns: Mapping[int, str]) -> Arrival:
    """Return the row as its header has it; one that is a single cell was not parted: its date is no part of a name."""
    filled = list(filter(None, row))
    if len(columns) > 1 and len(filled) == 1 and any(map(str.isdigit, filled[0])):
        return _by_looks(filled)
    cells: dict[str, list[str]] = {}
    for place, column in columns.items():
        if place < len(row) and row[place]:
            cells.setdefault(column, []).append(row[place])
    family, given = " ".join(cells.get("family", [])), " ".join(cells.get("given", []))
    if not family and not given and "name" in cells:
        family, given = _whole_name(" ".join(cells["name"]))
    return Arrival(family, given, " ".join(cells.get("born", [])), "; ".join(cells.get("identifier", [])))


def _by_looks(row: list[str]) -> Arrival:
    """Return the row told by what its cells look like: a date, an identifier, and what is left are names."""
    names: list[str] = []
    dates: list[str] = []
    identifiers: list[str] = []
    for cell in filter(None, row):
        box = read_box(cell)
        if box.recognised and not box.unread:
            identifiers.append(cell)
        elif not dates and any(map(str.isdigit, cell)) and not isinstance(date_in_one(cell), DateFault):
            dates.append(cell)
        elif any(map(str.isdigit, cell)) or not _LETTER.search(cell):
            (identifiers if dates else dates).append(cell)
        else:
            names.append(cell)
    family, given = _whole_name(names[0]) if len(names) == 1 else (names[0] if names else "", " ".join(names[1:]))
    return Arrival(family, given, " ".join(dates), "; ".join(identifiers))


def _whole_name(name: str) -> tuple[str, str]:
    """Return family and given names of a whole name: `Family, Given` or `Given Family`."""
    before, comma, behind = name.partition(",")
    if comma:
        return before.strip(), behind.strip()
    *given, family = name.split() or [""]
    return family, " ".join(given)
