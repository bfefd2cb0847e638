"""Who may ask is the same at every server process: what is revoked or signed out at one is so at all of them.

And what Redis has lost of register and callers is known to all of them again.
"""

import pytest
from installation import arrest
from listed_people import PPO, asked
from redis import Redis
from visitor import Visitor

STRANGER = {"family_name": "Unlisted", "given_names": "Ashley", "date_of_birth": "1994-07-23"}
PASSWORD = "correct horse battery staple"
EVERY_PROCESS = 16
"""Requests, each by a connection of its own, that leave next to no chance that one process answered none of them."""


def is_signed_in_everywhere(visitor):
    return all("/sign-out" in visitor.get("/check") for _ in range(EVERY_PROCESS))


def is_signed_out_everywhere(visitor):
    return not any("/sign-out" in visitor.get("/check") for _ in range(EVERY_PROCESS))


@pytest.fixture(scope="module")
def sign_in(installation):
    """What signs in somebody with an account, or whoever else is named."""
    installation.add_users(PASSWORD, "s.example", "revoked.example", "guessed.example")

    def sign_in(username="s.example"):
        visitor = Visitor(installation.port)

        def is_known_everywhere():
            # A process that has not heard of the new account yet takes whoever is signed in for a stranger.
            visitor.cookies.clear()
            status, _ = visitor.try_to_sign_in(username, PASSWORD)
            return status == 303 and is_signed_in_everywhere(visitor)

        installation.await_answer("signed in", is_known_everywhere)
        return visitor

    return sign_in


def test_a_revoked_token_is_refused_by_every_process_and_replaying_it_changes_nothing(installation):
    issued = installation.run("access", "issue-token", "--role", "custody", "--name", "to be revoked")
    token = issued.stdout.strip()

    def statuses():
        return {
            installation.call("POST", "/v1/lookups", arrest(STRANGER), token=token).status for _ in range(EVERY_PROCESS)
        }

    installation.await_answer("known to every process", lambda: statuses() == {200})
    assert installation.run("access", "revoke", token.split("_")[1]).returncode == 0
    installation.await_answer("refused by every process", lambda: statuses() == {401})
    assert statuses() == {401}


def test_somebody_signed_in_at_one_process_is_signed_in_at_all_and_signs_out_of_all(sign_in):
    first, second = sign_in(), sign_in()
    assert is_signed_in_everywhere(first)
    assert first.post("/sign-out", "/check", everywhere="yes")[0] == 303
    assert is_signed_out_everywhere(second)


def test_an_administrator_signs_somebody_out_of_everything(installation, sign_in):
    visitor = sign_in()
    assert installation.run("access", "sign-out", "s.example").returncode == 0
    assert is_signed_out_everywhere(visitor)


def test_an_account_that_is_revoked_is_signed_out_of_every_process(installation, sign_in):
    visitor = sign_in("revoked.example")
    assert is_signed_in_everywhere(visitor)
    assert installation.run("access", "revoke", "revoked.example").returncode == 0
    installation.await_answer("signed out", lambda: is_signed_out_everywhere(visitor))


def test_guessing_is_counted_over_all_processes(installation, sign_in):
    visitor = Visitor(installation.port)
    statuses = [visitor.try_to_sign_in("guessed.example", f"guess-{n}")[0] for n in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    assert "guess-" not in installation.log("serve")


def test_a_worker_puts_register_and_callers_back_after_a_flush(installation):
    def is_answered_from_redis():
        answers = [
            installation.call("POST", "/v1/lookups", arrest(asked(PPO)), "custody") for _ in range(EVERY_PROCESS)
        ]
        return {(each.status, each.body["outcome"], each.body["register"]["source"]) for each in answers} == {
            (200, "flagged", "redis")
        }

    with Redis.from_url(installation.redis.url) as client:
        installation.await_answer("the worker knows the callers", (installation.state_dir / "access.sealed").exists)
        client.flushall()
        installation.await_answer(
            "every process answers from Redis again",
            lambda: client.exists("flagging:current", "flagging:access") == 2 and is_answered_from_redis(),
        )
