"""What a lookup leaves to other threads is told as a part of what it costs; what they do anyway is not."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

LOAD_TESTS = Path(__file__).resolve().parent.parent.parent / "load_tests"
sys.path.insert(0, str(LOAD_TESTS))

from other_threads import Elsewhere, Watch  # noqa: E402

BURNT = 0.05


def burn():
    """Use the processor, as the system counts it for this thread."""
    enough = time.thread_time() + BURNT
    while time.thread_time() < enough:
        pass


def test_what_another_thread_uses_of_the_processor_is_counted():
    watch = Watch()
    thread = threading.Thread(target=burn)
    thread.start()
    thread.join()
    assert watch.read().used >= BURNT


def test_what_the_thread_that_asks_uses_itself_is_not_counted_as_that_of_others():
    script = "import other_threads, test_other_threads as t; w = other_threads.Watch(); t.burn(); print(w.read().used)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path += {[str(LOAD_TESTS), str(Path(__file__).parent)]!r}; {script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < BURNT / 2


@pytest.mark.parametrize(
    ("used", "idle", "left"),
    [
        (3.0, Elsewhere(0.0, 5.0), 3.0),
        (3.0, Elsewhere(1.0, 5.0), 1.0),
        (3.0, Elsewhere(2.0, 5.0), 0.0),
    ],
    ids=["nothing idle", "two seconds of ten", "more than all"],
)
def test_what_threads_use_idle_in_the_same_time_is_taken_off(used, idle, left):
    assert Elsewhere(used, 10.0).beyond(idle) == pytest.approx(left)
