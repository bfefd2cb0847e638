"""Small registers for the tests of editions: people who do not exist, keys, the parts an edition is made of."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from fakeredis import FakeRedis, FakeServer

from flagging.configuration.load import Configuration, load_configuration
from flagging.identity.person import BirthDate, Identifier, IdentifierKind, Identity, Persona, PersonName
from flagging.matching.derived import MATCHING_VERSION
from flagging.record import Record
from flagging.register.chunks import chunk_key, manifest_key, pack_row, pack_rows, seal_chunk
from flagging.register.edition import count
from flagging.register.freshness import AgeLimits
from flagging.register.manifest import Heartbeat, Manifest, Pointer, digest
from flagging.register.store import EditionStore
from flagging.register.sync_log import Told
from flagging.sealing import Keyring, Purpose, RootKey
from flagging.sync.publish import Draft, Publisher
from flagging.sync.report import Result, SyncReport
from flagging.terms import Status

LIMITS = AgeLimits(stale_after=3600.0, list_stale_after=7 * 86400.0, refuse_after=86400.0)
OLD_KEY = RootKey("k-old", b"\x01" * 32)
NEW_KEY = RootKey("k-new", b"\x02" * 32)
KEYRING = Keyring((OLD_KEY,))
OTHER_KEYRING = Keyring((NEW_KEY,))
ROTATED_KEYRING = Keyring((NEW_KEY, OLD_KEY))


def person(ref: str, family: str, born: BirthDate | None = None, **fields: Any) -> Record:
    name = PersonName(("alex",), (family,))
    identity = Identity((Persona(name, born or BirthDate(1983, 2, 1)),))
    return Record(**{"ppo_ref": ref, "status": Status.ACTIVE, "identity": identity} | fields)


SAMPLE = replace(
    person("T-1", "sampleton"),
    identity=Identity(
        (Persona(PersonName(("alex", "jo"), ("sampleton",)), BirthDate(1983, 2, 1)),),
        (Identifier(IdentifierKind.PNC_ID, "2001/0171310W", ("pnc_id:010171310W",), verified=True),),
        "B1 1AA",
    ),
)
SPECIMEN = person("T-2", "specimen", BirthDate(1990, 7, 20))
FORMER = person("T-3", "bygone", BirthDate(1979, 5, 17), status=Status.FORMER, removed_on=date(2026, 2, 1))
MISSING = person("T-4", "mislaid", BirthDate(1985, 11, 8), missing_since=date(2026, 2, 20))
PEOPLE = (SAMPLE, SPECIMEN, FORMER, MISSING)
NEWCOMER = person("T-5", "newcomer", BirthDate(1995, 6, 3))


@dataclass(frozen=True)
class Built:
    """An edition before it stands anywhere."""

    manifest: Manifest
    chunks: tuple[bytes, ...]

    def read(self, position: int) -> bytes | None:
        return self.chunks[position] if position < len(self.chunks) else None


def manifest_of(records: Sequence[Record], **changes: Any) -> Manifest:
    """Return what an edition of these records says of itself, as if no chunk held them, but for the changes."""
    given = Manifest(
        number=7,
        built_at=1_770_000_000.0,
        checked_at=1_770_000_000.0,
        list_name="list.csv",
        list_digest="digest",
        list_dated=1_769_990_000.0,
        listed_count=len(records),
        counts=count(records),
        content_digest="",
        chunk_digests=(),
        canaries=(),
        caveats=(),
        matching_version=MATCHING_VERSION,
        key_id=KEYRING.key_id,
    )
    return replace(given, **changes)


def build(records: Sequence[Record] = PEOPLE, number: int = 7, keyring: Keyring = KEYRING, **changes: Any) -> Built:
    """Build an edition whose manifest says what it should, but for the changes."""
    seal = keyring.seal_for(Purpose.EDITION)
    packed = pack_rows(map(pack_row, records))
    chunks = tuple(seal_chunk(chunk, number, position, seal) for position, chunk in enumerate(packed.chunks))
    manifest = manifest_of(
        records,
        number=number,
        content_digest=packed.content_digest,
        chunk_digests=tuple(digest(chunk) for chunk in chunks),
        canaries=tuple(record.ppo_ref for record in records[:2]),
        caveats=("1 row of the master list could not be read",),
        key_id=keyring.key_id,
    )
    return Built(replace(manifest, **changes), chunks)


def pointer_to(manifest: Manifest, generation: int, because: str = "published", hold: str | None = None) -> Pointer:
    return Pointer(manifest.number, manifest.fingerprint, generation, because, hold)


def heartbeat_of(manifest: Manifest, checked_at: float, list_dated: float) -> Heartbeat:
    return Heartbeat(manifest.number, manifest.fingerprint, checked_at, list_dated)


def put(store: EditionStore, built: Built, keyring: Keyring = KEYRING, number: int | None = None) -> None:
    """Write an edition straight into Redis, at its own number or at another's, without anybody verifying it."""
    number = built.manifest.number if number is None else number
    key = manifest_key(number)
    sealed = keyring.seal_for(Purpose.EDITION).seal(orjson.dumps(built.manifest.to_dict()), key)
    store.client.set(key, sealed)
    for position, chunk in enumerate(built.chunks):
        store.client.set(chunk_key(number, position), chunk)


@cache
def configuration() -> Configuration:
    return load_configuration(Path(__file__).resolve().parent.parent / "config")


def fake_redis() -> FakeRedis:
    """A Redis of its own, empty, in this process."""
    return FakeRedis(server=FakeServer())


def publisher(store: EditionStore, keep: int = 5) -> Publisher:
    return Publisher(store, configuration().matching, keep)


def sync_report(**changes: Any) -> SyncReport:
    moment = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    given = SyncReport(result=Result.PUBLISHED, source="list.csv", started_at=moment, finished_at=moment)
    return replace(given, **changes)


def draft(records: Sequence[Record] = PEOPLE, **changes: Any) -> Draft:
    """Return a draft of these records, built on no edition."""
    given = Draft(
        records=tuple(records),
        caveats=(),
        list_name="list.csv",
        list_digest="digest",
        list_dated=1_769_990_000.0,
        listed_count=len(records),
        report=sync_report(),
        told=lambda _: Told(),
        seen=None,
    )
    return replace(given, **changes)


def publish(store: EditionStore, records: Sequence[Record] = PEOPLE, *, keep: int = 5, **changes: Any) -> Manifest:
    """Publish an edition of these records on top of whatever is current."""
    seen = store.look().pointer
    manifest, _ = publisher(store, keep).publish(draft(records, seen=seen, **changes))
    return manifest


def go_back(store: EditionStore, number: int, keep: int = 5) -> Manifest:
    """Go back to a kept edition, unrecorded."""
    return publisher(store, keep).roll_back(number, lambda _: None)


def flip(sealed: bytes, position: int, bit: int = 0) -> bytes:
    altered = bytearray(sealed)
    altered[position % len(sealed)] ^= 1 << bit
    return bytes(altered)


def content_of(client: Any) -> dict[bytes, Any]:
    """Everything that stands in Redis, for comparing."""
    return {key: client.dump(key) for key in sorted(client.keys())}


def date_file(path: Path, moment: float) -> None:
    os.utime(path, (moment, moment))
