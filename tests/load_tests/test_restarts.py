"""What reloads, kills and stops may cost callers, and what they may not."""

from collections import Counter

import pytest
from kinds_of_callers import EACH_KIND, PAUSING, Phase
from restarts import judge

CALLERS, TIMES = 8, 5
ONE_OF_EACH = CALLERS * TIMES
COUNTED = ("answered", "lost", "refused", "wrong")


def judged(reload=None, kill=None, stop=None):
    done = {"reload": reload or {}, "kill": kill or {}, "stop": stop or {}}
    phases = [
        Phase(
            name,
            Counter({"answered": 1000} | {each: cost.pop(each) for each in COUNTED if each in cost}),
            closed=Counter(cost),
        )
        for name, cost in done.items()
    ]
    return judge(phases, CALLERS, TIMES)


def test_idle_connections_may_be_closed_once_each_time_and_a_kill_may_break_off_one_of_each_caller():
    idle = {PAUSING: EACH_KIND * TIMES}
    assert judged(reload=dict(idle), kill={"lost": 10, "kept": ONE_OF_EACH - 10}, stop=dict(idle)) == 0


@pytest.mark.parametrize("done", ["reload", "stop"])
@pytest.mark.parametrize(
    "cost", [{"lost": 1}, {"wrong": 1}, {"kept": 1}, {"batch": 1}, {PAUSING: EACH_KIND * TIMES + 1}], ids=str
)
def test_whoever_asks_on_loses_nothing_by_a_reload_or_a_stop(done, cost):
    assert judged(**{done: dict(cost)}) == 1


@pytest.mark.parametrize("cost", [{"wrong": 1}, {"lost": 1, "kept": ONE_OF_EACH}, {PAUSING: ONE_OF_EACH + 1}], ids=str)
def test_a_kill_costs_nobody_more_than_one_connection_each_time(cost):
    assert judged(kill=dict(cost)) == 1


@pytest.mark.parametrize("done", ["reload", "kill"])
def test_while_one_process_is_there_nobody_is_refused(done):
    assert judged(**{done: {"refused": 1}}) == 1
    assert judged(stop={"refused": 500}) == 0


@pytest.mark.parametrize("done", ["reload", "kill", "stop"])
def test_nothing_is_shown_where_nobody_was_answered(done):
    assert judged(**{done: {"answered": 0}}) == 1
