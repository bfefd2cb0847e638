"""From spool to ledger: every entry once and in order, whatever is killed when, and nothing lost that was written."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import orjson
import pytest
from kept import lookup
from sqlalchemy import text

from flagging.errors import LedgerUnreachable
from flagging.key_file import create_key_file, load_keyring
from flagging.ledger import drain as drain_module
from flagging.ledger.append import Appender
from flagging.ledger.drain import Drain
from flagging.ledger.segments import keys_needed


def test_entries_arrive_in_the_order_they_were_written(kept):
    written = kept.write(*(lookup(client_reference=str(number)) for number in range(7)))
    assert kept.drain().entries == 7
    assert kept.entries() == written
    assert kept.verify().is_sound


def test_nothing_is_drained_twice(kept):
    spool = kept.new_spool()
    written = [orjson.dumps(lookup()) for _ in range(6)]
    for entry in written[:4]:
        spool.append(entry)
    kept.drain()
    kept.drain()
    for entry in written[4:]:
        spool.append(entry)
    for _ in range(2):
        kept.drain()
    assert kept.entries() == written


def test_more_than_one_transaction_holds_is_drained_all_the_same(kept, monkeypatch):
    monkeypatch.setattr(drain_module, "MOST_ENTRIES", 3)
    written = kept.write(*(lookup() for _ in range(10)))
    kept.drain()
    assert kept.entries() == written
    assert kept.verify().is_sound


def test_a_segment_goes_once_it_is_drained_and_its_process_is_done(on_sqlite):
    spool = on_sqlite.new_spool()
    spool.append(orjson.dumps(lookup()))
    on_sqlite.drain()
    assert len(list(on_sqlite.spool_dir.iterdir())) == 1
    assert keys_needed(on_sqlite.spool_dir)[on_sqlite.keyring.key_id] == 1
    spool.close()
    on_sqlite.drain()
    assert list(on_sqlite.spool_dir.iterdir()) == []
    assert not keys_needed(on_sqlite.spool_dir)


def test_a_segment_that_is_just_being_begun_is_left_alone(on_sqlite):
    spool = on_sqlite.new_spool()
    assert spool.is_writable()
    spool._segment.close()  # as if its process had not come to lock it
    on_sqlite.drain()
    assert len(list(on_sqlite.spool_dir.iterdir())) == 1


def test_a_segment_of_a_process_that_wrote_nothing_goes_in_the_end(on_sqlite, monkeypatch):
    spool = on_sqlite.new_spool()
    assert spool.is_writable()
    spool.close()
    monkeypatch.setattr(drain_module, "BEING_BEGUN", 0.0)
    on_sqlite.drain()
    assert list(on_sqlite.spool_dir.iterdir()) == []


def drain_as_a_worker_does(drain):
    """Again where SQLite is busy, as it says at once while another makes its file."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return drain.run()
        except LedgerUnreachable:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_several_spools_drained_by_several_workers_at_once_make_one_chain(kept):
    written = [kept.write(*(lookup() for _ in range(20))) for _ in range(3)]
    drains = [kept.drainer() for _ in range(3)]
    threads = [threading.Thread(target=drain_as_a_worker_does, args=(drain,)) for drain in drains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept.drain()
    arrived = kept.entries()
    assert sorted(arrived) == sorted(entry for entries in written for entry in entries)
    for entries in written:
        assert [entry for entry in arrived if entry in entries] == entries
    assert kept.verify().is_sound


# -- interrupted -----------------------------------------------------------------------------------------------------


class Interrupted(BaseException):
    pass


@pytest.mark.parametrize("when", ["before the commit", "after the commit"])
def test_drained_again_after_an_interruption_nothing_is_missing_or_double(when, kept, monkeypatch):
    monkeypatch.setattr(drain_module, "MOST_ENTRIES", 2)
    written = kept.write(*(lookup() for _ in range(6)))

    def interrupt(*_):
        raise Interrupted

    with monkeypatch.context() as patch:
        if when == "before the commit":
            batches = []
            append = Appender.append

            def append_twice_only(*given):
                batches.append(given)
                return append(*given) if len(batches) < 3 else interrupt()

            patch.setattr(Appender, "append", append_twice_only)
        else:
            patch.setattr(Drain, "_finish", interrupt)
        with pytest.raises(Interrupted):
            kept.drain()
    kept.drain()
    assert kept.entries() == written
    assert kept.verify().is_sound


def test_told_to_stop_a_drain_leaves_the_rest_in_the_spool_and_another_drains_it(kept, monkeypatch):
    monkeypatch.setattr(drain_module, "MOST_ENTRIES", 2)
    written = [*kept.write(*(lookup() for _ in range(5))), *kept.write(lookup())]
    answers = iter([False, True])
    drained = kept.drainer().run(lambda: next(answers, True))
    assert (drained.entries, drained.is_cut_short) == (2, True)
    assert drained.waiting > sum(map(len, written[2:]))
    assert kept.entries() == written[:2]
    assert len(list(kept.spool_dir.iterdir())) == 2
    assert not kept.drain().is_cut_short
    assert kept.entries() == written
    assert list(kept.spool_dir.iterdir()) == []
    assert kept.verify().is_sound


KILLED = """
import os, sys
from pathlib import Path
from flagging.key_file import load_keyring
from flagging.ledger import drain
from flagging.ledger.append import Appender
from flagging.ledger.database import LedgerDatabase

directory, key_file, after = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
drain.MOST_ENTRIES = 3
seen = []
def count(connection, appended):
    seen.append(appended)
    if len(seen) == after:
        os.kill(os.getpid(), 9)
database = LedgerDatabase(None, directory)
drain.Drain(directory / "spool", database, Appender(load_keyring(key_file), (count,))).run()
"""


def test_a_worker_killed_outright_again_and_again_loses_and_doubles_nothing(tmp_path, on_sqlite):
    create_key_file(tmp_path / "keys.json")
    on_sqlite.keyring = load_keyring(tmp_path / "keys.json")
    written = on_sqlite.write(*(lookup() for _ in range(12)))
    for after in (2, 5, 4):
        argv = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), str(tmp_path / "keys.json"), str(after)]
        killed = subprocess.run(argv, check=False, timeout=60)
        assert killed.returncode == -signal.SIGKILL
    on_sqlite.drain()
    assert on_sqlite.entries() == written
    assert on_sqlite.verify().is_sound


# -- what cannot be drained ------------------------------------------------------------------------------------------


def spoil(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_an_entry_that_does_not_open_is_recorded_as_that_and_the_others_are_drained(on_sqlite):
    first, _, third = on_sqlite.write(lookup(), lookup(), lookup())
    (segment,) = on_sqlite.spool_dir.iterdir()
    spoil(segment, segment.stat().st_size - len(third) - 40)
    on_sqlite.drain()
    arrived = on_sqlite.entries()
    assert [arrived[0], arrived[2]] == [first, third]
    damaged = orjson.loads(arrived[1])
    assert (damaged["kind"], damaged["reason"]) == ("spool_damaged", "entry 2 does not open")
    assert [path.suffix for path in on_sqlite.spool_dir.iterdir()] == [".damaged"]
    assert on_sqlite.verify().is_sound


def test_an_end_cut_short_is_recorded_and_the_segment_set_aside(on_sqlite):
    first, _ = on_sqlite.write(lookup(), lookup())
    (segment,) = on_sqlite.spool_dir.iterdir()
    os.truncate(segment, segment.stat().st_size - 10)
    on_sqlite.drain()
    arrived = on_sqlite.entries()
    assert arrived[0] == first
    assert "cut short" in orjson.loads(arrived[1])["reason"]
    assert [path.suffix for path in on_sqlite.spool_dir.iterdir()] == [".damaged"]
    on_sqlite.drain()
    assert len(on_sqlite.entries()) == 2


def test_a_segment_under_a_key_that_is_missing_stays_and_others_are_drained(on_sqlite, other_keyring):
    foreign = on_sqlite.spool_dir / "00000000000000000000000000-1.spool"
    ours = on_sqlite.keyring
    on_sqlite.keyring = other_keyring
    on_sqlite.write(lookup())
    next(on_sqlite.spool_dir.iterdir()).rename(foreign)
    on_sqlite.keyring = ours
    written = on_sqlite.write(lookup())
    drained = on_sqlite.drain()
    assert "not in the key file" in drained.trouble
    assert on_sqlite.entries() == written
    assert foreign.exists()


def test_what_is_no_segment_is_told_and_left(on_sqlite):
    on_sqlite.spool_dir.mkdir()
    (on_sqlite.spool_dir / "notes.spool").write_text("not a segment at all, whoever put it here")
    written = on_sqlite.write(lookup())
    assert "not a spool segment" in on_sqlite.drain().trouble
    assert on_sqlite.entries() == written


def test_while_the_database_is_gone_the_spool_keeps_all_and_is_drained_in_order_later(on_sqlite):
    written = on_sqlite.write(lookup(), lookup())
    place = on_sqlite.directory / "ledger.db"
    place.mkdir()
    with pytest.raises(LedgerUnreachable):
        on_sqlite.drain()
    keeper = on_sqlite.keeper()
    keeper.stopping.set()  # no waiting for another try
    keeper.look()
    draining = on_sqlite.draining()
    assert draining.trouble.startswith("the ledger's database")
    assert draining.waiting > 0
    place.rmdir()
    written += on_sqlite.write(lookup())
    on_sqlite.keeper().look()
    assert on_sqlite.entries() == written
    assert on_sqlite.draining().trouble is None


# -- what else happens in the transaction ------------------------------------------------------------------------------


def test_a_hook_writes_in_the_transaction_of_its_entry(kept):
    def note(connection, appended):
        connection.execute(text("INSERT INTO told VALUES (:number)"), {"number": appended.number})
        if appended.entry.get("client_reference") == "breaks":
            raise Interrupted

    with kept.database.writing() as connection:
        connection.execute(text("CREATE TABLE told (number INTEGER)"))
    drain = Drain(kept.spool_dir, kept.database, Appender(kept.keyring, (note,)))
    kept.write(lookup(), lookup())
    drain.run()
    kept.write(lookup(client_reference="breaks"))
    with pytest.raises(Interrupted):
        drain.run()
    with kept.database.reading() as connection:
        assert list(connection.execute(text("SELECT number FROM told ORDER BY number")).scalars()) == [1, 2]
    assert len(kept.entries()) == 2
