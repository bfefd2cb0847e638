"""A process that starts without Redis answers from what its host has kept, and never from anything older."""

from dataclasses import replace

import pytest
from editions import OTHER_KEYRING, PEOPLE, build, flip
from followed import HELD, NEXT, NEXT_PEOPLE, NOW, point_to, publish_next, standing
from one_host import HOUR, age_of, beat, look

from flagging.errors import EditionUnverified
from flagging.register.replica import ReplicaFile

# -- it answers ------------------------------------------------------------------------------------------------------


def test_a_process_that_starts_without_redis_answers_from_the_file_and_says_so(host, lose_redis):
    host.pass_time(600)
    lose_redis()
    process = host.start()
    assert standing(process) == (HELD, "replica", "current")
    assert process.held.edition.index.records == list(PEOPLE)
    assert age_of(process) == 600


def test_so_does_one_that_starts_into_a_flushed_redis(host):
    host.store.client.flushall()
    assert standing(host.start()) == (HELD, "replica", "current")


def test_and_one_that_starts_while_what_redis_points_to_does_not_verify(host):
    publish_next(host.store, build(NEXT_PEOPLE, number=NEXT, content_digest="0" * 64))
    process = host.start()
    assert standing(process) == (HELD, "replica", "current")
    assert process.held.refused_edition == NEXT


def test_while_redis_answers_only_the_current_edition_is_held(host):
    publish_next(host.store)
    process = host.start()
    assert standing(process) == (NEXT, "redis", "current")


def test_once_redis_is_back_it_stands_behind_the_edition_again(host, lose_redis, monkeypatch):
    lose_redis()
    process = host.start()
    monkeypatch.undo()
    look(process)
    assert standing(process) == (HELD, "redis", "current")


# -- it is no fresher than it is -------------------------------------------------------------------------------------


def test_it_is_as_fresh_as_what_was_last_heard_not_as_the_edition(host, lose_redis):
    process = host.start()
    host.pass_time(5 * HOUR)
    beat(host)
    look(process)
    host.pass_time(60)
    lose_redis()
    assert age_of(host.start()) == 60


def test_so_it_is_after_one_that_had_begun_without_redis_itself(host, lose_redis, monkeypatch):
    lose_redis()
    process = host.start()
    monkeypatch.undo()
    host.pass_time(5 * HOUR)
    beat(host)
    look(process)
    host.pass_time(60)
    lose_redis()
    assert age_of(host.start()) == 60


@pytest.mark.parametrize(
    ("passed", "state", "is_refused"),
    [(HOUR - 1, "current", False), (HOUR + 1, "stale", False), (25 * HOUR, "stale", True)],
)
def test_limits_hold_across_a_restart_of_the_process(host, lose_redis, passed, state, is_refused):
    host.pass_time(passed)
    lose_redis()
    process = host.start()
    freshness = process.freshness(process.held)
    assert (freshness.state, freshness.is_refused) == (state, is_refused)


@pytest.mark.parametrize("step", [-30 * 86400, -HOUR, HOUR])
def test_a_wall_clock_that_is_set_makes_nothing_fresher(host, lose_redis, step):
    host.pass_time(2 * HOUR)
    host.wall += step
    lose_redis()
    assert age_of(host.start()) >= 2 * HOUR


def test_a_machine_restored_from_a_snapshot_is_believed_by_its_wall_clock(host, lose_redis):
    host.wall += 5 * HOUR
    lose_redis()
    process = host.start()
    assert age_of(process) == 5 * HOUR
    assert standing(process)[2] == "stale"


def test_after_another_start_of_the_machine_the_file_is_stale_however_young_it_seems(host, lose_redis):
    host.restart(off_for=60)
    lose_redis()
    process = host.start()
    assert standing(process) == (HELD, "replica", "stale")
    assert age_of(process) == 80


def test_and_once_redis_says_how_old_it_is_it_is_believed(host, lose_redis, monkeypatch):
    host.restart(off_for=60)
    lose_redis()
    process = host.start()
    monkeypatch.undo()
    look(process)
    assert standing(process) == (HELD, "redis", "current")
    assert age_of(process) == 80


def test_and_too_old_once_it_is_too_old(host, lose_redis):
    host.restart(off_for=25 * HOUR)
    lose_redis()
    process = host.start()
    assert process.freshness(process.held).is_refused


@pytest.mark.parametrize("behind", [60.0, 30 * 86400.0])
def test_after_a_start_with_a_clock_set_back_nobody_can_say_how_old_it_is(host, lose_redis, behind):
    host.restart(off_for=0)
    host.wall -= behind
    lose_redis()
    process = host.start()
    assert process.held.edition is None
    assert "clock" in process.replica_trouble


def test_a_stopped_clock_counts_at_least_the_time_since_the_machine_started(host, lose_redis):
    host.restart(off_for=0, up_for=25 * HOUR)
    host.wall = NOW + 25 * HOUR - 3
    lose_redis()
    process = host.start()
    assert process.freshness(process.held).is_refused


# -- what is refused, and told ---------------------------------------------------------------------------------------


def put_an_older_file_back(host):
    older = host.file.read_bytes()
    publish_next(host.store)
    host.start()
    host.file.write_bytes(older)


def cut_it_short(host):
    host.file.write_bytes(host.file.read_bytes()[:-20])


def alter_a_chunk(host):
    host.file.write_bytes(flip(host.file.read_bytes(), -20))


def alter_the_head(host):
    host.file.write_bytes(flip(host.file.read_bytes(), 100))


def empty_it(host):
    host.file.write_bytes(b"")


def write_something_else(host):
    host.file.write_bytes(b"\x93\x01\x02\x03")


@pytest.mark.parametrize(
    "damage", [put_an_older_file_back, cut_it_short, alter_a_chunk, alter_the_head, empty_it, write_something_else]
)
def test_a_file_that_will_not_do_is_refused_and_told(host, lose_redis, damage):
    damage(host)
    lose_redis()
    process = host.start()
    assert standing(process) == (None, "replica", None)
    assert process.replica_trouble


def test_a_refused_file_is_told_of_no_more_once_it_was_written_anew(host, monkeypatch, lose_redis):
    cut_it_short(host)
    lose_redis()
    process = host.start()
    assert process.replica_trouble
    monkeypatch.undo()
    look(process)
    assert standing(process) == (HELD, "redis", "current")
    assert process.replica_trouble is None


def test_a_file_of_another_installation_is_refused_and_told(host, lose_redis):
    lose_redis()
    process = host.start(OTHER_KEYRING)
    assert process.held.edition is None
    assert "not in the key file" in process.replica_trouble


def test_an_edition_that_does_not_answer_as_it_should_is_refused_from_disk_too(host, lose_redis):
    def refuse(edition):
        raise EditionUnverified("a canary lookup does not find its own record")

    lose_redis()
    process = host.start(rehearse=refuse)
    assert process.held.edition is None
    assert "canary" in process.replica_trouble


def test_a_note_put_back_makes_nothing_fresher(host, lose_redis):
    older = host.note.read_bytes()
    host.pass_time(600)
    beat(host)
    host.start()
    host.note.write_bytes(older)
    lose_redis()
    assert age_of(host.start()) == 600


@pytest.mark.parametrize(
    "loss", [lambda note: note.unlink(), lambda note: note.write_bytes(b"")], ids=["gone", "empty"]
)
def test_without_its_note_the_file_is_as_old_as_when_it_was_written(host, lose_redis, loss):
    host.pass_time(600)
    beat(host)
    host.start()
    loss(host.note)
    lose_redis()
    assert age_of(host.start()) == 600


def test_a_redis_behind_what_the_host_has_held_is_not_followed_by_a_new_process_either(host):
    held = host.store.manifest(HELD)
    publish_next(host.store)
    host.start()
    point_to(host.store, held, generation=1500)
    process = host.start()
    assert standing(process) == (NEXT, "replica", "current")
    assert "behind" in process.held.trouble


# -- it follows ------------------------------------------------------------------------------------------------------


def test_a_person_erased_is_gone_from_the_file_once_the_new_edition_is_held(host, lose_redis):
    publish_next(host.store, build(PEOPLE[1:], number=NEXT))
    host.start()
    lose_redis()
    process = host.start()
    assert process.held.edition.index.records == list(PEOPLE[1:])


def test_a_file_that_cannot_be_written_is_told_and_tried_again(host):
    host.file.unlink()
    host.file.mkdir()
    process = host.start()
    assert process.keeper.is_behind
    host.file.rmdir()
    look(process)
    assert not process.keeper.is_behind
    assert process.to_keep is None


def test_a_damaged_file_is_mended_by_the_next_process_that_has_redis(host, lose_redis):
    alter_a_chunk(host)
    host.start()
    lose_redis()
    assert standing(host.start()) == (HELD, "replica", "current")


def test_what_is_heard_of_another_edition_than_the_one_kept_is_not_noted(host):
    file = ReplicaFile(host.directory, host.store, host.time)
    other = replace(host.store.look().pointer, generation=999)
    assert not file.note(other, host.start().held.vouched)
