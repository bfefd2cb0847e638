"""Whether the ledger proves one lookup: its entry, its receipt, its place in the chain, and the answer it gave."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from flagging import receipts
from flagging.answer_digest import digest_of_answer
from flagging.errors import LedgerBroken, SealBroken
from flagging.ledger.append import link_at
from flagging.ledger.chain import Link
from flagging.ledger.contents import read_entry
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.keys import read_keys
from flagging.ledger.search import row_of_lookup
from flagging.ledger.segments import Place, read_head, read_on
from flagging.ledger.tables import CHAIN, DIGESTS, SEGMENTS
from flagging.ledger.verify import read_sound
from flagging.sealing import Keyring

PAGE = 500


class State(StrEnum):
    """Where the record of a lookup is: in the ledger, or still in this host's spool."""

    RECORDED = "recorded"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Proof:
    """What there is to one lookup; `fault` says why it does not verify. A pending one has no number yet."""

    state: State
    entry: dict[str, Any]
    number: int | None = None
    receipt: str | None = None
    fault: str | None = None

    @property
    def is_sound(self) -> bool:
        return self.fault is None


def _nothing() -> None:
    """Nothing is to be done first: whoever asks holds the answer already."""


@dataclass(frozen=True, slots=True)
class Prover:
    """Proves lookups from one ledger and one host's spool."""

    database: LedgerDatabase
    keyring: Keyring
    spool_dir: Path

    def prove(self, lookup_id: str, first: Callable[[], None] = _nothing) -> Proof | None:
        """Return what is recorded of a lookup; None for one that is not known here, or was erased.

        What is to be done `first` is done once the ledger is open to be read; what it raises comes out.
        """
        with self.database.reading() as connection:
            first()
            row = row_of_lookup(connection, lookup_id)
            if row is None:
                return self._pending(connection, lookup_id)
            try:
                entry = self._proven(connection, row)
            except LedgerBroken as error:
                return Proof(State.RECORDED, {}, row.number, row.receipt, str(error))
        return Proof(State.RECORDED, entry, row.number, row.receipt)

    def prove_receipt(self, lookup_id: str, receipt: str) -> str | None:
        """Say why a receipt does not prove that this lookup is in the ledger; None if it does.

        It goes on proving that after the entry's content was erased.
        """
        commitment = receipts.commitment_in(receipt, lookup_id, self.keyring)
        if commitment is None:
            return "the receipt is not one that this service gave for this lookup"
        with self.database.reading() as connection:
            row = connection.execute(select(CHAIN).where(CHAIN.c.commitment == commitment)).one_or_none()
            if row is None:
                return "the receipt is genuine, but its entry is not in the ledger (or not yet)"
            try:
                _verify_place(connection, Link.of(row), self.keyring)
            except LedgerBroken as error:
                return f"the receipt is genuine, but of its entry {row.number}: {error}"
        return None

    def prove_answer(self, answer: Mapping[str, Any]) -> str | None:
        """Say why an answer, as it was received, was not the one given; None if the ledger proves that it was."""
        lookup_id, receipt = str(answer.get("lookup_id")), str(answer.get("receipt"))
        fault = self.prove_receipt(lookup_id, receipt)
        if fault is not None:
            return fault
        proof = self.prove(lookup_id)
        if proof is None:
            return "the receipt is genuine and in the ledger; what the answer said was erased, its time being up"
        if not proof.is_sound:
            return proof.fault
        if proof.entry.get("answer") != digest_of_answer(answer):
            return "the receipt is genuine, but the answer is not the one that was given with it"
        return None

    def _proven(self, connection: Connection, row: Row[Any]) -> dict[str, Any]:
        """Return what an entry says; raise LedgerBroken if it or its place in the chain is not as it was written."""
        link = link_at(connection, row.number)
        if link is None:
            raise LedgerBroken("it is not in the chain")
        found_by = connection.scalars(select(DIGESTS.c.digest).where(DIGESTS.c.number == row.number))
        entry = read_sound(row, link, found_by, read_keys(connection, self.keyring), self.keyring)
        _verify_place(connection, link, self.keyring)
        return entry

    def _pending(self, connection: Connection, lookup_id: str) -> Proof | None:
        """Look for a lookup in what of this host's spool has not been drained."""
        drained = {row.segment: Place(row.offset, row.entries) for row in connection.execute(select(SEGMENTS))}
        wanted = lookup_id.encode()
        for path in sorted(self.spool_dir.glob("*.spool"), reverse=True):
            try:
                head = read_head(path)
                place = drained.get(head.name, Place()) if head else Place()
                for raw, _ in read_on(path, self.keyring, place):
                    if raw and wanted in raw and (entry := read_entry(raw)).get("lookup_id") == lookup_id:
                        return Proof(State.PENDING, entry)
            except (FileNotFoundError, SealBroken):
                continue
        return None


def _verify_place(connection: Connection, link: Link, keyring: Keyring) -> None:
    """Raise LedgerBroken unless an entry follows from the one before it and leads to a link that is signed."""
    before = link_at(connection, link.number - 1)
    after = link.number - 1
    while page := connection.execute(
        select(CHAIN).where(CHAIN.c.number > after).order_by(CHAIN.c.number).limit(PAGE)
    ).all():
        for row in page:
            each = Link.of(row)
            if before is None or each.number != before.number + 1 or not each.is_after(before.link):
                raise LedgerBroken(f"the chain is broken at entry {each.number}")
            if each.key_id is not None:
                if not each.is_signed(keyring):
                    raise LedgerBroken(f"the signature at entry {each.number} is not right")
                return
            before, after = each, each.number
    raise LedgerBroken("the chain ends without a signature")
