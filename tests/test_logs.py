"""Logs: lines a machine can read on standard error, and nothing in them that an error happened to quote."""

import json
import logging
import subprocess
import sys
from pathlib import Path

from flagging.logs import tell_kind_and_place

REPOSITORY = Path(__file__).resolve().parent.parent
LOGGING = f"""
import structlog
from flagging.logs import set_up_logs
set_up_logs({logging.INFO})
log = structlog.get_logger("here")
log.debug("too_quiet")
log.info("edition_loaded", edition=42)
try:
    {{"Quillfeather": 1}}["Jasper"]
except KeyError:
    log.exception("look_failed")
"""


def test_logs_are_json_lines_on_standard_error_from_the_level_on():
    child = subprocess.run(
        [sys.executable, "-c", LOGGING], cwd=REPOSITORY, check=True, capture_output=True, timeout=60, text=True
    )
    assert child.stdout == ""
    loaded, failed = map(json.loads, child.stderr.splitlines())
    assert loaded.items() >= {"event": "edition_loaded", "edition": 42, "level": "info"}.items()
    assert failed.items() >= {"event": "look_failed", "level": "error", "kind": "KeyError", "at": "<string>:9"}.items()
    assert "Jasper" not in child.stderr
    assert "Quillfeather" not in child.stderr


CROWD = f"""
import os, structlog
from flagging.logs import set_up_logs
set_up_logs({logging.INFO})
log = structlog.get_logger("here")
children = [os.fork() or [log.info("seen", number=number) for number in range(2000)] and os._exit(0) for _ in range(3)]
for child in children:
    os.waitpid(child, 0)
"""


def test_processes_that_log_to_one_place_do_not_break_each_others_lines(tmp_path):
    with (tmp_path / "log").open("ab") as log:
        subprocess.run([sys.executable, "-c", CROWD], cwd=REPOSITORY, check=True, stderr=log, timeout=60)
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == 6000


WITHOUT_ROOM = f"""
import logging, structlog
from flagging.logs import set_up_logs
set_up_logs({logging.INFO})
for number in range(2000):
    structlog.get_logger("here").error("spool_unwritable", number=number)
    logging.getLogger("redis").error("connection lost")
print("dealt with")
"""


def test_a_line_that_finds_no_room_costs_nothing_but_itself():
    with Path("/dev/full").open("ab") as full:
        child = subprocess.run(
            [sys.executable, "-c", WITHOUT_ROOM],
            cwd=REPOSITORY,
            check=False,
            stdout=subprocess.PIPE,
            stderr=full,
            timeout=60,
            text=True,
        )
    assert child.stdout == "dealt with\n"


LIBRARIES = f"""
import logging, threading, warnings
from flagging.logs import REQUEST, log_what_ends_threads, set_up_logs
set_up_logs({logging.DEBUG})
log_what_ends_threads()
REQUEST.set("01a2b3c4d5e6f7a8b9c0d1e2f3")
logging.getLogger("urllib3").info("fetching %s", "Quillfeather")
logging.getLogger("urllib3").warning("retrying %s", "Quillfeather")
logging.getLogger("gunicorn.error").error("worker %s was killed", 4711)
warnings.warn("a warning of Quillfeather")
try:
    int("Quillfeather")
except ValueError:
    logging.getLogger("gunicorn.error").exception("error handling %s", "/?name=Quillfeather")
thread = threading.Thread(target=int, args=["Quillfeather"])
thread.start()
thread.join()
REQUEST.set("Quillfeather")
int("Quillfeather")
"""


def test_libraries_warnings_and_what_nobody_caught_are_told_in_the_same_lines_and_quote_nobody():
    child = subprocess.run(
        [sys.executable, "-c", LIBRARIES], cwd=REPOSITORY, check=False, capture_output=True, timeout=60, text=True
    )
    assert child.returncode == 1
    assert "Quillfeather" not in child.stdout + child.stderr
    told = [json.loads(line) for line in child.stderr.splitlines()]
    assert [(line["event"], line["level"], line.get("kind")) for line in told] == [
        ("retrying %s", "warning", None),
        ("worker 4711 was killed", "error", None),
        ("<string>:10: UserWarning", "warning", None),
        ("error handling %s", "error", "ValueError"),
        ("ended_by_an_error", "critical", "ValueError"),
        ("ended_by_an_error", "critical", "ValueError"),
    ]
    assert told[1]["request_id"] == "01a2b3c4d5e6f7a8b9c0d1e2f3"
    assert told[-1]["request_id"] == "not shown"
    assert all(line["timestamp"] for line in told)


def test_an_exception_is_told_by_kind_and_place_and_never_in_its_own_words():
    told = failed_told()
    assert (told["event"], told["kind"]) == ("failed", "ValueError")
    assert told["at"].startswith("test_logs.py:")
    assert "Quillfeather" not in str(told)


def failed_told():
    try:
        int("Quillfeather")
    except ValueError:
        return tell_kind_and_place(None, "error", {"event": "failed", "exc_info": True})


def test_an_event_without_an_exception_stays_as_it_is():
    assert tell_kind_and_place(None, "info", {"event": "loaded"}) == {"event": "loaded"}
    assert tell_kind_and_place(None, "error", {"event": "failed", "exc_info": True}) == {"event": "failed"}
