"""Receipts: proof that this question, at this time, got this answer from this edition.

A receipt is `r1.KEY.COMMITMENT.SIGNATURE`: the SHA-256 of the recorded entry (which contains a random salt, so that
nobody can guess an entry from its digest), signed with Ed25519 together with the lookup's id. Ids of keys have no dot.
"""

import base64
import binascii
from hashlib import sha256
from typing import Final

from flagging.sealing import Keyring

FORM: Final = "r1"
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


def commitment(entry: bytes) -> bytes:
    return sha256(entry).digest()


def issue(lookup_id: str, entry: bytes, keyring: Keyring, key_id: str | None = None) -> str:
    """Return the receipt of a recorded entry, signed with the newest key unless another one is named."""
    committed = commitment(entry)
    key_id, signature = keyring.sign(_message(lookup_id, committed), key_id)
    return f"{FORM}.{key_id}.{_text(committed)}.{_text(signature)}"


def is_genuine(receipt: str, lookup_id: str, entry: bytes, keyring: Keyring) -> bool:
    """Tell whether this service issued `receipt` for this very entry of this lookup."""
    return commitment_in(receipt, lookup_id, keyring) == commitment(entry)


def commitment_in(receipt: str, lookup_id: str, keyring: Keyring) -> bytes | None:
    """Return the commitment that this service signed in `receipt` for this lookup; None if it did not."""
    try:
        form, key_id, written, signature = receipt.split(".")
        committed, signed = (base64.urlsafe_b64decode(each + "==") for each in (written, signature))
    except ValueError:
        return None
    is_written_so = (form, written, signature) == (FORM, _text(committed), _text(signed))
    is_ours = is_written_so and keyring.is_signed(key_id, signed, _message(lookup_id, committed))
    return committed if is_ours else None


def _message(lookup_id: str, committed: bytes) -> bytes:
    return b"flagging receipt\n" + lookup_id.encode() + b"\n" + committed


def _text(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode()
