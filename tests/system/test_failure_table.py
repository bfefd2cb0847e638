"""The failure table of the architecture, row by row, against real processes.

One installation of a Redis (behind a proxy that can delay and refuse), a worker and two server processes is broken in
one way after another, and mended again. Whatever is broken, a PPO is told as one or nobody is, and never as
`not_on_register`. What a host does wrong by itself, its clocks and its disk, is in `test_failing_host.py`; rows that need
nothing but a request (garbage in) or a unit are held elsewhere too: `tests/api`, `tests/register/test_live_replica.py`,
`tests/register/test_freshness.py`.
"""

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from breakages import LOSSES, full, is_whole, killed, read_only, refusing, slow, stopped
from failing_site import ABSENT, CANNOT_CONFIRM, DAY, FLAGGED, STRANGER, Site, processes_of
from installation import arrest
from listed_people import PPO, asked
from redis import Redis
from visitor import Visitor

from flagging.key_file import create_key_file

PASSWORD = "correct horse battery staple"


# -- Redis gone, slow, failing over, read-only, flushed --------------------------------------------------------------


@pytest.mark.parametrize("broken", [stopped, killed, refusing, slow], ids=lambda broken: broken.__name__)
def test_redis_out_of_reach_costs_no_answer(site: Site, broken: Callable):
    with broken(site):
        site.confirm_right()
        site.await_source("replica")
        site.confirm_right()
    site.await_source("redis")
    site.confirm_right()


@pytest.fixture(scope="module")
def sign_in(site: Site) -> Callable[[], Visitor]:
    """What signs somebody in whose account every process knows."""
    site.add_users(PASSWORD, "s.example")

    def sign_in() -> Visitor:
        visitor = Visitor(site.port)

        def is_signed_in() -> bool:
            visitor.cookies.clear()
            status, _ = visitor.try_to_sign_in("s.example", PASSWORD)
            return status == 303 and all(visitor.open("GET", "/check")[0] == 200 for _ in range(12))

        site.await_answer("signed in", is_signed_in)
        return visitor

    return sign_in


def says_whom_to_ring(answer: tuple[int, str]) -> bool:
    status, page = answer
    return status == 503 and "not an answer about anybody" in page and "duty desk" in page


@pytest.mark.parametrize("broken", [stopped, killed, refusing, slow], ids=lambda broken: broken.__name__)
def test_without_redis_the_pages_say_whom_to_ring_and_hold_up_no_lookup(site: Site, sign_in, broken: Callable):
    visitors = [sign_in() for _ in range(2)]
    with broken(site):
        opening = [threading.Thread(target=visitor.open, args=("GET", "/check")) for visitor in visitors * 6]
        for each in opening:
            each.start()
        site.confirm_right()
        for each in opening:
            each.join()
        assert all(says_whom_to_ring(visitor.open("GET", "/check")) for visitor in visitors)
        assert says_whom_to_ring(Visitor(site.port).try_to_sign_in("s.example", PASSWORD))
    site.await_source("redis")
    sign_in()


@pytest.mark.parametrize("broken", [read_only, full], ids=lambda broken: broken.__name__)
def test_a_redis_that_takes_no_writes_is_read_and_followed_again(site: Site, sign_in, broken: Callable):
    visitor = sign_in()
    with broken(site):
        site.confirm_right()
        assert visitor.open("GET", "/check")[0] == 200
        assert says_whom_to_ring(Visitor(site.port).try_to_sign_in("s.example", PASSWORD))
        assert visitor.open("GET", "/check")[0] == 200
        site.await_answer("the metrics tell of it", lambda: is_unfit(site, "takes_no_writes"))
    newcomer = site.add_somebody()
    site.await_answer("who was added since is found", lambda: site.outcomes(newcomer) == {FLAGGED})
    site.await_answer("the metrics tell of no fault", lambda: not is_unfit(site, "takes_no_writes"))


def is_unfit(site: Site, reason: str) -> bool:
    return f'flagging_redis_unfit{{reason="{reason}"}} 1.0' in site.call("GET", "/metrics").body


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_what_redis_has_lost_is_put_back_and_read_meanwhile_by_nobody(site: Site, loss: Callable[[Redis], None]):
    with site.direct as client:
        loss(client)
        site.confirm_right()
        site.await_answer("the worker has put it back", lambda: is_whole(client))
    site.await_source("redis")
    site.confirm_right()


def test_a_server_that_starts_without_redis_answers_from_the_disk_of_its_host(site: Site):
    with killed(site):
        other = Site(site.directory, site.redis, settings=dict(site.settings), tokens=site.tokens)
        other.start("serve")
        try:
            other.await_ready()
            assert other.answers(asked(PPO)) == {(*FLAGGED, "replica", "current")}
            assert other.answers(STRANGER) == {(*ABSENT, "replica", "current")}
        finally:
            other.stop()
    site.await_source("redis")


LIMITS = {
    "stale": ({"FLAGGING_STALE_AFTER": "2"}, FLAGGED),
    "refused": ({"FLAGGING_STALE_AFTER": "2", "FLAGGING_REFUSE_AFTER": "3"}, (503, "cannot_confirm")),
}


@pytest.mark.parametrize(("limits", "ppo"), LIMITS.values(), ids=LIMITS)
def test_without_redis_the_register_grows_stale_and_then_is_refused_and_never_says_no(site: Site, limits: dict, ppo):
    with killed(site):
        late = Site(site.directory, site.redis, settings=site.settings | limits, tokens=site.tokens)
        late.start("serve")
        try:
            late.await_answer("it serves", lambda: reached(late))
            late.await_answer("nobody is ruled out", lambda: late.outcomes(STRANGER) == {CANNOT_CONFIRM})
            late.await_answer("and PPOs are told, or are not any more", lambda: late.outcomes(asked(PPO)) == {ppo})
        finally:
            late.stop()
    site.await_source("redis")


def reached(site: Site) -> bool:
    try:
        return "outcome" in site.call("POST", "/v1/lookups", arrest(STRANGER), "custody").body
    except OSError:
        return False


# -- the worker, the list, the edition -------------------------------------------------------------------------------


def test_a_server_with_another_key_file_opens_nothing_and_confirms_nobody(site: Site, tmp_path: Path):
    create_key_file(tmp_path / "keys" / "keys.json")
    foreign = {"FLAGGING_KEY_FILE": str(tmp_path / "keys" / "keys.json")}
    other = Site(site.directory, site.redis, settings=site.settings | foreign, tokens=site.tokens)
    other.start("serve")
    try:
        other.await_answer("it serves", lambda: reached(other))
        assert other.outcomes(asked(PPO)) == other.outcomes(STRANGER) == {CANNOT_CONFIRM}
    finally:
        other.stop()
    site.confirm_right()


def test_a_worker_that_died_is_missed_by_nobody_who_asks_and_the_next_one_resumes(site: Site):
    site.worker.kill()
    site.worker.wait()
    newcomer = site.add_somebody()
    site.confirm_right()
    assert site.outcomes(newcomer) == {ABSENT}
    short = Site(site.directory, site.redis, settings=site.settings | {"FLAGGING_STALE_AFTER": "2"}, tokens=site.tokens)
    short.start("serve")
    try:
        short.await_answer("it serves", lambda: reached(short))
        stale = {(*CANNOT_CONFIRM, "redis", "stale")}
        short.await_answer(
            "nobody is ruled out any more, though Redis is there", lambda: short.answers(STRANGER) == stale
        )
        assert short.answers(asked(PPO)) == {(*FLAGGED, "redis", "stale")}
    finally:
        short.stop()
    site.worker = site.start("worker")
    site.await_answer("the next worker resumes", lambda: site.outcomes(newcomer) == {FLAGGED})


def test_a_worker_that_starts_without_redis_waits_for_it_and_then_goes_on(site: Site):
    site.worker.kill()
    site.worker.wait()
    with killed(site):
        site.worker = site.start("worker")
        site.await_answer("it says what it waits for", lambda: "sync_failed" in site.log_since_start("worker"))
        newcomer = site.add_somebody()
    site.await_answer("it goes on", lambda: site.outcomes(newcomer) == {FLAGGED})
    assert site.worker.poll() is None


def test_a_redis_that_begins_to_evict_is_told_of_and_gone_on_with(site: Site):
    with site.direct as client:
        client.config_set("maxmemory-policy", "volatile-ttl")
        try:
            newcomer = site.add_somebody()
            site.await_answer("who was added is flagged", lambda: site.outcomes(newcomer) == {FLAGGED})
            assert "redis_may_evict" in site.log_since_start("worker")
            site.await_answer("the metrics tell of it", lambda: is_unfit(site, "may_evict"))
            site.confirm_right()
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    site.await_answer("and of no more", lambda: not is_unfit(site, "may_evict"))


def rename(column: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(path.read_text().replace(column, f"old_{column}", 1))


def keep_rows(number: int) -> Callable[[Path], None]:
    return lambda path: path.write_text("".join(path.read_text().splitlines(keepends=True)[: 1 + number]))


def put_back(path: Path) -> None:
    """Put another list in its place that is a day old, all at once."""
    part = path.with_suffix(".part")
    part.write_text(path.read_text().replace(PPO["home_ocu"], "E1", 1))
    date(part, DAY)
    part.replace(path)


def date(path: Path, ago: float) -> None:
    os.utime(path, (time.time() - ago,) * 2)


BAD_LISTS = {
    "missing": (lambda path: path.unlink(), None),
    "empty": (lambda path: path.write_text(""), "columns"),
    "a header and nobody": pytest.param(keep_rows(0), "empty", marks=pytest.mark.sweep),
    "a column under another name": (rename("status"), "columns"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-40]), "cut_short"),
    "nearly everybody gone": (keep_rows(1), "count_drop"),
    "of before the last one": pytest.param(put_back, "list_date", marks=pytest.mark.sweep),
}


@pytest.mark.parametrize(("spoil", "guard"), BAD_LISTS.values(), ids=BAD_LISTS)
def test_a_list_that_cannot_be_right_leaves_the_register_as_it_is_and_says_so(
    site: Site, spoil: Callable, guard: str | None
):
    spoil(site.master_list)
    wrong = {"result": "refused" if guard else "unreadable", "guard": guard}
    site.await_answer("it is told", lambda: last_sync(site).items() >= wrong.items())
    site.confirm_right()
    site.write_list(site.listed)
    site.await_answer("the list is read again", lambda: last_sync(site)["result"] in ("published", "unchanged"))
    site.confirm_right()


def test_a_list_that_is_frozen_where_it_comes_from_rules_nobody_out_until_there_is_another(site: Site):
    date(site.master_list, 8 * DAY)
    stale = ({(*FLAGGED, "redis", "stale")}, {(*CANNOT_CONFIRM, "redis", "stale")})
    site.await_answer("nobody is ruled out", lambda: (site.answers(asked(PPO)), site.answers(STRANGER)) == stale)
    assert last_sync(site)["result"] == "unchanged", "it is checked all the time, and is the same"
    assert max(told["age_seconds"] for told in site.standings()) < DAY
    newcomer = site.add_somebody()
    site.await_answer("the other list is taken", lambda: site.outcomes(newcomer) == {FLAGGED})
    site.await_current()
    site.confirm_right()


def last_sync(site: Site) -> dict:
    return site.call("GET", "/v1/register", role="administrator").body["last_sync"]


def test_one_bad_row_is_a_caveat_of_every_no_and_costs_nobody_else_anything(site: Site):
    site.write_list([*site.listed, {"ppo_ref": "TST-0901", "status": "perhaps", "family_name": "Unreadable"}])
    site.await_answer(
        "the caveat is told",
        lambda: site.call("POST", "/v1/lookups", arrest(STRANGER), "custody").body.get("caveats"),
    )
    site.confirm_right()
    site.write_list(site.listed)
    site.await_answer("it is gone again", lambda: last_sync(site)["result"] == "published")


# -- the server, its disk, its callers -------------------------------------------------------------------------------


def test_server_processes_that_are_killed_are_replaced(site: Site):
    for pid in processes_of(site):
        os.kill(pid, signal.SIGKILL)
    site.await_ready()
    site.confirm_right()


def test_a_reload_while_redis_is_away_costs_nobody_an_answer(site: Site):
    before = set(processes_of(site))
    with killed(site):
        os.kill(site.server.pid, signal.SIGHUP)
        site.await_answer("all processes are new", lambda: is_all_new(site, before))
        site.confirm_right()
    site.await_source("redis")


def is_all_new(site: Site, before: set[int]) -> bool:
    """Ask meanwhile; tell whether other processes serve in the place of all of them."""
    site.confirm_right()
    return len(processes_of(site)) == site.processes and not before & set(processes_of(site))


def test_a_disk_that_takes_no_records_gives_no_answers(site: Site, tmp_path: Path):
    (tmp_path / "spool").write_bytes(b"in the way")
    full = {"FLAGGING_STATE_DIR": str(tmp_path)}
    other = Site(site.directory, site.redis, settings=site.settings | full, tokens=site.tokens)
    other.start("serve")
    try:
        other.await_answer("it serves", lambda: reached(other))
        assert other.outcomes(asked(PPO)) == other.outcomes(STRANGER) == {CANNOT_CONFIRM}
        assert other.call("GET", "/health/ready").status == 503
    finally:
        other.stop()


GARBAGE = {
    "no JSON": (b"{", 400),
    "no object": (b"[]", 422),
    "nested without end": (b'{"person":' * 6000, 400),
    "too long": (b'{"a":"' + b"a" * 70000 + b'"}', 413),
    "unknown fields": (json.dumps({"setting": "arrest", "colour": "blue"}).encode(), 422),
    "bytes that are no text": (b'{"purpose": "\xff"}', 400),
}


@pytest.mark.parametrize(("body", "status"), GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_told_what_it_is(site: Site, body: bytes, status: int):
    assert raw(site, body) == status
    site.confirm_right()


def raw(site: Site, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {site.tokens['custody']}"}
    try:
        connection.request("POST", "/v1/lookups", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


# -- callers who are slow, or too many -------------------------------------------------------------------------------

HEAD = b"POST /v1/lookups HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\n"
SLOW = {
    "half a head": HEAD,
    "half a body, and no token": HEAD + b"Content-Length: 2000\r\n\r\n{",
    "a body far too long": HEAD + b"Content-Length: 99999999\r\n\r\n{",
}


@pytest.mark.parametrize("words", SLOW.values(), ids=SLOW)
def test_callers_who_stall_hold_nobody_up(site: Site, words: bytes):
    stalled = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(40)]
    try:
        for connection in stalled:
            connection.sendall(words)
        site.confirm_right()
    finally:
        for connection in stalled:
            connection.close()


def test_a_flood_from_one_caller_is_turned_away_and_the_others_are_answered(site: Site):
    site.issue_tokens("prison")
    stopping, statuses = threading.Event(), set()

    def flood() -> None:
        while not stopping.is_set():
            statuses.add(site.call("GET", "/v1/register", role="prison").status)

    threads = [threading.Thread(target=flood) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        site.confirm_right()
        site.await_answer("the flood is turned away", lambda: 429 in statuses)
        site.confirm_right()
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert statuses <= {200, 401, 429}
