"""A master list in the making: rows as they may stand in one, and what is read of them."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from editions import KEYRING, fake_redis
from listed import DAY, EVERYBODY, MENDED, Site, everybody_but, removed, row
from sweeps import first_of

from flagging.configuration.master_list import FIELDS, read_master_list_format
from flagging.register import chunks
from flagging.register.store import EditionStore
from flagging.sync.guards import Guards
from flagging.sync.reading import read_list
from flagging.sync.sources.master_list import ListFile, MasterList

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
        master_list = MasterList("list.csv", (ListFile(content),), datetime(2026, 3, 1, tzinfo=UTC), "digest")
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


# -- a site: a list, a Redis, a worker -------------------------------------------------------------------------------


@pytest.fixture(params=first_of(["real", "fake"]))
def client(request):
    """An empty Redis: a real one, and one that is made up."""
    return fake_redis() if request.param == "fake" else request.getfixturevalue("redis_client")


@pytest.fixture
def store(client, monkeypatch):
    """An empty store that puts two records into a chunk."""
    monkeypatch.setattr(chunks, "RECORDS_PER_CHUNK", 2)
    return EditionStore(client, KEYRING)


@pytest.fixture
def bare_site(tmp_path, client):
    """A site where nothing has been synced yet."""
    site = Site(tmp_path, client)
    yield site
    site.spool.close()


@pytest.fixture
def site(bare_site):
    """A site whose register is what the list says."""
    bare_site.write_and_sync(EVERYBODY)
    return bare_site


@pytest.fixture
def worn(site):
    """A site whose register knows more than its list says."""
    site.guards = Guards(reject_rate=0.2)
    site.restart()
    site.write_and_sync(MENDED)
    return site


@pytest.fixture
def site_with_former(site):
    """B00's last day on the register; editions before know B00 as active, and as former."""
    gone = removed(DAY - timedelta(days=365), police_om_phone="")
    site.write_and_sync(everybody_but(gone))
    site.write_and_sync([*everybody_but(gone), row(5, ppo_ref="B90")])
    return site
