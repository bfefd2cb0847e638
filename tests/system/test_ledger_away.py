"""The ledger's database hangs: lookups go on, and all that was asked meanwhile is in it afterwards, once."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from installation import Installation, arrest, installed, reception
from killing import recorded_lookups
from listed_people import PPO, asked

STRANGER = {"family_name": "Nobodyson", "given_names": "Ignatius", "date_of_birth": "1985-05-05"}
POLLS = 24  # more than two processes have threads


@pytest.fixture
def site(tmp_path: Path, empty_postgresql: str) -> Iterator[Installation]:
    with installed(tmp_path, "custody", "prison", settings={"FLAGGING_LEDGER_URL": empty_postgresql}) as site:
        yield site


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """Stop all processes of a PostgreSQL where they are; let them go on afterwards."""
    directory = Path(parse_qs(urlsplit(url).query)["host"][0])
    first = int((directory / "data" / "postmaster.pid").read_text().split()[0])
    stopped = [first]
    try:
        os.kill(first, signal.SIGSTOP)  # it makes no more of them
        stopped += [int(child) for child in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
        for each in stopped[1:]:
            os.kill(each, signal.SIGSTOP)
        yield
    finally:
        for each in reversed(stopped):
            os.kill(each, signal.SIGCONT)


def poll_many_times_at_once(site: Installation, told: list[int]) -> list[threading.Thread]:
    """Ask for alerts; return who asks, and collect the statuses they are told."""
    polls = [
        threading.Thread(target=lambda: told.append(site.call("GET", "/v1/alerts", role="custody").status))
        for _ in range(POLLS)
    ]
    for each in polls:
        each.start()
    return polls


def test_lookups_go_on_while_the_ledger_hangs_and_whoever_asks_it_is_told_so(site, empty_postgresql):
    before: list[int] = []  # so that there are connections for those to wait on who come while it hangs
    for each in poll_many_times_at_once(site, before):
        each.join()
    assert 200 in before
    told: list[int] = []
    with hanging(empty_postgresql):
        polls = poll_many_times_at_once(site, told)
        answers = [
            site.call("POST", "/v1/lookups", arrest(person), "custody") for person in (asked(PPO), STRANGER) * 12
        ]
        batch = site.call("POST", "/v1/lookups/batch", {"lookups": [reception(asked(PPO), id="1")]}, "prison")
        in_batch = batch.body["answers"][0]["answer"]
        site.await_answer("all but those who wait for it are told", lambda: len(told) >= POLLS - 4)
        assert set(told) == {503}
    for each in polls:
        each.join()
    assert [answer.body["outcome"] for answer in answers] == ["flagged", "not_on_register"] * 12
    assert in_batch["outcome"] == "flagged"
    ids = [answer.body["lookup_id"] for answer in answers] + [in_batch["lookup_id"]]
    found = site.await_answer(
        "all is in the ledger", lambda: set(ids) <= (now := Counter(recorded_lookups(site))).keys() and now
    )
    assert [found[each] for each in ids] == [1] * len(ids)
    assert site.call("GET", "/v1/alerts", role="custody").status == 200
