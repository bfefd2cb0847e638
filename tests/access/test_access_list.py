"""The access list: what is kept of a token tells nobody the token, and only a token in use stands for its caller."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.access.access_list import AccessList, TokenBook
from flagging.access.caller import Caller
from flagging.errors import AccessChangeRefused
from flagging.terms import Role

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


def issued(known=AccessList(), role=Role.CUSTODY, expires_at=None):  # noqa: B008 it is frozen
    return known.issue(f"{role} system", role, NOW, expires_at)


def caller(known, token, now=NOW):
    return TokenBook(known).caller(token, now)


@pytest.mark.parametrize("role", Role)
def test_a_token_stands_for_its_caller_and_its_role(role):
    known, token = issued(role=role)
    token_id = known.tokens[0].token_id
    assert caller(known, token) == Caller(token_id, f"{role} system", role, is_system=True)


def test_each_of_many_tokens_stands_for_its_own_caller():
    known, tokens = AccessList(), {}
    for role in Role:
        known, tokens[role] = issued(known, role)
    assert {role: caller(known, token).role for role, token in tokens.items()} == {role: role for role in Role}
    assert len({token.token_id for token in known.tokens}) == len(Role)


def test_a_token_has_the_form_by_which_a_leaked_one_is_recognised():
    known, token = issued()
    assert token.startswith(f"flg_{known.tokens[0].token_id}_")
    assert len(token.split("_", 2)[2]) >= 43  # 256 bits


def test_nothing_that_is_kept_or_shown_tells_the_secret():
    known, token = issued()
    secret = token.split("_", 2)[2]
    kept = orjson.dumps(known.to_dict()).decode()
    assert secret not in kept
    assert token not in kept
    assert known.tokens[0].secret_digest not in repr(known)


def test_nothing_that_is_kept_or_shown_tells_the_password():
    known = AccessList().add_account("pat", Role.AUDITOR, PASSWORD, NOW)
    assert PASSWORD not in orjson.dumps(known.to_dict()).decode()
    assert known.accounts[0].password_digest.startswith("$argon2id$")
    assert known.accounts[0].password_digest not in repr(known)


def test_a_token_counts_until_the_moment_it_expires():
    known, token = issued(expires_at=NOW + timedelta(days=1))
    assert caller(known, token, NOW + timedelta(hours=23, minutes=59)) is not None
    assert caller(known, token, NOW + timedelta(days=1)) is None
    assert caller(known, token, NOW + timedelta(days=400)) is None


def test_a_token_without_an_end_does_not_expire():
    known, token = issued()
    assert caller(known, token, NOW + timedelta(days=10_000)) is not None


def test_a_revoked_token_stands_for_nobody_and_the_others_go_on():
    known, first = issued()
    known, second = issued(known)
    revoked = known.revoke(known.tokens[0].token_id, NOW)
    assert caller(revoked, first) is None
    assert caller(revoked, second) is not None
    assert revoked.tokens[0].revoked_at == "2026-03-02T12:00:00+00:00"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.replace("flg_", "glf_"),
        lambda token: token.replace("flg_", ""),
        lambda token: token.replace("_", "-"),
        lambda token: token.upper(),
        lambda token: f"flg_0123456789_{token.split('_', 2)[2]}",
        lambda token: f"flg__{token.split('_', 2)[2]}",
        lambda token: "_".join(token.split("_", 2)[:2]),
        lambda token: "_".join(token.split("_", 2)[:2]) + "_",
        lambda token: f" {token}",
        lambda _: "",
        lambda _: "flg__",
        lambda _: "flg_é_é",
        lambda _: "\udcff" * 50,
    ],
)
def test_a_token_that_is_not_exactly_the_issued_one_stands_for_nobody(spoil):
    known, token = issued()
    assert caller(known, spoil(token)) is None


def test_the_digest_that_is_kept_is_no_token():
    known, _token = issued()
    kept = known.tokens[0]
    assert caller(known, f"flg_{kept.token_id}_{kept.secret_digest}") is None


@given(st.text(max_size=100))
def test_no_other_text_stands_for_anybody(text):
    known, _token = issued()
    assert caller(known, text) is None
    assert caller(known, f"flg_{known.tokens[0].token_id}_{text}") is None


def test_an_empty_list_knows_nobody():
    assert caller(AccessList(), "flg_0123456789_" + "A" * 43) is None


def test_an_account_is_known_by_name_and_password():
    known = AccessList().add_account("pat", Role.AUDITOR, PASSWORD, NOW)
    assert known.account_with("pat", PASSWORD).role is Role.AUDITOR
    assert known.account_with("pat", PASSWORD + " ") is None
    assert known.account_with("Pat", PASSWORD) is None
    assert known.account_with("somebody", PASSWORD) is None


def test_an_account_whose_kept_password_is_damaged_lets_nobody_in():
    known = AccessList().add_account("pat", Role.AUDITOR, PASSWORD, NOW)
    damaged = replace(known, accounts=(replace(known.accounts[0], password_digest="?"),))
    assert damaged.account_with("pat", PASSWORD) is None


def test_a_name_is_used_by_one_account_at_a_time():
    known = AccessList().add_account("pat", Role.AUDITOR, PASSWORD, NOW)
    with pytest.raises(AccessChangeRefused):
        known.add_account("pat", Role.PRISON, "another", NOW)
    again = known.revoke("pat", NOW).add_account("pat", Role.PRISON, "another", NOW)
    assert again.account_with("pat", "another").role is Role.PRISON
    assert again.account_with("pat", PASSWORD) is None


def test_revoking_somebody_unknown_or_revoked_before_changes_nothing_and_says_so():
    known, _ = issued()
    revoked = known.revoke(known.tokens[0].token_id, NOW)
    for who in ("0123456789", known.tokens[0].token_id):
        with pytest.raises(AccessChangeRefused):
            revoked.revoke(who, NOW)


def test_the_list_survives_being_written_and_read():
    known, _ = issued(expires_at=NOW + timedelta(days=1))
    known = known.add_account("pat", Role.AUDITOR, PASSWORD, NOW).revoke(known.tokens[0].token_id, NOW)
    read = AccessList.from_dict(orjson.loads(orjson.dumps(replace(known, version=7).to_dict())))
    assert read == replace(known, version=7)
    assert read.tokens[0].role is Role.CUSTODY
