"""The key file: made once, read with care, followed while it changes, and changed by a rotation."""

import base64
import json
import os
import stat
import threading
from datetime import UTC, datetime

import pytest

from flagging import key_file
from flagging.errors import KeyFileFault, KeyUnknown
from flagging.key_file import (
    FollowedKeys,
    add_key,
    create_key_file,
    load_keyring,
    read_entries,
    retire_key,
    supersede_older_keys,
)
from flagging.sealing import Purpose, recipients

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRETS = {"k-old": bytes(range(32)), "k-new": bytes(range(32, 64))}


# -- making and reading -------------------------------------------------------------------------------------------------


def entry(key_id="k-1", secret=None, **more):
    secret = SECRETS.get(key_id, bytes(32)) if secret is None else secret
    return {"id": key_id, "secret": base64.b64encode(secret).decode()} | more


def retired(key_id="k-1", public=bytes(32)):
    return {"id": key_id, "public": base64.b64encode(public).decode()}


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

    monkeypatch.setattr(key_file.os, "fsync", fail)
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


def test_the_first_key_of_the_file_is_the_newest_and_things_are_sealed_for_all_in_use(tmp_path):
    keyring = load_keyring(write(tmp_path / "keys", {"format": 1, "keys": [entry(each) for each in SECRETS]}))
    assert keyring.key_id == "k-old"
    assert recipients(keyring.seal_for(Purpose.EDITION).seal(b"", "here")) == ("k-old", "k-new")


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
        ({"format": 1}, "its keys are malformed"),
        ({"format": 1, "keys": None}, "its keys are malformed"),
        ({"format": 1, "keys": {"id": "k-1"}}, "its keys are malformed"),
        ({"format": 1, "keys": []}, "holds no key in use"),
        ({"format": 1, "keys": [retired()]}, "holds no key in use"),
        ({"format": 1, "keys": [entry(superseded_at="2026-03-02T12:00:00+00:00")]}, "holds no key in use"),
        ({"format": 1, "keys": ["k-1"]}, "key 1 is malformed"),
        ({"format": 1, "keys": [{"id": "k-1"}]}, "key 1 is malformed"),
        ({"format": 1, "keys": [{"secret": entry()["secret"]}]}, "key 1 is malformed"),
        ({"format": 1, "keys": [entry(), {"id": "k-2", "secret": 7}]}, "key 2 is malformed"),
        ({"format": 1, "keys": [entry(), {"id": "k-2", "secret": "no base64!"}]}, "key 2 is malformed"),
        ({"format": 1, "keys": [entry(), {"id": "k-2", "secret": "ключ"}]}, "key 2 is malformed"),
        ({"format": 1, "keys": [entry(secret=bytes(31))]}, "key 1 is not 32 bytes long"),
        ({"format": 1, "keys": [entry(), entry("k-2", bytes(33))]}, "key 2 is not 32 bytes long"),
        ({"format": 1, "keys": [entry(), retired("k-2", bytes(31))]}, "key 2 is not 32 bytes long"),
        ({"format": 1, "keys": [entry(key_id=7)]}, "key 1 is malformed"),
        ({"format": 1, "keys": [entry(key_id="k.1")]}, "the id of key 1"),
        ({"format": 1, "keys": [entry(key_id="")]}, "the id of key 1"),
        ({"format": 1, "keys": [entry(key_id="ключ")]}, "the id of key 1"),
        ({"format": 1, "keys": [entry(key_id="k" * 300)]}, "the id of key 1"),
        ({"format": 1, "keys": [entry(), entry(secret=SECRETS["k-new"])]}, "the id of key 2"),
        ({"format": 1, "keys": [entry(), retired()]}, "the id of key 2"),
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


# -- following ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    """A key file with one key."""
    return write(tmp_path / "keys", {"format": 1, "keys": [entry("k-old")]})


@pytest.fixture
def followed(path):
    return FollowedKeys(path)


def put(path, *entries):
    """Put another file in the place of the one before, as a rename does."""
    write(path.with_name("part"), {"format": 1, "keys": list(entries)}).replace(path)


def test_a_file_that_stays_as_it_is_is_read_once(followed, monkeypatch):
    monkeypatch.setattr(key_file, "read_entries", lambda _: pytest.fail("read again"))
    assert not followed.look()
    assert not followed.look()


def test_a_file_that_has_changed_is_taken_over_once(followed, path):
    put(path, entry("k-new"), entry("k-old"))
    assert [followed.look(), followed.look()] == [True, False]
    assert (followed.keyring.key_id, followed.trouble) == ("k-new", None)


def test_a_file_overwritten_in_place_is_taken_over_once_it_is_whole(followed, path):
    whole = json.dumps({"format": 1, "keys": [entry("k-new"), entry("k-old")]})
    path.write_text(whole[:60])
    assert not followed.look()
    assert "not JSON" in followed.trouble
    path.write_text(whole)
    assert followed.look()
    assert (followed.keyring.key_id, followed.trouble) == ("k-new", None)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.unlink(), "No such file"),
        (lambda path: path.write_text("rubbish"), "not JSON"),
        (lambda path: path.chmod(0o644), "chmod 600"),
        (lambda path: put(path, entry("k-new")), "none of the keys"),
    ],
    ids=["gone", "rubbish", "open to others", "another installation's"],
)
def test_a_file_that_cannot_be_used_changes_nothing_and_is_told(followed, path, spoil, reason):
    spoil(path)
    assert [followed.look(), followed.look()] == [False, False]
    assert followed.keyring.key_id == "k-old"
    assert reason in followed.trouble
    put(path, entry("k-old"))
    assert followed.look()
    assert followed.trouble is None


# -- changing ----------------------------------------------------------------------------------------------------------


def test_a_key_that_is_added_comes_first_and_is_in_use_beside_the_others(path):
    added = add_key(path, NOON)
    assert [key.key_id for key in load_keyring(path).in_use] == [added, "k-old"]
    assert read_entries(path)[0]["created_at"] == "2026-03-02T12:00:00.000+00:00"


def test_keys_that_are_superseded_still_open_the_spool_and_nothing_else(path):
    before = load_keyring(path)
    sealed = before.seal_for(Purpose.DOCUMENT).seal(b"plain", "here")
    added = add_key(path, NOON)
    assert supersede_older_keys(path, NOON) == ("k-old",)
    after = load_keyring(path)
    assert [key.key_id for key in after.in_use] == [added]
    after.spool_cipher("k-old", b"segment")
    with pytest.raises(KeyUnknown):
        after.seal_for(Purpose.DOCUMENT).open(sealed, "here")
    assert supersede_older_keys(path, NOON) == ()


def test_of_a_retired_key_the_secret_is_gone_and_its_receipts_still_verify(path):
    key_id, signature = load_keyring(path).sign(b"message")
    add_key(path, NOON)
    supersede_older_keys(path, NOON)
    retire_key(path, "k-old")
    assert base64.b64encode(SECRETS["k-old"]).decode() not in path.read_text()
    after = load_keyring(path)
    assert after.is_signed(key_id, signature, b"message")
    assert "k-old" not in after.key_ids


def test_a_key_in_use_is_not_retired(path):
    retire_key(path, "k-old")
    assert load_keyring(path).key_ids == ("k-old",)


def test_a_changed_file_keeps_its_mode_and_owner_and_leaves_nothing_beside_it(path):
    path.chmod(0o400)
    before = path.stat()
    add_key(path, NOON)
    after = path.stat()
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (0o400, before.st_uid, before.st_gid)
    assert names_in(path.parent) == ["keys"]


def test_a_file_of_another_account_stays_that_accounts(path, monkeypatch):
    given_to = []
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    monkeypatch.setattr(os, "chown", lambda _, user, group: given_to.append((user, group)))
    add_key(path, NOON)
    assert given_to == [(path.stat().st_uid, path.stat().st_gid)]


def test_where_the_file_is_a_link_what_it_leads_to_is_changed(path, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(path)
    added = add_key(link, NOON)
    assert link.is_symlink()
    assert load_keyring(path).key_id == added


def test_changes_made_at_once_are_all_made(path):
    threads = [threading.Thread(target=add_key, args=(path, NOON)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load_keyring(path).key_ids) == 9


@pytest.mark.parametrize("change", [add_key, supersede_older_keys], ids=["add", "supersede"])
@pytest.mark.parametrize("step", ["fsync", "mkstemp"])
def test_a_change_that_cannot_be_written_changes_nothing(path, change, step, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(os if step == "fsync" else key_file.tempfile, step, fail)
    with pytest.raises(KeyFileFault, match="cannot be written: No space left on device"):
        change(path, NOON)
    assert path.read_bytes() == before
    assert names_in(path.parent) == ["keys"]
