"""What a later version has written is refused in words and left as it is; nothing of it is misread."""

from dataclasses import asdict

import orjson
import pytest
from editions import KEYRING, build, fake_redis, pointer_to, put
from kept import Kept, lookup
from sqlalchemy import text

from flagging.access.access_list import AccessList
from flagging.access.live import ACCESS, LiveAccess
from flagging.documents import FORMAT as DOCUMENT_FORMAT
from flagging.documents import SealedDocuments
from flagging.errors import EditionUnverified, FormatUnknown, LedgerUnreachable
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.segments import read_head
from flagging.ledger.tables import LEDGER_FORMAT
from flagging.register.chunks import manifest_key
from flagging.register.manifest import FORMAT
from flagging.register.replica import NAME, ReplicaFile
from flagging.register.store import POINTER, EditionStore
from flagging.sealing import Purpose
from flagging.spool import MARK

LATER = "a later version's"


@pytest.fixture
def store():
    store = EditionStore(fake_redis(), KEYRING)
    put(store, build())
    return store


@pytest.fixture
def kept(tmp_path, keyring):
    kept = Kept(tmp_path, keyring, LedgerDatabase(None, tmp_path))
    yield kept
    kept.close()


def test_a_later_manifest_is_refused_whatever_else_it_says(store):
    later = store.manifest(7).to_dict() | {"format": FORMAT + 1, "of_another_time": True}
    key = manifest_key(7)
    store.client.set(key, store.seal.seal(orjson.dumps(later), key))
    with pytest.raises(EditionUnverified, match=f"format {FORMAT + 1}, {LATER}"):
        store.manifest(7)


def test_a_later_pointer_is_neither_followed_nor_counted_as_lost(store):
    pointer = asdict(pointer_to(store.manifest(7), 70))
    store.documents.write(POINTER, pointer)
    assert store.look().pointer.edition == 7
    store.documents.write(POINTER, pointer | {"format": DOCUMENT_FORMAT + 1})
    with pytest.raises(FormatUnknown, match=LATER):
        store.look()


def test_a_later_access_list_lets_nobody_in_that_the_known_one_does_not_and_is_not_overwritten(store, tmp_path):
    documents = SealedDocuments(store.client, KEYRING)
    access = LiveAccess(store.client, KEYRING, tmp_path)
    documents.write(ACCESS, AccessList(version=1).to_dict())
    access.look()
    documents.write(ACCESS, AccessList(version=9).to_dict() | {"format": DOCUMENT_FORMAT + 1})
    before = store.client.get(ACCESS)
    access.look()
    access.restore()
    assert access.access_list.version == 1
    assert store.client.get(ACCESS) == before


def test_a_later_replica_file_is_refused(store, tmp_path):
    file = ReplicaFile(tmp_path, store)
    assert file.keep(store.manifest(7), pointer_to(store.manifest(7), 70))
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content.replace(b"FS1", b"FS9", 1))
    with pytest.raises(EditionUnverified, match="sealed by a later version"):
        file.read()
    assert file.load() is None


def test_what_is_sealed_in_a_later_way_is_refused():
    seal = KEYRING.seal_for(Purpose.DOCUMENT)
    sealed = seal.seal(b"words", "place")
    with pytest.raises(FormatUnknown, match="sealed by a later version"):
        seal.open(sealed.replace(b"FS1", b"FS3", 1), "place")


def test_a_later_spool_segment_is_left_for_that_version_to_drain(kept):
    kept.write(lookup())
    (segment,) = kept.spool_dir.glob("*.spool")
    later = segment.read_bytes().replace(MARK, b"FSP2", 1)
    segment.write_bytes(later)
    with pytest.raises(FormatUnknown, match="later version"):
        read_head(segment)
    assert "later version" in kept.drain().trouble
    assert segment.read_bytes() == later


def test_a_later_ledger_is_neither_written_nor_read(kept):
    kept.record(lookup())
    with kept.database.writing() as connection:
        assert connection.execute(text("SELECT format FROM ledger_format")).scalars().all() == [LEDGER_FORMAT]
        connection.execute(text("UPDATE ledger_format SET format = format + 1"))
    kept.write(lookup())
    with pytest.raises(LedgerUnreachable, match=LATER):
        kept.drain()
    with pytest.raises(LedgerUnreachable, match=LATER):
        kept.entries()
    assert len(list(kept.spool_dir.glob("*.spool"))) == 1


def test_a_ledger_from_before_it_told_its_format_is_of_the_first(kept):
    kept.record(lookup())
    with kept.database.writing() as connection:
        connection.execute(text("DROP TABLE ledger_format"))
    kept.close()
    kept.database = LedgerDatabase(None, kept.directory)
    assert len(kept.entries()) == 1
    kept.record(lookup())
    assert kept.verify().faults == []
