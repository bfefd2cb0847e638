"""Putting entries into the ledger, within a transaction that somebody else holds."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from flagging import receipts
from flagging.ledger.chain import LINK_BYTES, Link, begun, continued
from flagging.ledger.contents import indexed, read_entry, seal_content
from flagging.ledger.keys import LedgerKeys, keep_keys
from flagging.ledger.tables import CHAIN, CONTENTS, DIGESTS
from flagging.receipts import commitment
from flagging.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry that has just been put into the ledger, in a transaction not committed yet.

    `keys` are the ledger's, opened once for all entries of the transaction.
    """

    number: int
    entry: dict[str, Any]
    keys: LedgerKeys


Hook = Callable[[Connection, Appended], None]
"""Called for each entry within its transaction: what it writes is committed with the entry or not at all."""


@dataclass(frozen=True, slots=True)
class Appender:
    """Appends entries, newest last. `hooks` are called for each."""

    keyring: Keyring
    hooks: Sequence[Hook] = ()

    def append(self, connection: Connection, entries: Sequence[bytes], receipt_key: str | None = None) -> Link:
        """Append a batch; return the end of the chain.

        `receipt_key` is the key that the receipts of the entries' lookups were signed with.
        """
        keys = keep_keys(connection, self.keyring)
        links = list(
            continued(last_link(connection) or self._begin(connection), list(map(commitment, entries)), self.keyring)
        )
        contents: list[dict[str, Any]] = []
        digests: list[dict[str, Any]] = []
        appended: list[Appended] = []
        for link, raw in zip(links, entries, strict=True):
            entry = read_entry(raw)
            row, found_by = self._rows(link.number, raw, entry, keys, receipt_key)
            contents.append(row)
            digests += found_by
            appended.append(Appended(link.number, entry, keys))
        connection.execute(insert(CHAIN), [asdict(link) for link in links])
        connection.execute(insert(CONTENTS), contents)
        if digests:
            connection.execute(insert(DIGESTS), digests)
        for hook in self.hooks:
            for each in appended:
                hook(connection, each)
        return links[-1]

    def _rows(
        self, number: int, raw: bytes, entry: dict[str, Any], keys: LedgerKeys, receipt_key: str | None
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        sealed, content = seal_content(raw, entry, number, keys)
        known = indexed(entry)
        receipt = known.lookup_id and receipts.issue(known.lookup_id, raw, self.keyring, receipt_key)
        row = {"number": number, "receipt": receipt, **asdict(known), **asdict(sealed)}
        return row, [{"digest": digest, "number": number} for digest in content.digests]

    def _begin(self, connection: Connection) -> Link:
        first = begun(os.urandom(LINK_BYTES), self.keyring)
        connection.execute(insert(CHAIN), asdict(first))
        return first


def last_link(connection: Connection) -> Link | None:
    """Return the end of the chain; None where it has not begun."""
    row = connection.execute(select(CHAIN).order_by(CHAIN.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else Link.of(row)


def link_at(connection: Connection, number: int) -> Link | None:
    row = connection.execute(select(CHAIN).where(CHAIN.c.number == number)).one_or_none()
    return None if row is None else Link.of(row)
