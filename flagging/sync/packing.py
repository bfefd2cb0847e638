"""What the records of the last edition were packed to: one that has not changed is not packed again, nor unpacked.

Owns when that may be: the very same record, in this process, once it was unpacked again equal to itself. Whoever has
not changed is the same record in the next edition (`merge`), and the records of an edition that a worker finds at its
start are packed ahead.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from flagging.record import Record
from flagging.register.chunks import pack_row, row_digest, unpack_row_record
from flagging.register.edition import Edition


class Packing:
    """Holds the rows of one edition, the last that this process verified or found.

    `known` has by a row's digest each record that came out of that row as it had gone in. Records are told apart by
    identity, not by equality: what is equal need not be packed alike.
    """

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Record, bytes]] = {}
        self.known: Mapping[bytes, Record] = {}

    def row_of(self, record: Record) -> bytes:
        """Return a record packed, as it was the last time if this is the record of the last time."""
        before, row = self._rows.get(record.ppo_ref, (None, b""))
        return row if before is record else pack_row(record)

    def hold(self, records: Sequence[Record], rows: Sequence[bytes], verified: Edition) -> None:
        """Hold the rows of an edition in place of the last one's; it was packed from these records, in this order."""
        self._rows = {record.ppo_ref: (record, row) for record, row in zip(records, rows, strict=True)}
        found = zip(verified.by_row.items(), records, strict=True)
        self.known = {digest: record for (digest, read_back), record in found if read_back == record}

    def pack_ahead(self, records: Collection[Record], is_stopping: Callable[[], bool]) -> None:
        """Hold the rows of an edition that another process published; being told to stop leaves things as they were."""
        rows, known = dict[str, tuple[Record, bytes]](), dict[bytes, Record]()
        for record in records:
            if is_stopping():
                return
            row = self.row_of(record)
            rows[record.ppo_ref] = (record, row)
            if unpack_row_record(row) == record:
                known[row_digest(row)] = record
        self._rows, self.known = rows, known

    def forget_all_but(self, refs: Collection[str]) -> None:
        """Forget whoever is not on the register any more, though another process published that."""
        if all(ref in refs for ref in self._rows):
            return
        self._rows = {ref: held for ref, held in self._rows.items() if ref in refs}
        self.known = {digest: record for digest, record in self.known.items() if record.ppo_ref in refs}
