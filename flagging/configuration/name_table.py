"""The table of how common names are, `config/name_shares.csv`: part, word, share of the population.

Owns what makes a table valid. An area may put a better one in its place.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

from flagging.errors import ConfigurationInvalid, Fault
from flagging.matching.tokens import Side

COLUMNS = ("part", "word", "share")
_SIDES = {"given": Side.GIVEN, "family": Side.FAMILY}


def read_name_table(path: Path) -> Mapping[tuple[str, Side], float]:
    """Return the share of people by word and part of the name. Raises ConfigurationInvalid, naming faulty lines."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError):
        raise ConfigurationInvalid([Fault(path.name, "cannot be read as a table of names")]) from None
    if tuple(header) != COLUMNS:
        raise ConfigurationInvalid([Fault(path.name, f"its columns must be {', '.join(COLUMNS)}")])
    table: dict[tuple[str, Side], float] = {}
    faults = []
    for number, row in enumerate(rows, start=2):
        entry = _entry(row)
        if isinstance(entry, str):
            faults.append(Fault(f"{path.name}: line {number}", entry))
        else:
            table[entry[0]] = entry[1]
    if faults:
        raise ConfigurationInvalid(faults)
    return table


def _entry(row: list[str]) -> tuple[tuple[str, Side], float] | str:
    """Return one entry of the table, or why the row is none."""
    if len(row) != len(COLUMNS) or row[0] not in _SIDES:
        return "must be given or family, a word, and a share"
    part, word, written = row
    try:
        share = float(written)
    except ValueError:
        return "its share is no number"
    if not word or not 0 < share < 1:
        return "its share must lie between 0 and 1"
    return (word, _SIDES[part]), share
