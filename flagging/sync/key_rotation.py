"""Rotating the keys, in two steps with as much time between them as it takes: no lookup fails in either.

`begin`: a new key comes into the key file, and everything is sealed for it and for the one before. Whoever has either
goes on as ever, so that the file can be copied to the other hosts at leisure. `end`, once everybody has the new key:
the one before is superseded, and everything is sealed for the new one alone. Each may be done again after it was cut
short; it goes on where it stopped.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis

from flagging.documents import bytes_of
from flagging.entries import EntryKind
from flagging.errors import KeyChangeRefused, PublishConflict, SealBroken
from flagging.key_file import FollowedKeys, add_key, read_entries, retire_key, supersede_older_keys
from flagging.ledger.segments import keys_needed
from flagging.register.servers import count_servers
from flagging.register.store import HEARTBEAT, EditionStore
from flagging.register.transactions import redis_errors
from flagging.sealing import recipients
from flagging.sync.acts import Act, Recorder
from flagging.sync.reseal import Resealer

PATIENCE = 120.0
"""Seconds for which a sync under way is waited for."""
TRY_AGAIN = 0.5


@dataclass(frozen=True, slots=True)
class Rotation:
    """One installation's keys and all that is sealed with them; acts are recorded before they are done."""

    keys: FollowedKeys
    resealer: Resealer
    recorder: Recorder
    spool_dir: Path
    wait: Callable[[float], None] = field(default=time.sleep)

    @property
    def _store(self) -> EditionStore:
        return self.resealer.publisher.store

    @property
    def newest(self) -> str:
        return self.keys.keyring.key_id

    def begin(self, reason: str | None) -> bool:
        """Make a new key unless a rotation is under way, and seal everything for it too; tell whether one was made.

        Raises StoreUnreachable before anything is changed, KeyFileFault, RegisterChangeRefused if it cannot be
        recorded, and what sealing anew raises.
        """
        now, is_new = self._now(), len(self.keys.keyring.in_use) == 1
        if is_new:
            self._record(EntryKind.KEYS_ROTATED, reason)
            add_key(self.keys.path, now)
            self.keys.look()
        self._seal_anew()
        return is_new

    def end(self, reason: str | None) -> tuple[str, ...]:
        """Put all keys but the newest out of use; return the ids of those that only the spool's segments still need.

        Raises KeyChangeRefused, with nothing changed, while anybody is known to lack the newest key.
        """
        now = self._now()
        if len(self.keys.keyring.in_use) > 1:
            self._confirm_servers()
            self._confirm_worker()
            self._seal_anew()
            self._record(EntryKind.KEYS_SUPERSEDED, reason)
            supersede_older_keys(self.keys.path, now)
            self.keys.look()
        self._seal_anew()
        needed = keys_needed(self.spool_dir)
        for key_id in self._superseded():
            if not needed[key_id]:
                retire_key(self.keys.path, key_id)
        self.keys.look()
        return self._superseded()

    def _superseded(self) -> tuple[str, ...]:
        in_use = {key.key_id for key in self.keys.keyring.in_use}
        return tuple(key_id for key_id in self.keys.keyring.key_ids if key_id not in in_use)

    def _confirm_servers(self) -> None:
        servers = count_servers(self._store.client, self.newest)
        if servers.without:
            raise KeyChangeRefused(
                f"{servers.without} of {servers.following} server processes do not have key {self.newest} yet: "
                "copy the key file to every host (`/health` of each server tells)"
            )

    def _confirm_worker(self) -> None:
        """Confirm that whoever syncs has the newest key: a list was checked since it was made, and said so with it."""
        heartbeat = self._store.look().heartbeat
        made_at = datetime.fromisoformat(read_entries(self.keys.path)[0].get("created_at", "1970-01-01T00:00:00Z"))
        is_since = heartbeat is not None and heartbeat.checked_at >= made_at.timestamp()
        if not is_since or self.newest not in _recipients_of(self._store.client, HEARTBEAT):
            raise KeyChangeRefused(
                f"no list has been checked with key {self.newest} yet: wait for the next sync, "
                "or copy the key file to the worker's host"
            )

    def _seal_anew(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.resealer.run()
            except PublishConflict:
                if time.monotonic() > deadline:
                    raise
                self.wait(TRY_AGAIN)
            else:
                return

    def _record(self, kind: EntryKind, reason: str | None) -> None:
        pointer = self._store.look().pointer
        self.recorder.record_ordered(Act(kind, reason), pointer.edition if pointer else 0)

    def _now(self) -> datetime:
        """Return the time by the clock of Redis, which heartbeats go by too."""
        return datetime.fromtimestamp(self._store.look().now, UTC)


def _recipients_of(client: Redis, key: str) -> tuple[str, ...]:
    with redis_errors():
        sealed = client.get(key)
    try:
        return () if sealed is None else recipients(bytes_of(sealed))
    except SealBroken:
        return ()
