"""Credentials of the demo: one token and account per role, used again as long as they are valid."""

import json
import stat
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher
from sweeps import first_of

from flagging.access.live import LiveAccess
from flagging.demo.credentials import ensure_credentials
from flagging.key_file import create_key_file, load_keyring
from flagging.redis_connection import connect
from flagging.terms import Role

URL = "http://127.0.0.1:8000"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def access(tmp_path, redis_url, monkeypatch) -> LiveAccess:
    """The access list of a site whose passwords are quick to hash: one is made for every role."""
    monkeypatch.setattr("flagging.access.access_list.PasswordHasher", lambda: QUICK)
    create_key_file(tmp_path / "keys")
    return LiveAccess(connect(redis_url), load_keyring(tmp_path / "keys"), tmp_path / "state")


def test_every_role_has_a_token_and_an_account_that_work(tmp_path, access):
    credentials = ensure_credentials(tmp_path / "credentials", access, URL)
    assert set(credentials.tokens) == set(credentials.users) == {role.value for role in Role}
    for role in Role:
        assert access.caller(credentials.tokens[role]).role is role
        assert access.access_list.account_with(**credentials.users[role]).role is role


def test_file_is_for_its_owner_alone_and_as_the_contract_has_it(tmp_path, access):
    credentials = ensure_credentials(tmp_path / "credentials", access, URL)
    written = json.loads((tmp_path / "credentials").read_text())
    assert stat.S_IMODE((tmp_path / "credentials").stat().st_mode) == 0o600
    assert written == {"base_url": URL, "tokens": credentials.tokens, "users": credentials.users}
    assert set(written["users"]["custody"]) == {"username", "password"}


def test_next_run_uses_them_again_at_its_own_address(tmp_path, access):
    first = ensure_credentials(tmp_path / "credentials", access, URL)
    second = ensure_credentials(tmp_path / "credentials", access, "http://127.0.0.1:8001")
    assert (second.tokens, second.users) == (first.tokens, first.users)
    assert second.base_url == "http://127.0.0.1:8001"


def test_those_no_longer_valid_are_issued_anew_and_only_those(tmp_path, access):
    first = ensure_credentials(tmp_path / "credentials", access, URL)
    prison = first.tokens["prison"].split("_")[1]
    access.change(lambda found: found.revoke(prison, datetime.now(UTC)))
    second = ensure_credentials(tmp_path / "credentials", access, URL)
    assert {role for role in Role if second.tokens[role] != first.tokens[role]} == {Role.PRISON}
    assert access.caller(second.tokens["prison"]).role is Role.PRISON


@pytest.mark.parametrize(
    "content", first_of([None, "", "[]", '{"base_url": 1, "tokens": [], "users": {}}', '{"tokens": 3}'])
)
def test_lost_or_damaged_file_revokes_what_nobody_knows_any_more(tmp_path, access, content):
    first = ensure_credentials(tmp_path / "credentials", access, URL)
    if content is None:
        (tmp_path / "credentials").unlink()
    else:
        (tmp_path / "credentials").write_text(content)
    second = ensure_credentials(tmp_path / "credentials", access, URL)
    for role in Role:
        assert access.caller(first.tokens[role]) is None
        assert access.caller(second.tokens[role]).role is role


def test_access_of_others_is_left_alone(tmp_path, access):
    access.change(lambda found: found.add_account("custody", Role.CUSTODY, "their own password", datetime.now(UTC)))
    ensure_credentials(tmp_path / "credentials", access, URL)
    assert access.access_list.account_with("custody", "their own password")
