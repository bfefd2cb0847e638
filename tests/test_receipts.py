"""Receipts: each proves one entry of one lookup, and nothing else proves it."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging import receipts
from flagging.sealing import Keyring, RootKey

ENTRY = b'{"salt": "00ff", "lookup_id": "01J0", "outcome": "flagged"}'
LOOKUP = "01J00000000000000000000000"


@pytest.fixture
def receipt(keyring):
    return receipts.issue(LOOKUP, ENTRY, keyring)


def is_genuine(receipt, keyring, lookup_id=LOOKUP, entry=ENTRY):
    return receipts.is_genuine(receipt, lookup_id, entry, keyring)


def test_a_receipt_proves_its_entry(receipt, keyring):
    assert is_genuine(receipt, keyring)


def test_a_receipt_is_its_form_the_keys_id_the_commitment_and_the_signature(receipt, keyring):
    form, key_id, committed, signature = receipt.split(".")
    assert (form, key_id) == ("r1", keyring.key_id)
    assert base64.urlsafe_b64decode(committed + "=") == receipts.commitment(ENTRY)
    assert len(base64.urlsafe_b64decode(signature + "==")) == 64
    assert "=" not in receipt


def test_it_proves_no_other_entry(receipt, keyring):
    assert not is_genuine(receipt, keyring, entry=ENTRY.replace(b"flagged", b"not_on_register"))
    assert not is_genuine(receipt, keyring, entry=ENTRY + b" ")
    assert not is_genuine(receipt, keyring, entry=b"")


def test_it_proves_no_other_lookup(receipt, keyring):
    assert not is_genuine(receipt, keyring, lookup_id=LOOKUP[:-1] + "1")
    assert not is_genuine(receipt, keyring, lookup_id="")


def test_it_was_issued_by_no_other_installation(receipt, keyring, other_keyring):
    assert not is_genuine(receipt, other_keyring)
    foreign = receipts.issue(LOOKUP, ENTRY, other_keyring)
    assert not is_genuine(foreign, keyring)
    assert not is_genuine(foreign.replace(other_keyring.key_id, keyring.key_id), keyring)


def test_it_stays_genuine_after_the_keys_were_rotated_and_only_under_its_own():
    old, new = RootKey("k-old", b"o" * 32), RootKey("k-new", b"n" * 32)
    receipt = receipts.issue(LOOKUP, ENTRY, Keyring((old,)))
    assert is_genuine(receipt, Keyring((new, old)))
    assert not is_genuine(receipt, Keyring((new,)))
    assert not is_genuine(receipt.replace("k-old", "k-new"), Keyring((new, old)))


def test_the_signature_of_one_entry_does_not_serve_another(keyring):
    other = ENTRY.replace(b"00ff", b"ff00")
    first, second = receipts.issue(LOOKUP, ENTRY, keyring), receipts.issue(LOOKUP, other, keyring)
    mixed = ".".join([*second.split(".")[:3], first.split(".")[3]])
    assert not is_genuine(mixed, keyring)
    assert not is_genuine(mixed, keyring, entry=other)


@pytest.mark.parametrize(
    "text",
    ["", "r1", "r1...", "....", "r1.k.a.b", "r2.k.a.b.c", "r1.é.é.é", "r1.\x00.\ud800.x", "r1." + "." * 1000],
    ids=ascii,
)
def test_what_is_no_receipt_is_not_genuine_and_no_error(text, keyring):
    assert not is_genuine(text, keyring)


def test_another_form_is_not_genuine(receipt, keyring):
    assert not is_genuine(receipt.replace("r1.", "r2.", 1), keyring)


@pytest.mark.parametrize("part", [2, 3], ids=["commitment", "signature"])
def test_another_spelling_of_the_same_bytes_is_not_genuine(part, receipt, keyring):
    """The last letter of unpadded base64 carries bits that mean nothing."""
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    parts = receipt.split(".")
    parts[part] = parts[part][:-1] + letters[letters.index(parts[part][-1]) ^ 1]
    assert not is_genuine(".".join(parts), keyring)


@given(data=st.data())
def test_a_receipt_changed_anywhere_is_not_genuine(data, keyring):
    receipt = receipts.issue(LOOKUP, ENTRY, keyring)
    place = data.draw(st.integers(0, len(receipt) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_."))
    if receipt[place] != letter:
        assert not is_genuine(receipt[:place] + letter + receipt[place + 1 :], keyring)


@given(st.binary(max_size=200), st.text(max_size=30))
def test_every_entry_has_a_receipt_that_proves_it(keyring, entry, lookup_id):
    assert receipts.is_genuine(receipts.issue(lookup_id, entry, keyring), lookup_id, entry, keyring)
