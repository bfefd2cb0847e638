"""The key file, and what is sealed, signed and digested with its keys."""

import base64
import hmac
import json
import os
import threading
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from flagging import sealing
from flagging.errors import KeyFileFault, KeyUnknown, SealBroken
from flagging.sealing import Keyring, Purpose, RootKey, create_key_file, load_keyring

OLD = RootKey("k-old", bytes(range(32)))
NEW = RootKey("k-new", bytes(range(32, 64)))
BEFORE, ROTATED, AFTER = Keyring((OLD,)), Keyring((NEW, OLD)), Keyring((NEW,))
SEAL = BEFORE.seal_for(Purpose.EDITION)
SEALED = SEAL.seal(b"forty-two", "here")


# -- sealing ---------------------------------------------------------------------------------------------------------


@given(plain=st.binary(max_size=200), context=st.text(max_size=40))
def test_what_is_sealed_opens_again_in_its_place(plain, context):
    assert SEAL.open(SEAL.seal(plain, context), context) == plain


@given(position=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
def test_no_bit_of_it_can_be_changed(position, bit):
    altered = bytearray(SEALED)
    altered[position] ^= 1 << bit
    with pytest.raises(SealBroken):
        SEAL.open(bytes(altered), "here")


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_it_cannot_be_cut_short(length):
    with pytest.raises(SealBroken):
        SEAL.open(SEALED[:length], "here")


@given(garbage=st.binary(max_size=80))
def test_nothing_else_opens(garbage):
    for presented in (garbage, b"FS1" + garbage):
        with pytest.raises(SealBroken):
            SEAL.open(presented, "here")


@pytest.mark.parametrize("context", ["", "her", "there", "here "])
def test_it_opens_in_no_other_place(context):
    with pytest.raises(SealBroken):
        SEAL.open(SEALED, context)


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.EDITION])
def test_what_is_sealed_for_one_purpose_opens_for_no_other(purpose):
    with pytest.raises(SealBroken):
        BEFORE.seal_for(purpose).open(SEALED, "here")


def test_another_key_is_named_as_the_reason():
    with pytest.raises(KeyUnknown, match="not in the key file"):
        AFTER.seal_for(Purpose.EDITION).open(SEALED, "here")


def test_another_key_of_the_same_name_does_not_open_it():
    with pytest.raises(SealBroken):
        Keyring((RootKey("k-old", NEW.secret),)).seal_for(Purpose.EDITION).open(SEALED, "here")


def test_the_same_bytes_sealed_twice_look_different():
    assert SEAL.seal(b"plain", "here") != SEAL.seal(b"plain", "here")


def test_bytes_sealed_by_an_earlier_version_of_this_service_still_open():
    earlier = "465331056b2d6f6c6420202020202020202020202024b64f1d1ceeaf2f617c6daefd30c382a9b6745a58e8878b67"
    assert SEAL.open(bytes.fromhex(earlier), "here") == b"forty-two"


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


def test_after_rotation_old_things_open_and_new_ones_are_sealed_with_the_new_key():
    rotated = ROTATED.seal_for(Purpose.EDITION)
    assert rotated.key_id == ROTATED.key_id == "k-new"
    assert rotated.open(SEALED, "here") == b"forty-two"
    sealed = rotated.seal(b"forty-three", "here")
    assert AFTER.seal_for(Purpose.EDITION).open(sealed, "here") == b"forty-three"
    with pytest.raises(KeyUnknown):
        SEAL.open(sealed, "here")


def test_a_receipt_signed_before_a_rotation_is_still_recognised():
    signature = BEFORE.sign(b"message")
    assert ROTATED.is_signed("k-old", signature, b"message")
    assert ROTATED.sign(b"message") == AFTER.sign(b"message")


@pytest.mark.parametrize(
    ("key_id", "signature", "message"),
    [
        ("k-old", BEFORE.sign(b"message"), b"another message"),
        ("k-old", AFTER.sign(b"message"), b"message"),
        ("k-new", BEFORE.sign(b"message"), b"message"),
        ("k-none", BEFORE.sign(b"message"), b"message"),
        ("k-old", b"short", b"message"),
        ("k-old", b"", b"message"),
    ],
    ids=["other-message", "other-signature", "other-key", "unknown-key", "short", "empty"],
)
def test_nothing_else_counts_as_signed(key_id, signature, message):
    assert not ROTATED.is_signed(key_id, signature, message)


def test_every_spool_segment_has_a_key_of_its_own():
    frame = BEFORE.spool_cipher("k-old", b"one").encrypt(bytes(12), b"entry", None)
    assert ROTATED.spool_cipher("k-old", b"one").decrypt(bytes(12), frame, None) == b"entry"
    with pytest.raises(InvalidTag):
        BEFORE.spool_cipher("k-old", b"two").decrypt(bytes(12), frame, None)
    with pytest.raises(KeyUnknown):
        AFTER.spool_cipher("k-old", b"one")


# -- the key file ----------------------------------------------------------------------------------------------------


def entry(key_id="k-1", secret=bytes(32)):
    return {"id": key_id, "secret": base64.b64encode(secret).decode()}


def names_in(directory):
    return [path.name for path in directory.iterdir()]


def write(path, content, mode=0o600):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path


def test_a_created_key_file_loads_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "new" / "keys" / "keys.json"
    umask = os.umask(0)
    try:
        create_key_file(path)
    finally:
        os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    sealed = load_keyring(path).seal_for(Purpose.SPOOL).seal(b"plain", "here")
    assert load_keyring(path).seal_for(Purpose.SPOOL).open(sealed, "here") == b"plain"


def test_two_created_keys_differ(tmp_path):
    create_key_file(tmp_path / "one")
    create_key_file(tmp_path / "two")
    assert load_keyring(tmp_path / "one").key_id != load_keyring(tmp_path / "two").key_id


def test_an_existing_key_file_is_left_alone_whatever_stands_in_it(tmp_path):
    path = write(tmp_path / "keys", "not even a key")
    create_key_file(path)
    assert path.read_text() == "not even a key"
    assert names_in(tmp_path) == ["keys"]


def test_a_key_that_another_worker_makes_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "keys"
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (fsync(file), path.write_text("the other's")))
    create_key_file(path)
    assert path.read_text() == "the other's"
    assert names_in(tmp_path) == ["keys"]


def test_workers_that_start_together_end_up_with_one_key(tmp_path):
    path, start = tmp_path / "keys", threading.Barrier(8)
    found = []

    def begin():
        start.wait()
        create_key_file(path)
        found.append(load_keyring(path).key_id)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert names_in(tmp_path) == ["keys"]


def test_what_a_killed_worker_left_of_the_same_process_number_is_in_nobodys_way(tmp_path):
    (tmp_path / f".keys.{os.getpid()}.part").write_text("half")
    create_key_file(tmp_path / "keys")
    assert load_keyring(tmp_path / "keys")


def test_a_full_disk_leaves_neither_a_key_file_nor_a_part_of_one(tmp_path, monkeypatch):
    def fail(_file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealing.os, "fsync", fail)
    with pytest.raises(KeyFileFault, match="cannot be written: No space left on device"):
        create_key_file(tmp_path / "keys")
    assert names_in(tmp_path) == []


def test_a_place_that_cannot_be_made_is_a_fault_of_the_key_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileFault, match="cannot be written"):
        create_key_file(tmp_path / "file" / "keys")
    with pytest.raises(KeyFileFault, match="cannot be written"):
        create_key_file(tmp_path / "file" / "below" / "keys")


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o660], ids=oct)
def test_a_key_file_that_others_may_use_is_refused(tmp_path, mode):
    with pytest.raises(KeyFileFault, match="chmod 600"):
        load_keyring(write(tmp_path / "keys", {"format": 1, "keys": [entry()]}, mode))


@pytest.mark.parametrize("mode", [0o600, 0o400], ids=oct)
def test_a_key_file_may_be_read_only(tmp_path, mode):
    assert load_keyring(write(tmp_path / "keys", {"format": 1, "keys": [entry()]}, mode)).key_id == "k-1"


def test_the_first_key_of_the_file_is_the_one_to_seal_with(tmp_path):
    path = write(tmp_path / "keys", {"format": 1, "keys": [entry("k-2", NEW.secret), entry("k-old", OLD.secret)]})
    keyring = load_keyring(path)
    assert keyring.key_id == "k-2"
    assert keyring.seal_for(Purpose.EDITION).open(SEALED, "here") == b"forty-two"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON"),
        ("\x00\xff", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a key file of format 1"),
        ("null", "not a key file of format 1"),
        ({"keys": [entry()]}, "not a key file of format 1"),
        ({"format": 2, "keys": [entry()]}, "not a key file of format 1"),
        ({"format": 1}, "key 1 is malformed"),
        ({"format": 1, "keys": None}, "key 1 is malformed"),
        ({"format": 1, "keys": {"id": "k-1"}}, "key 1 is malformed"),
        ({"format": 1, "keys": []}, "holds no key"),
        ({"format": 1, "keys": ["k-1"]}, "key 1 is malformed"),
        ({"format": 1, "keys": [{"id": "k-1"}]}, "key 1 is malformed"),
        ({"format": 1, "keys": [{"secret": entry()["secret"]}]}, "key 1 is malformed"),
        ({"format": 1, "keys": [entry(), {"id": "k-2", "secret": 7}]}, "key 2 is malformed"),
        ({"format": 1, "keys": [entry(), {"id": "k-2", "secret": "no base64!"}]}, "key 2 is malformed"),
        ({"format": 1, "keys": [entry(), {"id": "k-2", "secret": "ключ"}]}, "key 2 is malformed"),
        ({"format": 1, "keys": [entry(secret=bytes(31))]}, "key 1 is not 32 bytes long"),
        ({"format": 1, "keys": [entry(), entry("k-2", bytes(33))]}, "key 2 is not 32 bytes long"),
        ({"format": 1, "keys": [entry(key_id=7)]}, "key 1 is malformed"),
        ({"format": 1, "keys": [entry(key_id="")]}, "the id of key 1"),
        ({"format": 1, "keys": [entry(key_id="ключ")]}, "the id of key 1"),
        ({"format": 1, "keys": [entry(key_id="k" * 300)]}, "the id of key 1"),
        ({"format": 1, "keys": [entry(), entry(secret=NEW.secret)]}, "the id of key 2"),
    ],
)
def test_a_malformed_key_file_is_refused_with_the_reason_and_without_the_secret(tmp_path, content, reason):
    with pytest.raises(KeyFileFault) as raised:
        load_keyring(write(tmp_path / "keys", content))
    assert reason in str(raised.value)
    assert str(raised.value).startswith(str(tmp_path / "keys"))
    assert entry()["secret"] not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_key_file_that_is_none_is_named(tmp_path, name):
    with pytest.raises(KeyFileFault, match=r"No such file|directory"):
        load_keyring(tmp_path / name)
