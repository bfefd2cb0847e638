"""Publishing that fails on the way: Redis goes on pointing to a whole edition, and nothing piles up."""

import pytest
from editions import NEWCOMER, PEOPLE, person, publish
from published import UNREACHABLE_AT, UNVERIFIED_AT, after, editions_in, out_of_reach, served

from flagging.errors import EditionUnverified, StoreUnreachable
from flagging.matching.index import CandidateIndex
from flagging.register.publication import LOCK, Publication
from flagging.sync import publish as publish_module

FAILURES = {**UNREACHABLE_AT, **UNVERIFIED_AT}


@pytest.mark.parametrize(
    ("failing", "error"),
    [(step, StoreUnreachable) for step in UNREACHABLE_AT.values()]
    + [(step, EditionUnverified) for step in UNVERIFIED_AT.values()],
    ids=FAILURES,
)
def test_a_failure_at_any_step_leaves_the_old_edition_current(store, failing, error):
    old = publish(store, [*PEOPLE, *crowd(25)])
    seen = store.look()
    with failing(), pytest.raises(error):
        publish(store, [*PEOPLE, NEWCOMER, *crowd(25)])
    assert store.look().pointer == seen.pointer
    assert store.look().heartbeat == seen.heartbeat
    assert served(store).manifest == old
    assert store.kept() == [old.number]
    assert store.client.get(LOCK) is None


@pytest.mark.parametrize("step", [step for step in FAILURES if step != "number"])
def test_however_often_publishing_fails_nothing_piles_up_and_no_kept_edition_is_lost(store, step):
    old = publish(store, [*PEOPLE, *crowd(25)], keep=2)
    for _ in range(4):
        with FAILURES[step](), pytest.raises((StoreUnreachable, EditionUnverified)):
            publish(store, [*PEOPLE, NEWCOMER, *crowd(25)], keep=2)
        assert len(editions_in(store.client)) <= 2
    new = publish(store, (*PEOPLE, NEWCOMER), keep=2)
    assert editions_in(store.client) == store.kept() == [old.number, new.number]


def crowd(number):
    return [person(f"Z-{each:02}", "sampleton") for each in range(number)]


def test_an_edition_whose_canaries_are_not_recognised_is_never_current(store, monkeypatch):
    old = publish(store)
    with monkeypatch.context() as patch:
        patch.setattr(CandidateIndex, "retrieve", lambda *_: ())
        with pytest.raises(EditionUnverified, match="canary"):
            publish(store, (*PEOPLE, NEWCOMER))
    assert served(store).manifest == old


def test_people_too_alike_to_be_told_all_at_once_are_still_published(store):
    publish(store, crowd(40))
    assert len(served(store).index) == 40


def test_a_switch_that_was_made_although_its_answer_was_lost_leaves_a_whole_edition(store):
    publish(store)
    with after(Publication, "switch", out_of_reach), pytest.raises(StoreUnreachable):
        publish(store, (*PEOPLE, NEWCOMER))
    assert served(store).index.records == [*PEOPLE, NEWCOMER]
    assert store.kept() == [1, 2]


def test_tidying_up_that_fails_does_not_make_a_published_edition_a_failure(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Publication, "retire", out_of_reach)
        assert publish(store, keep=1).number == 1
        assert publish(store, keep=1).number == 2
    assert served(store).manifest.number == 2
    assert publish(store, keep=1).number == 3
    assert editions_in(store.client) == [3]


def test_without_redis_nothing_is_published(store, monkeypatch):
    monkeypatch.setattr(publish_module, "publishing", out_of_reach)
    with pytest.raises(StoreUnreachable):
        publish(store)
    assert store.client.keys() == []
