"""Receipts: proof that this question, at this time, got this answer from this edition.

A receipt is `r1.KEY.COMMITMENT.SIGNATURE`: the SHA-256 of the recorded entry (which contains a random salt, so that
nobody can guess an entry from its digest), signed with Ed25519 together with the lookup's id. Ids of keys have no dot.
"""

import base64
from hashlib import sha256

from flagging.sealing import Keyring

FORM = "r1"


def commitment(entry: bytes) -> bytes:
    return sha256(entry).digest()


def issue(lookup_id: str, entry: bytes, keyring: Keyring) -> str:
    """Return the receipt of a recorded entry."""
    committed = commitment(entry)
    key_id, signature = keyring.sign(_message(lookup_id, committed))
    return f"{FORM}.{key_id}.{_text(committed)}.{_text(signature)}"


def is_genuine(receipt: str, lookup_id: str, entry: bytes, keyring: Keyring) -> bool:
    """Tell whether this service issued `receipt` for this very entry of this lookup."""
    try:
        form, key_id, committed, signature = receipt.split(".")
        signed = base64.urlsafe_b64decode(signature + "==")
    except ValueError:
        return False
    is_written_so = (form, committed, signature) == (FORM, _text(commitment(entry)), _text(signed))
    return is_written_so and keyring.is_signed(key_id, signed, _message(lookup_id, commitment(entry)))


def _message(lookup_id: str, committed: bytes) -> bytes:
    return b"flagging receipt\n" + lookup_id.encode() + b"\n" + committed


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
