"""Whether the ledger is as it was written, and if not, where it is not.

Goes through the whole chain in order, a page at a time: numbers without a gap, links, signatures, the end that the
witnesses have seen, and for each entry its content against its commitment, what it is found by, and its receipt.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from flagging import receipts
from flagging.entries import EntryKind
from flagging.errors import LedgerBroken
from flagging.ledger.chain import LINK_BYTES, Link
from flagging.ledger.contents import indexed, open_content
from flagging.ledger.head import Seen
from flagging.ledger.keys import LedgerKeys, SealedContent, read_keys
from flagging.ledger.tables import CHAIN, CONTENTS, DIGESTS
from flagging.sealing import Keyring

PAGE = 500
MOST_FAULTS = 100


@dataclass(slots=True)
class Verification:
    """What verifying came to; of many faults only the first are kept. `head` is the end of the chain."""

    entries: int = 0
    erased: int = 0
    faults: list[str] = field(default_factory=list)
    more_faults: int = 0
    head: Link | None = None

    @property
    def is_sound(self) -> bool:
        return not self.faults

    def fault(self, what: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(what)
        else:
            self.more_faults += 1


def verify_ledger(
    connection: Connection, keyring: Keyring, seen: Mapping[str, Seen], pause: Callable[[], object] = lambda: None
) -> Verification:
    """Go through everything; `seen` is what each witness knows, `pause` is called after every page.

    Raises KeyUnknown where the ledger's keys do not open.
    """
    return _Verifier(connection, keyring).run(seen, pause)


class _Verifier:
    """Goes through one ledger."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring
        self._keys = read_keys(connection, keyring)
        self._found = Verification()
        self._missing: list[tuple[int, int]] = []
        self._erased: list[tuple[int, int]] = []

    def run(self, seen: Mapping[str, Seen], pause: Callable[[], object]) -> Verification:
        before: Link | None = None
        for page in _pages(self._connection):
            digests = _digests(self._connection, page)
            for row in page:
                link = Link.of(row)
                self._verify_link(link, before)
                if link.number:
                    self._verify_content(row, link, digests.get(link.number, set()))
                before = link
            pause()
        self._found.head = before
        self._verify_end(before, seen)
        self._verify_erased()
        self._verify_strays()
        return self._found

    def _verify_link(self, link: Link, before: Link | None) -> None:
        expected = 0 if before is None else before.number + 1
        if link.number != expected:
            gone = f"entry {expected}" if link.number == expected + 1 else f"entries {expected} to {link.number - 1}"
            self._found.fault(f"{gone}: removed from the chain")
        elif not link.is_after(before.link if before else bytes(LINK_BYTES)):
            self._found.fault(f"{_name(link.number)}: does not follow from what is before it: altered or out of order")
        if link.key_id is not None and not link.is_signed(self._keyring):
            self._found.fault(f"{_name(link.number)}: its signature is not right")

    def _verify_content(self, row: Row[Any], link: Link, found_by: set[bytes]) -> None:
        self._found.entries += 1
        if row.sealed is None:
            self._found.erased += 1
            _extend(self._missing, link.number)
            if found_by:
                self._found.fault(f"entry {link.number}: its content is gone, what it is found by is not")
            return
        try:
            entry = read_sound(row, link, found_by, self._keys, self._keyring)
        except LedgerBroken as error:
            self._found.fault(f"entry {link.number}: {error}")
            return
        if entry.get("kind") == EntryKind.LEDGER_ERASED:
            self._erased += [(first, last) for first, last in entry.get("entries", ())]

    def _verify_end(self, last: Link | None, seen: Mapping[str, Seen]) -> None:
        if last is None:
            self._found.fault("the ledger is empty: not even its beginning is there")
        elif last.key_id is None:
            self._found.fault(
                f"entry {last.number}: the chain ends here without a signature: entries after it are gone"
            )
        for where, each in seen.items():
            missed = each.missed_by(self._connection)
            if missed is not None:
                self._found.fault(f"by what {where} has kept, the ledger {missed}")

    def _verify_erased(self) -> None:
        """Find contents that are missing though no entry says that they were erased."""
        erased = sorted(self._erased)
        for first, last in self._missing:
            for gone_from, gone_to in _without(first, last, erased):
                named = f"entry {gone_from}" if gone_from == gone_to else f"entries {gone_from} to {gone_to}"
                self._found.fault(f"{named}: the content was removed, and no entry says that it was erased")

    def _verify_strays(self) -> None:
        for table in (CONTENTS, DIGESTS):
            strays = select(table.c.number).distinct().where(table.c.number.not_in(select(CHAIN.c.number))).limit(10)
            for number in self._connection.scalars(strays):
                self._found.fault(f"entry {number}: is not in the chain: added by somebody")


def read_sound(
    row: Row[Any], link: Link, found_by: Iterable[bytes], keys: LedgerKeys, keyring: Keyring
) -> dict[str, Any]:
    """Return what an entry says; raise LedgerBroken if anything about it is not as it was written."""
    sealed = SealedContent(row.epoch, row.entry_key, row.sealed)
    content = open_content(sealed, link.number, keys)
    if receipts.commitment(content.raw) != link.commitment:
        raise LedgerBroken("its content is not what the chain holds a commitment to")
    entry = content.entry
    known = indexed(entry)
    if (known.at, known.kind, known.lookup_id) != (row.at, row.kind, row.lookup_id):
        raise LedgerBroken("time, kind or id by which it is found are not its own")
    if set(content.digests) != set(found_by):
        raise LedgerBroken("what it is found by was altered")
    if known.lookup_id and not receipts.is_genuine(row.receipt or "", known.lookup_id, content.raw, keyring):
        raise LedgerBroken("its receipt does not verify")
    return entry


def _pages(connection: Connection) -> Iterator[Sequence[Row[Any]]]:
    joined = select(CHAIN, *(column for column in CONTENTS.c if column.name != "number")).join_from(
        CHAIN, CONTENTS, CHAIN.c.number == CONTENTS.c.number, isouter=True
    )
    after = -(1 << 62)
    while page := connection.execute(joined.where(CHAIN.c.number > after).order_by(CHAIN.c.number).limit(PAGE)).all():
        yield page
        after = page[-1].number


def _digests(connection: Connection, page: Sequence[Row[Any]]) -> dict[int, set[bytes]]:
    found: dict[int, set[bytes]] = {}
    numbers = DIGESTS.c.number.between(page[0].number, page[-1].number)
    for digest, number in connection.execute(select(DIGESTS.c.digest, DIGESTS.c.number).where(numbers)):
        found.setdefault(number, set()).add(digest)
    return found


def _extend(ranges: list[tuple[int, int]], number: int) -> None:
    if ranges and ranges[-1][1] == number - 1:
        ranges[-1] = (ranges[-1][0], number)
    else:
        ranges.append((number, number))


def _without(first: int, last: int, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield what of a run is in none of the others, which are in order."""
    for taken_from, taken_to in taken:
        if taken_to < first or taken_from > last:
            continue
        if first < taken_from:
            yield first, taken_from - 1
        first = taken_to + 1
    if first <= last:
        yield first, last


def _name(number: int) -> str:
    return f"entry {number}" if number else "the beginning of the chain"
