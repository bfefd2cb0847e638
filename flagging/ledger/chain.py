"""The chain: each entry's commitment linked to all before it, and the links signed at the end of every batch.

A link is SHA-256 over number, the link before, the commitment and, at the end of a batch, the id of the key that signs
it. Whoever alters, removes, swaps or adds entries in the database changes every link from there on, and cannot sign
them. What a chain cannot show by itself is that its end is gone: that takes a witness (`head`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from sqlalchemy import Row

from flagging.sealing import Keyring

LINK_BYTES = 32


@dataclass(frozen=True, slots=True)
class Link:
    """One entry's place in the chain; only the last of a batch is signed."""

    number: int
    commitment: bytes
    link: bytes
    key_id: str | None = None
    signature: bytes | None = None

    def is_after(self, before: bytes) -> bool:
        """Tell whether this is what follows a chain that ended with link `before`."""
        return self.link == _link(self.number, before, self.commitment, self.key_id)

    def is_signed(self, keyring: Keyring) -> bool:
        return (
            self.key_id is not None
            and self.signature is not None
            and keyring.is_signed(self.key_id, self.signature, _message(self.number, self.link))
        )

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the link that a row of the chain holds, whatever else stands in it."""
        return cls(row.number, row.commitment, row.link, row.key_id, row.signature)

    @classmethod
    def signed(cls, number: int, before: bytes, commitment: bytes, keyring: Keyring) -> Self:
        key_id = keyring.key_id
        link = _link(number, before, commitment, key_id)
        return cls(number, commitment, link, key_id, keyring.sign(_message(number, link), key_id)[1])


def continued(last: Link, commitments: Sequence[bytes], keyring: Keyring) -> Iterator[Link]:
    """Yield the links of a batch that follows `last`, the final one signed."""
    number, before = last.number, last.link
    for commitment in commitments[:-1]:
        number += 1
        before = _link(number, before, commitment, None)
        yield Link(number, commitment, before)
    if commitments:
        yield Link.signed(number + 1, before, commitments[-1], keyring)


def begun(random: bytes, keyring: Keyring) -> Link:
    """Return link 0, which tells this chain from any other and stands for no entry."""
    return Link.signed(0, bytes(LINK_BYTES), random, keyring)


def _link(number: int, before: bytes, commitment: bytes, key_id: str | None) -> bytes:
    signer = (key_id or "").encode()
    return sha256(b"flagging ledger\n%d\n" % number + before + commitment + signer).digest()


def _message(number: int, link: bytes) -> bytes:
    return b"flagging ledger head\n%d\n" % number + link
