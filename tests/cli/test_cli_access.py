"""`flagging access`: a token is shown once; what is listed tells nobody how to get in."""

from datetime import UTC, datetime, timedelta

import pytest

from flagging.terms import Role

FAILED, USAGE = 1, 2
PASSWORD = "correct horse battery staple"


def issue(installation, role="custody", *words):
    result = installation.run("access", "issue-token", "--role", role, "--name", f"{role} system", *words)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_token_is_issued_for_a_role_and_lets_that_role_in(role, synced):
    token = issue(synced, role)
    caller = synced.access().caller(token)
    assert (caller.role, caller.name) == (role, f"{role} system")


def test_the_token_is_all_that_is_printed_so_that_a_script_can_take_it(synced):
    result = synced.run("access", "issue-token", "--role", "custody", "--name", "custody system")
    assert result.stdout.count("\n") == 1
    assert result.stdout.startswith("flg_")
    assert result.stderr == ""


def test_it_is_shown_once_and_kept_nowhere(synced, redis_client):
    secret = issue(synced).split("_", 2)[2]
    assert secret not in synced.run("access", "list").output
    kept = [path.read_bytes() for path in synced.directory.rglob("*") if path.is_file()]
    kept += [redis_client.dump(key) for key in redis_client.scan_iter()]
    assert kept
    assert not any(secret.encode() in content for content in kept)


def test_tokens_are_listed_by_id_role_and_name_with_how_long_they_last(synced):
    token = issue(synced, "prison", "--days", "1")
    (line,) = synced.run("access", "list").stdout.splitlines()
    words = line.split()
    assert words[:4] == ["token", token.split("_")[1], "prison", "expires"]
    assert line.endswith("prison system")
    left = datetime.fromisoformat(words[4]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(days=1)


def test_nothing_listed_tells_how_anybody_is_checked(synced):
    issue(synced)
    synced.run("access", "add-user", "--role", "auditor", "--password", PASSWORD, "pat")
    told = synced.run("access", "list").output
    access = synced.access().access_list
    for kept in (access.tokens[0].secret_digest, access.accounts[0].password_digest, PASSWORD, "argon2"):
        assert kept not in told


def test_a_revoked_token_lets_nobody_in_and_is_listed_as_revoked(synced):
    token, other = issue(synced), issue(synced, "prison")
    result = synced.run("access", "revoke", token.split("_")[1])
    assert (result.exit_code, result.stdout) == (0, f"{token.split('_')[1]} is revoked\n")
    access = synced.access()
    assert access.caller(token) is None
    assert access.caller(other) is not None
    assert "revoked" in synced.run("access", "list").stdout.splitlines()[0]


def test_revoking_nobody_says_so(synced):
    token_id = issue(synced).split("_")[1]
    synced.run("access", "revoke", token_id)
    for who in (token_id, "nobody"):
        result = synced.run("access", "revoke", who)
        assert (result.exit_code, result.stderr) == (
            FAILED,
            "Error: no token or account of that name is in use\n",
        )


def test_an_account_is_added_with_a_password_asked_for_twice_and_never_shown(synced):
    result = synced.run("access", "add-user", "--role", "arrest_referral", "pat", given=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert result.output.endswith("pat is arrest_referral\n")
    assert PASSWORD not in result.output
    assert synced.access().access_list.account_with("pat", PASSWORD).role is Role.ARREST_REFERRAL


def test_passwords_that_differ_add_nobody(synced):
    issue(synced)
    result = synced.run("access", "add-user", "--role", "auditor", "pat", given=f"{PASSWORD}\nanother\n")
    assert result.exit_code != 0
    assert synced.access().access_list.accounts == ()


def test_a_short_password_adds_nobody_and_is_not_shown(synced):
    issue(synced)
    result = synced.run("access", "add-user", "--role", "auditor", "--password", "short-pass1", "pat")
    assert result.exit_code != 0
    assert "at least 12 characters" in result.output
    assert "short-pass1" not in result.output
    assert synced.access().access_list.accounts == ()


def test_a_name_in_use_is_refused(synced):
    for expected in (0, FAILED):
        result = synced.run("access", "add-user", "--role", "auditor", "--password", PASSWORD, "pat")
        assert result.exit_code == expected
    assert result.stderr == "Error: an account of that name exists\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--role", "custody"],
        ["--name", "custody system"],
        ["--role", "sergeant", "--name", "custody system"],
        ["--role", "custody", "--name", "custody system", "--days", "0"],
        ["--role", "custody", "--name", "custody system", "--days", "4000"],
    ],
    ids=" ".join,
)
def test_what_is_no_token_anybody_could_mean_is_refused(words, synced):
    assert synced.run("access", "issue-token", *words).exit_code == USAGE
    assert synced.access().access_list is None


def test_before_the_first_token_there_is_nothing_to_list(synced):
    result = synced.run("access", "list")
    assert (result.exit_code, result.stderr) == (FAILED, "Error: no access list is known yet: issue a token\n")


def test_without_redis_nothing_is_issued_and_no_token_shown(synced):
    synced.set("REDIS_URL", "redis://user:hunter2@127.0.0.1:1/0")
    result = synced.run("access", "issue-token", "--role", "custody", "--name", "custody system")
    assert (result.exit_code, result.output) == (FAILED, "Error: Redis: ConnectionError\n")


def test_without_a_key_file_nothing_is_issued_and_none_is_made(installation):
    result = installation.run("access", "issue-token", "--role", "custody", "--name", "custody system")
    assert result.exit_code == FAILED
    assert "flg_" not in result.output
    assert not (installation.directory / "keys").exists()
