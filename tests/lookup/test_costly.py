"""However many searches that cost much are asked at once, few run, and everybody else is answered meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from costly_turns import until_so_many_wait
from service import ASKED_PPO, ASKED_STRANGER, question

from flagging.errors import OutOfTime, TooManyRequests
from flagging.lookup.costly import CostlyTurns, Turn, Watch

MILLISECOND = 1_000_000


class Clocks:
    """The clock on the wall and that of the processor, in nanoseconds."""

    def __init__(self):
        self.wall = self.processor = 1_000 * MILLISECOND

    def go_on(self, milliseconds, share=1.0):
        """Let time go by, of which this thread had a share of the processor."""
        self.wall += int(milliseconds * MILLISECOND)
        self.processor += int(milliseconds * MILLISECOND * share)


@pytest.fixture
def clocks(monkeypatch):
    clocks = Clocks()
    monkeypatch.setattr(time, "perf_counter_ns", lambda: clocks.wall)
    monkeypatch.setattr(time, "thread_time_ns", lambda: clocks.processor)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return clocks


def watching(turns, who, clocks, milliseconds=2000, turn=Turn.AT_ONCE):
    return Watch(turns, who, clocks.wall + milliseconds * MILLISECOND, turn)


def searched(watch, clocks, milliseconds, share=1.0):
    """Search for so long, looking every millisecond; tell whether time ran out."""
    for _ in range(milliseconds):
        clocks.go_on(1, share)
        if watch.is_out_of_time():
            return True
    return False


def test_of_one_caller_one_search_that_costs_much_goes_on_at_a_time():
    turns = CostlyTurns()
    turns.take("a")
    with pytest.raises(TooManyRequests, match="try again in 1 s"):
        turns.take("a")
    turns.give_back("a")
    turns.take("a")


def test_of_all_callers_few_go_on_and_whoever_finds_no_turn_left_is_out_of_time():
    turns = CostlyTurns(most=2)
    turns.take("a")
    turns.take("b")
    with pytest.raises(OutOfTime):
        turns.take("c")
    turns.give_back("b")
    turns.take("c")


@pytest.mark.parametrize("holders", [["a"], ["b", "c"]], ids=["of its caller", "of others"])
def test_whoever_waits_has_a_turn_once_one_is_free(holders):
    turns = CostlyTurns()
    for holder in holders:
        turns.take(holder)
    with ThreadPoolExecutor() as threads:
        waits = threads.submit(turns.wait_for, "a", 60)
        until_so_many_wait(turns, 1)
        turns.give_back("d")
        assert not waits.done()
        turns.give_back(holders[0])
        waits.result(30)
    assert turns._at_it == {"a", *holders[1:]}
    assert not turns._queue


def test_a_turn_that_is_given_back_is_whoevers_waited_for_it_at_once():
    turns = CostlyTurns(most=1)
    turns.take("a")
    with ThreadPoolExecutor() as threads:
        waits = threads.submit(turns.wait_for, "b", 60)
        until_so_many_wait(turns, 1)
        turns.give_back("a")
        with pytest.raises(OutOfTime):
            turns.take("a")
        waits.result(30)


def test_a_turn_that_is_free_goes_to_whoever_can_take_it_though_another_waits_for_longer():
    turns = CostlyTurns()
    turns.take("a")
    turns.take("b")
    with ThreadPoolExecutor() as threads:
        waits_for_its_own = threads.submit(turns.wait_for, "a", 60)
        until_so_many_wait(turns, 1)
        waits_for_any = threads.submit(turns.wait_for, "c", 60)
        until_so_many_wait(turns, 2)
        turns.give_back("b")
        waits_for_any.result(30)
        assert not waits_for_its_own.done()
        turns.give_back("a")
        waits_for_its_own.result(30)


def test_two_who_wait_for_the_turn_of_one_caller_have_it_one_after_the_other():
    turns = CostlyTurns()
    turns.take("a")
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(turns.wait_for, "a", 60) for _ in range(2)]
        until_so_many_wait(turns, 2)
        turns.give_back("a")
        until_so_many_wait(turns, 1)
        assert [each.done() for each in waiting].count(True) <= 1
        turns.give_back("a")
        for each in waiting:
            each.result(30)


def test_few_wait_for_a_turn_at_once():
    turns = CostlyTurns()
    turns.take("a")
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(turns.wait_for, "a", 60) for _ in range(2)]
        until_so_many_wait(turns, 2)
        with pytest.raises(TooManyRequests):
            turns.wait_for("a", 60)
        turns.wait_for("b", 60)
        with pytest.raises(OutOfTime):
            turns.wait_for("c", 60)
        turns.give_back("a")
        turns.give_back("a")
        for each in waiting:
            each.result(30)


def test_whoever_has_waited_for_long_enough_goes_without_a_turn():
    turns = CostlyTurns()
    turns.take("a")
    turns.take("b")
    for who, told in (("a", TooManyRequests), ("c", OutOfTime)):
        for seconds in (0.001, -1):
            with pytest.raises(told):
                turns.wait_for(who, seconds)
    assert not turns._queue
    turns.give_back("a")
    turns.wait_for("a", -1)


def test_a_search_that_may_be_made_later_is_put_off_whoever_has_the_turns(clocks):
    turns = CostlyTurns()
    turns.take("a")
    turns.take("b")
    for who in ("a", "c"):
        with pytest.raises(TooManyRequests):
            searched(watching(turns, who, clocks, turn=Turn.LATER), clocks, 80)


def test_a_search_whose_caller_has_taken_its_turn_needs_none_and_gives_none_back(clocks, pauses):
    turns = CostlyTurns()
    turns.take("a")
    watch = watching(turns, "a", clocks, turn=Turn.HELD)
    assert not searched(watch, clocks, 80)
    assert max(pauses) >= 0.002  # and leaves others as much time as any
    watch.end()
    assert turns._at_it == {"a"}


def test_a_search_that_costs_little_needs_no_turn(clocks):
    turns = CostlyTurns(most=0)
    assert not searched(watching(turns, "a", clocks), clocks, 50)


def test_a_search_that_costs_much_needs_one_until_it_ends(clocks):
    turns = CostlyTurns()
    first, second = watching(turns, "a", clocks), watching(turns, "a", clocks)
    assert not searched(first, clocks, 80)
    with pytest.raises(TooManyRequests):
        searched(second, clocks, 80)
    second.end()
    with pytest.raises(TooManyRequests):
        searched(watching(turns, "a", clocks), clocks, 80)
    first.end()
    assert not searched(watching(turns, "a", clocks), clocks, 80)


def test_of_a_caller_who_has_asked_much_lately_it_needs_one_sooner(clocks):
    turns = CostlyTurns(is_short=lambda who: who == "floods", most=0)
    with pytest.raises(OutOfTime):
        searched(watching(turns, "floods", clocks), clocks, 20)
    assert not searched(watching(turns, "a", clocks), clocks, 50)


def test_a_search_that_waits_for_a_busy_processor_costs_nothing_by_that(clocks):
    turns = CostlyTurns(most=0)
    assert not searched(watching(turns, "a", clocks), clocks, 200, share=0.05)


def test_a_search_ends_when_its_time_is_up(clocks):
    assert not searched(watching(CostlyTurns(), "a", clocks, 50), clocks, 50)
    assert searched(watching(CostlyTurns(), "a", clocks, 50), clocks, 51)
    assert searched(watching(CostlyTurns(), "a", clocks, 0), clocks, 1)


@pytest.fixture
def pauses(clocks, monkeypatch):
    """How long a search has paused each time, in seconds."""
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        clocks.wall += int(seconds * 1e9)

    monkeypatch.setattr(time, "sleep", pause)
    return pauses


def test_a_search_that_goes_on_lets_others_have_the_interpreter_now_and_then(clocks, pauses):
    watch = watching(CostlyTurns(), "a", clocks)
    assert not searched(watch, clocks, 5)
    assert not pauses
    assert not searched(watch, clocks, 10)
    assert 3 <= len(pauses) <= 10
    assert 0 < max(pauses) < 0.001


def test_a_lengthy_search_leaves_others_as_much_time_as_it_takes_and_more(clocks, pauses):
    began = clocks.wall
    assert not searched(watching(CostlyTurns(), "a", clocks), clocks, 200)
    assert 0.45 < sum(pauses) * 1e9 / (clocks.wall - began) < 0.75


def test_a_search_that_costs_more_than_a_second_still_ends_within_the_two_that_it_is_allowed(clocks, pauses):
    assert not searched(watching(CostlyTurns(), "a", clocks), clocks, 1200)
    assert searched(watching(CostlyTurns(), "b", clocks), clocks, 2000)


def caller_id_of(service, role):
    return next(each.token_id for each in service.parts.access.access_list.tokens if each.role == role)


@pytest.fixture
def costly(service, monkeypatch):
    """The turns of a service to which every search costs much."""
    monkeypatch.setattr("flagging.lookup.costly.FIRST_LOOK", -2 * MILLISECOND)
    monkeypatch.setattr("flagging.lookup.costly.LOOK_EVERY", -2 * MILLISECOND)
    monkeypatch.setattr("flagging.lookup.costly.COSTLY", 0)
    yield service.parts.lookups.costly
    service.parts.lookups.costly._at_it.clear()


@pytest.mark.interpreted
def test_a_caller_whose_last_costly_lookup_is_not_done_is_told_to_try_again_and_others_are_answered(service, costly):
    custody = caller_id_of(service, "custody")
    costly.take(custody)
    refused = service.post(question(person=ASKED_PPO))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert refused.get_json()["type"].endswith("too-many-requests")
    assert service.ask("prison", person=ASKED_PPO)["outcome"] == "flagged"
    costly.give_back(custody)
    assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"
    assert not costly._at_it


@pytest.mark.interpreted
def test_an_item_of_a_batch_waits_for_its_turn_while_another_batch_by_the_same_token_has_it(service, costly):
    custody = caller_id_of(service, "custody")
    costly.take(custody)
    with ThreadPoolExecutor() as threads:
        items = [question(person=ASKED_PPO) | {"id": str(number)} for number in range(3)]
        batch = threads.submit(service.ask_many, *items)
        until_so_many_wait(costly, 1)
        costly.give_back(custody)
        assert [each["status"] for each in batch.result(60)] == [200] * 3
    assert not costly._at_it


@pytest.mark.interpreted
def test_where_others_have_all_turns_nobody_can_confirm_and_nobody_is_told_a_no(service, costly):
    costly.take("another")
    costly.take("a third")
    for person in (ASKED_STRANGER | {"aliases": [ASKED_STRANGER]}, ASKED_PPO):
        response = service.post(question(person=person))
        assert (response.status_code, response.get_json()["outcome"]) == (503, "cannot_confirm")
    costly.give_back("another")
    costly.give_back("a third")
    assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"


@pytest.mark.interpreted
def test_a_turn_is_given_back_by_a_search_that_fails(service, costly, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("a slip")

    monkeypatch.setattr("flagging.matching.search._Telling.tell", fail)
    assert service.post(question(person=ASKED_PPO)).status_code == 503
    assert not costly._at_it
