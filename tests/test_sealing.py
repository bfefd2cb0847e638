"""What is sealed and signed, with one key and with several."""

import hmac
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from flagging.errors import KeyUnknown, SealBroken
from flagging.sealing import LONGEST_HEAD, Keyring, Purpose, RetiredKey, RootKey, recipients

OLD = RootKey("k-old", bytes(range(32)))
NEW = RootKey("k-new", bytes(range(32, 64)))
SUPERSEDED = replace(OLD, is_superseded=True)
BEFORE, ROTATING, AFTER = Keyring((OLD,)), Keyring((NEW, OLD)), Keyring((NEW, SUPERSEDED))
SEALS = {name: ring.seal_for(Purpose.EDITION) for name, ring in (("one", BEFORE), ("two", ROTATING), ("new", AFTER))}
SEAL = SEALS["one"]
SEALED = {name: seal.seal(b"forty-two", "here") for name, seal in SEALS.items()}
for_one_key_and_for_two = pytest.mark.parametrize("keys", ["one", "two"])


# -- sealing ---------------------------------------------------------------------------------------------------------


@for_one_key_and_for_two
@given(plain=st.binary(max_size=200), context=st.text(max_size=40))
def test_what_is_sealed_opens_again_in_its_place(keys, plain, context):
    assert SEALS[keys].open(SEALS[keys].seal(plain, context), context) == plain


@for_one_key_and_for_two
@given(data=st.data(), bit=st.integers(0, 7))
def test_no_bit_of_it_can_be_changed(keys, data, bit):
    altered = bytearray(SEALED[keys])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= 1 << bit
    with pytest.raises(SealBroken):
        SEALS[keys].open(bytes(altered), "here")


@for_one_key_and_for_two
def test_it_cannot_be_cut_short(keys):
    for length in range(len(SEALED[keys])):
        with pytest.raises(SealBroken):
            SEALS[keys].open(SEALED[keys][:length], "here")


@for_one_key_and_for_two
@given(garbage=st.binary(max_size=200))
def test_nothing_else_opens(keys, garbage):
    for presented in (garbage, b"FS1" + garbage, b"FS2" + garbage):
        with pytest.raises(SealBroken):
            SEALS[keys].open(presented, "here")


@for_one_key_and_for_two
@pytest.mark.parametrize("context", ["", "her", "there", "here "])
def test_it_opens_in_no_other_place(keys, context):
    with pytest.raises(SealBroken):
        SEALS[keys].open(SEALED[keys], context)


@for_one_key_and_for_two
@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.EDITION])
def test_what_is_sealed_for_one_purpose_opens_for_no_other(keys, purpose):
    with pytest.raises(SealBroken):
        ROTATING.seal_for(purpose).open(SEALED[keys], "here")


def test_another_key_is_named_as_the_reason():
    with pytest.raises(KeyUnknown, match="not in the key file"):
        Keyring((NEW,)).seal_for(Purpose.EDITION).open(SEALED["one"], "here")


@for_one_key_and_for_two
def test_another_key_of_the_same_name_does_not_open_it(keys):
    with pytest.raises(SealBroken):
        Keyring((RootKey("k-old", b"x" * 32),)).seal_for(Purpose.EDITION).open(SEALED[keys], "here")


@for_one_key_and_for_two
def test_the_same_bytes_sealed_twice_look_different(keys):
    assert SEALS[keys].seal(b"plain", "here") != SEALS[keys].seal(b"plain", "here")


def test_bytes_sealed_by_an_earlier_version_of_this_service_still_open():
    earlier = "465331056b2d6f6c6420202020202020202020202024b64f1d1ceeaf2f617c6daefd30c382a9b6745a58e8878b67"
    assert SEAL.open(bytes.fromhex(earlier), "here") == b"forty-two"


def test_bytes_sealed_for_two_keys_by_an_earlier_version_still_open():
    earlier = (
        "46533202056b2d6e6577f374ec90cd72ba3eb696dc8bea6aa8a475199e31bc84bc545f66a273c93ba4aeecb5fb96187c7dac"
        "d7b3d4045438cfb3d72999edcd19891c0b7703e3056b2d6f6c642a7e628e4a0bc0d90d7d3661bfac24fa3c0111fd6f84f2ef"
        "6ec03dc6db1e243e2fd979d879447a3b0a490acdcb0bf186773a8979697324d859ef3c7821a467e805da4aafc3981eec21dd"
        "e43a385cc88445edbc268270543efff948a119b460ea23"
    )
    for keys in ("one", "two", "new"):
        assert SEALS[keys].open(bytes.fromhex(earlier), "here") == b"forty-two"


# -- while keys are rotated --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["one", "two", "new"])
def test_what_is_sealed_while_keys_are_rotated_opens_with_the_old_and_with_the_new_key(reader):
    assert SEALS[reader].open(SEALED["two"], "here") == b"forty-two"


def test_with_both_keys_everything_sealed_before_or_by_somebody_still_without_the_new_one_opens():
    assert SEALS["two"].open(SEALED["one"], "here") == b"forty-two"
    assert SEALS["two"].open(SEALED["new"], "here") == b"forty-two"


def test_once_a_key_is_superseded_nothing_is_sealed_for_it_and_nothing_sealed_for_it_alone_is_believed():
    with pytest.raises(KeyUnknown):
        SEALS["one"].open(SEALED["new"], "here")
    with pytest.raises(KeyUnknown):
        SEALS["new"].open(SEALED["one"], "here")


@pytest.mark.parametrize(("keys", "expected"), [("one", ("k-old",)), ("two", ("k-new", "k-old")), ("new", ("k-new",))])
def test_for_whom_something_is_sealed_can_be_told_from_its_beginning(keys, expected):
    assert recipients(SEALED[keys]) == recipients(SEALED[keys][:LONGEST_HEAD]) == expected


def test_it_is_current_if_it_is_sealed_for_just_the_keys_in_use():
    rings = {"one": BEFORE, "two": ROTATING, "new": AFTER}
    current = {(name, sealed) for name, ring in rings.items() for sealed in SEALED if ring.is_current(SEALED[sealed])}
    assert current == {("one", "one"), ("two", "two"), ("new", "new")}


@given(st.binary(max_size=60))
def test_what_is_not_sealed_has_no_recipients(garbage):
    with pytest.raises(SealBroken):
        recipients(garbage)


def test_whoever_holds_a_seal_works_with_the_newest_keys_at_once():
    ring = Keyring((OLD,))
    seal = ring.seal_for(Purpose.EDITION)
    seal.seal(b"", "here")
    ring.hold((NEW, OLD))
    assert (seal.key_id, recipients(seal.seal(b"", "here"))) == ("k-new", ("k-new", "k-old"))
    ring.hold((NEW, SUPERSEDED))
    assert recipients(seal.seal(b"", "here")) == ("k-new",)
    with pytest.raises(KeyUnknown):
        seal.open(SEALED["one"], "here")


# -- keys ------------------------------------------------------------------------------------------------------------


def test_a_derived_key_is_that_of_rfc_5869():
    extracted = hmac.digest(bytes(32), OLD.secret, sha256)
    assert OLD.derive(Purpose.EDITION) == hmac.digest(extracted, b"flagging/edition\x01", sha256)
    salted = hmac.digest(b"segment", OLD.secret, sha256)
    assert OLD.derive(Purpose.SPOOL, b"segment") == hmac.digest(salted, b"flagging/spool\x01", sha256)


def test_no_secret_shows_in_a_repr():
    shown = f"{OLD!r} {BEFORE!r} {SEAL!r}"
    assert "secret" not in shown
    assert repr(OLD.secret)[2:-1] not in shown


@pytest.mark.parametrize("ring", [ROTATING, AFTER], ids=["rotating", "superseded"])
def test_a_receipt_signed_before_a_rotation_is_still_recognised(ring):
    key_id, signature = BEFORE.sign(b"message")
    assert ring.is_signed(key_id, signature, b"message")
    assert ring.sign(b"message") == Keyring((NEW,)).sign(b"message")


def test_a_receipt_is_recognised_by_what_is_left_of_a_retired_key_and_nothing_else_is():
    public = OLD.signer().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ring = Keyring((NEW,), (RetiredKey("k-old", public),))
    key_id, signature = BEFORE.sign(b"message")
    assert ring.is_signed(key_id, signature, b"message")
    assert not ring.is_signed(key_id, signature, b"another message")
    with pytest.raises(KeyUnknown):
        ring.spool_cipher("k-old", b"one")


@pytest.mark.parametrize(
    ("key_id", "signature", "message"),
    [
        ("k-old", BEFORE.sign(b"message")[1], b"another message"),
        ("k-old", AFTER.sign(b"message")[1], b"message"),
        ("k-new", BEFORE.sign(b"message")[1], b"message"),
        ("k-none", BEFORE.sign(b"message")[1], b"message"),
        ("k-old", b"short", b"message"),
        ("k-old", b"", b"message"),
    ],
    ids=["other-message", "other-signature", "other-key", "unknown-key", "short", "empty"],
)
def test_nothing_else_counts_as_signed(key_id, signature, message):
    assert not ROTATING.is_signed(key_id, signature, message)


def test_every_spool_segment_has_a_key_of_its_own():
    frame = BEFORE.spool_cipher("k-old", b"one").encrypt(bytes(12), b"entry", None)
    for ring in (ROTATING, AFTER):
        assert ring.spool_cipher("k-old", b"one").decrypt(bytes(12), frame, None) == b"entry"
    with pytest.raises(InvalidTag):
        BEFORE.spool_cipher("k-old", b"two").decrypt(bytes(12), frame, None)
    with pytest.raises(KeyUnknown):
        Keyring((NEW,)).spool_cipher("k-old", b"one")
