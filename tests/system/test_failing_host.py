"""Rows of the failure table that a host brings about by itself: clocks that jump, a disk that is full.

`test_failure_table.py` has all that fails around it.
"""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from failing_site import ABSENT, CANNOT_CONFIRM, FLAGGED, STRANGER, Site, processes_of
from installation import Response
from killing import Reckoning
from listed_people import PPO, asked

from flagging.key_file import load_keyring
from flagging.register.store import EditionStore

HOUR = 3600.0


# -- its disk (first, as nobody is doubted yet) ----------------------------------------------------------------------


@contextmanager
def no_room(site: Site) -> Iterator[None]:
    """Have no file of the server processes grow, as on a full disk: not even what begins a segment of the spool fits."""
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in processes_of(site)}
    for pid, (_, most) in limits.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (20, most))
    try:
        yield
    finally:
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def test_a_disk_that_fills_up_costs_answers_and_no_record_and_with_room_again_it_goes_on(site: Site):
    site.await_answer("the ledger is begun", lambda: ledger_of(site).startswith("drained"))
    before = ask_both(site)
    with no_room(site):
        meanwhile = ask_both(site)
        ready = site.call("GET", "/health/ready")
    after = ask_both(site)
    assert {outcome_of(each) for each in meanwhile} == {CANNOT_CONFIRM}
    assert all(each.body["duty_desk"]["telephone"] for each in meanwhile)
    assert (ready.status, ready.body["missing"]) == (503, ["spool"])
    assert {outcome_of(each) for each in before + after} == {FLAGGED, ABSENT}
    reckoning = Reckoning(answered=[each.body["lookup_id"] for each in before + after])
    assert reckoning.faults(site) == []
    assert not {each.body.get("lookup_id") for each in meanwhile} & set(reckoning.answered)


def ledger_of(site: Site) -> str:
    return site.call("GET", "/health").body["components"]["ledger"]


def ask_both(site: Site) -> list[Response]:
    return [site.ask(person) for person in (asked(PPO), STRANGER) for _ in range(8)]


def outcome_of(answer: Response) -> tuple[int, str]:
    return answer.status, answer.body["outcome"]


# -- its clocks ------------------------------------------------------------------------------------------------------


@contextmanager
def halted(site: Site) -> Iterator[None]:
    """Have the worker vouch for nothing for a while."""
    os.kill(site.worker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(site.worker.pid, signal.SIGCONT)


def vouch(site: Site, ahead: float) -> None:
    """Say in the worker's place that the list was checked so many seconds from now, by the clock of Redis."""
    with site.direct as client:
        store = EditionStore(client, load_keyring(Path(site.environ["FLAGGING_KEY_FILE"])))
        seen = store.look()
        store.beat(replace(seen.heartbeat, checked_at=seen.now + ahead), seen.pointer)


JUMPS = {
    "an hour ahead": (HOUR, FLAGGED),
    "more than a day behind": (-25 * HOUR, CANNOT_CONFIRM),
    "an hour behind": pytest.param(-HOUR, FLAGGED, marks=pytest.mark.sweep),
}


@pytest.mark.parametrize(("ahead", "ppo"), JUMPS.values(), ids=JUMPS)
def test_a_heartbeat_by_a_clock_that_jumped_rules_nobody_out_until_one_comes_that_is_right(
    site: Site, ahead: float, ppo: tuple[int, str]
):
    def is_doubted() -> bool:
        vouch(site, ahead)
        stands = site.standings()
        ages = [each["age_seconds"] for each in stands]
        assert min(ages) >= 0
        return (
            {each["state"] for each in stands} == {"stale"}
            and min(ages) >= -ahead
            and told(site) == (ppo, CANNOT_CONFIRM)
        )

    with halted(site):
        site.await_answer("nobody is ruled out", is_doubted)
    site.await_current()
    site.confirm_right()


def told(site: Site) -> tuple[tuple[int, str], tuple[int, str]]:
    """What is said of the PPO and of the stranger."""
    return outcome_of(site.ask(asked(PPO))), outcome_of(site.ask(STRANGER))
