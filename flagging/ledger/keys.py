"""The ledger's own keys, one for each time the key file was turned: kept in it, sealed with the key file's keys.

From each come two: one seals the entries' keys, the other makes digests that are searched by. Turning the key file
seals these few rows anew and begins another one; entries stay as they are, and are still read and found.
"""

import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Row, insert, select, update

from flagging.errors import LedgerBroken
from flagging.ledger.tables import DIGEST_BYTES, KEYS
from flagging.sealing import NONCE_BYTES, Keyring, Purpose, recipients

SECRET_BYTES = 32
_SOLE_NONCE = bytes(NONCE_BYTES)  # of a key that seals one thing and no other


@dataclass(frozen=True, slots=True)
class SealedContent:
    """The content of an entry, sealed with a key of its own, and that key, sealed with the ledger's of its `epoch`."""

    epoch: int
    entry_key: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Epoch:
    """One of the ledger's keys."""

    number: int
    entries: AESGCM = field(repr=False)
    searching: bytes = field(repr=False)

    def digest(self, term: str) -> bytes:
        """Return what stands for a term in the ledger; without the key nobody can try what it may stand for."""
        return hmac.digest(self.searching, term.encode("utf-8", "surrogatepass"), "sha256")[:DIGEST_BYTES]


class LedgerKeys:
    """All of the ledger's keys, opened; the newest seals."""

    def __init__(self, epochs: Iterable[Epoch]) -> None:
        self._epochs = {epoch.number: epoch for epoch in epochs}

    @property
    def newest(self) -> Epoch:
        return self._epochs[max(self._epochs)]

    @property
    def oldest(self) -> Epoch:
        """What digests are made with that have to stay the same however often keys are turned."""
        return self._epochs[min(self._epochs)]

    def digests(self, terms: Iterable[str]) -> list[bytes]:
        """Return all that may stand for any of the terms in the ledger."""
        return [epoch.digest(term) for term in terms for epoch in self._epochs.values()]

    def seal(self, content: bytes, number: int) -> SealedContent:
        """Seal what entry `number` holds."""
        own, epoch, bound_to = AESGCM.generate_key(256), self.newest, _bound(number)
        nonce = os.urandom(NONCE_BYTES)
        return SealedContent(
            epoch=epoch.number,
            entry_key=nonce + epoch.entries.encrypt(nonce, own, bound_to),
            sealed=AESGCM(own).encrypt(_SOLE_NONCE, content, bound_to),
        )

    def open(self, content: SealedContent, number: int) -> bytes:
        """Return what entry `number` holds; raise LedgerBroken if that was altered or is another entry's."""
        epoch = self._epochs.get(content.epoch)
        if epoch is None:
            raise LedgerBroken("its key is not in the ledger")
        nonce, sealed_key = content.entry_key[:NONCE_BYTES], content.entry_key[NONCE_BYTES:]
        try:
            own = epoch.entries.decrypt(nonce, sealed_key, _bound(number))
            return AESGCM(own).decrypt(_SOLE_NONCE, content.sealed, _bound(number))
        except (InvalidTag, ValueError):
            raise LedgerBroken("its content does not open") from None


def read_keys(connection: Connection, keyring: Keyring) -> LedgerKeys:
    """Return the ledger's keys; KeyUnknown where the key file does not open one of them."""
    return LedgerKeys(_opened(row.epoch, row.sealed, keyring) for row in _rows(connection))


def keep_keys(connection: Connection, keyring: Keyring) -> LedgerKeys:
    """Return the ledger's keys, made and sealed as the key file now asks: see `reseal_keys`."""
    reseal_keys(connection, keyring)
    return read_keys(connection, keyring)


def reseal_keys(connection: Connection, keyring: Keyring) -> None:
    """Seal the ledger's keys for the keys in use, and begin another for a new one of the key file.

    Only if that is news: a host whose key file is behind must not seal them for itself and nobody else.
    """
    rows, newest = _rows(connection), keyring.key_id
    if all(keyring.is_current(row.sealed) for row in rows) and any(row.key_id == newest for row in rows):
        return
    seal = keyring.seal_for(Purpose.LEDGER)
    for row in rows:
        sealed_for = recipients(row.sealed)
        if newest not in sealed_for or (newest == sealed_for[0] and not keyring.is_current(row.sealed)):
            again = seal.seal(seal.open(row.sealed, _place(row.epoch)), _place(row.epoch))
            connection.execute(update(KEYS).where(KEYS.c.epoch == row.epoch).values(sealed=again))
    if not any(newest == row.key_id for row in rows):
        epoch = max((row.epoch for row in rows), default=0) + 1
        secret = seal.seal(os.urandom(SECRET_BYTES), _place(epoch))
        connection.execute(insert(KEYS).values(epoch=epoch, key_id=newest, sealed=secret))


def _rows(connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(select(KEYS).order_by(KEYS.c.epoch)).all()


def _opened(number: int, sealed: bytes, keyring: Keyring) -> Epoch:
    secret = keyring.seal_for(Purpose.LEDGER).open(sealed, _place(number))
    entries, searching = (_derived(secret, purpose) for purpose in ("entries", "searching"))
    return Epoch(number, AESGCM(entries), searching)


def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=f"flagging/ledger/{purpose}".encode()).derive(secret)


def _place(epoch: int) -> str:
    return f"ledger key {epoch}"


def _bound(number: int) -> bytes:
    return b"flagging ledger entry %d" % number
