"""A master list in the making: rows as they may stand in one, and what is read of them."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flagging.configuration.master_list import FIELDS, read_master_list_format
from flagging.sync.reading import read_list
from flagging.sync.source import MasterList

TODAY = date(2026, 3, 2)
KNOWN_OCUS = frozenset({"F1", "F2"})
SOUND_ROW = {
    "ppo_ref": "BHM-0001",
    "status": "active",
    "family_name": "Sample",
    "given_names": "Alex",
    "date_of_birth": "1983-02-01",
    "pnc_id": "2001/0171310W",
    "home_ocu": "F1",
    "offending_ocu": "F2",
    "police_om_name": "Pat Example",
    "police_om_phone": "0121 496 0101",
}


@pytest.fixture(scope="session")
def today():
    return TODAY


@pytest.fixture(scope="session")
def form():
    """The shipped form of a master list."""
    return read_master_list_format(Path(__file__).parents[2] / "config" / "master_list.toml")


@pytest.fixture(scope="session")
def read_text(form):
    """Read a list given as text or bytes."""

    def read_text(content, form=form):
        content = content if isinstance(content, bytes) else content.encode()
        master_list = MasterList("list.csv", content, datetime(2026, 3, 1, tzinfo=UTC), "digest")
        return read_list(master_list, form, KNOWN_OCUS, TODAY)

    return read_text


@pytest.fixture(scope="session")
def read(read_text):
    """Read a list of rows, each given by what is different from a row without any fault."""

    def read(*rows):
        text = io.StringIO()
        writer = csv.DictWriter(text, FIELDS)
        writer.writeheader()
        writer.writerows(SOUND_ROW | row for row in rows)
        return read_text(text.getvalue())

    return read
