"""How fast the spool is drained and the ledger verified, in what memory. `ledger_time.py [ENTRIES] [URL]`."""

import resource
import secrets
import sys
import tempfile
import time
from pathlib import Path

import orjson
from ulid import ULID

from flagging.entries import EntryKind, begin_entry
from flagging.key_file import create_key_file, load_keyring
from flagging.ledger.append import Appender
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.drain import Drain
from flagging.ledger.verify import verify_ledger
from flagging.sealing import Keyring
from flagging.spool import Spool


def entry() -> bytes:
    """An entry as a lookup of a stranger writes it."""
    word = secrets.token_hex(4).translate(str.maketrans("0123456789", "ghijklmnop"))
    person = {"family_name": word, "given_names": "Ashley", "date_of_birth": "1994-07-23", "pnc_id": None}
    question = {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "ocu": "F1", "person": person}
    return orjson.dumps(
        begin_entry(EntryKind.LOOKUP)
        | {"lookup_id": str(ULID()), "at": "2026-03-02T09:00:00.000Z", "caller": "c-1", "role": "custody"}
        | {
            "question": question,
            "outcome": "not_on_register",
            "refs": [],
            "fields": [],
            "handles": {},
            "answer": "0" * 64,
        }
    )


def measure(directory: Path, keyring: Keyring, entries: int, url: str | None) -> None:
    spool = Spool(directory / "spool", keyring)
    for _ in range(entries):
        spool.append(entry())
    spool.close()
    database = LedgerDatabase(url, directory)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    drained = Drain(directory / "spool", database, Appender(keyring)).run()
    seconds = time.perf_counter() - began
    print(f"drained {drained.entries} entries in {seconds:.1f} s: {drained.entries / seconds:.0f} a second")
    began = time.perf_counter()
    with database.reading() as connection:
        found = verify_ledger(connection, keyring, {})
    seconds = time.perf_counter() - began
    print(
        f"verified {found.entries} in {seconds:.1f} s: {found.entries / seconds:.0f} a second, sound: {found.is_sound}"
    )
    print(f"memory grew by {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024} MiB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="flagging-ledger-") as place:
        create_key_file(Path(place) / "keys.json")
        keys = load_keyring(Path(place) / "keys.json")
        measure(
            Path(place), keys, int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, sys.argv[2] if sys.argv[2:] else None
        )
