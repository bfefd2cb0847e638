"""Callers who ask on and on, and what came of each question.

Each is a process of its own with a connection kept open, so that what it waits for is the service and never another
thread of whoever measures. They ask about PPOs and about strangers of whom no two are alike, with a short pause after
each answer: callers who leave no pause measure how long they wait for each other.
"""

import http.client
import itertools
import json
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple, Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from installation import arrest
from listed_people import PPO, asked

ENDLESS = {"FLAGGING_RATE_LIMIT": "1000000 per second", "FLAGGING_OPERATOR_RATE_LIMIT": "1000000 per second"}
"""Settings under which nobody is turned away for asking too often."""
PPOS = [{"pnc_id": PPO["pnc_id"]}, asked(PPO)]
"""The one of `listed_people` who has an identifier, asked about by it and by name."""
CALLERS = 4
PAUSE = 0.01
QUESTIONS_A_CONNECTION = 200
"""After so many a caller connects anew: connections kept for good may all be to one of the server's processes."""
LONGEST = 10.0
LOOK_SECONDS = 0.1
PATIENCE = 60.0
RIGHT, WRONG, FAILED = "right", "wrong", "failed"


class Question(NamedTuple):
    """Somebody to ask about, as the lookup's body, and the outcome that alone is right."""

    body: str
    outcome: str


class Heard(NamedTuple):
    """What came of one question: `detail` says what is wrong with the answer, or why there was none."""

    seconds: float
    verdict: str
    source: str | None
    detail: str


class Callers:
    """Processes that ask PPOS and strangers in turn, from when this is made until `stop`."""

    def __init__(self, port: int, token: str) -> None:
        self._heard: list[Heard] = []
        self._processes = [
            subprocess.Popen(
                [sys.executable, __file__, str(port), str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(CALLERS)
        ]
        # A caller who had to wait until somebody reads what it heard would ask less just then.
        self._readers = [threading.Thread(target=self._read, args=(each.stdout,)) for each in self._processes]
        for process, reader in zip(self._processes, self._readers, strict=True):
            process.stdin.write(f"{token}\n")  # where nobody sees it, as in a command line
            process.stdin.flush()
            reader.start()

    def listen(self, seconds: float, until: Callable[[list[Heard]], object] = bool) -> list[Heard]:
        """Return what was heard since the last time: so many seconds long, and on until that is true of it.

        Returns what there is if it does not come true for a minute.
        """
        began = time.monotonic()
        while True:
            time.sleep(LOOK_SECONDS)
            so_far, passed = list(self._heard), time.monotonic() - began
            if passed >= seconds and (until(so_far) or passed >= seconds + PATIENCE):
                del self._heard[: len(so_far)]
                return so_far

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Have them stop; raises RuntimeError if one had stopped by itself: less was asked than was told."""
        for process in self._processes:
            process.stdin.close()
        for process, reader in zip(self._processes, self._readers, strict=True):
            process.wait(2 * LONGEST)
            reader.join()
            process.stdout.close()
        if any(process.returncode != 0 for process in self._processes):
            raise RuntimeError("a caller has broken down")

    def _read(self, told: IO[str]) -> None:
        for line in told:
            self._heard.append(Heard(*json.loads(line)))


def ask_on(port, number, token):
    """Ask on one kept connection after the other until whoever started this closes its input; tell what was heard."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection, left = None, 0
    for question in questions(number):
        if connection is None or left == 0:
            close(connection)
            connection, left = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST), QUESTIONS_A_CONNECTION
        heard = ask(connection, headers, question)
        left -= 1
        if heard.verdict == FAILED:
            close(connection)
            connection = None
        print(json.dumps(heard), flush=True)
        is_over, _, _ = select.select([sys.stdin], [], [], PAUSE)
        if is_over:
            break
    close(connection)


def ask(connection, headers, question):
    """Ask once, and hold the answer against what is right."""
    began = time.perf_counter()
    try:
        connection.request("POST", "/v1/lookups", question.body, headers)
        answer = connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        told = json.loads(content)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Heard(time.perf_counter() - began, FAILED, None, type(error).__name__)
    if answer.status != 200:
        return Heard(seconds, FAILED, None, f"{answer.status} {told.get('outcome', '')}".strip())
    verdict = RIGHT if told["outcome"] == question.outcome else WRONG
    return Heard(seconds, verdict, told["register"]["source"], f"{told['outcome']}, not {question.outcome}")


def close(connection):
    if connection is not None:
        connection.close()


def questions(number):
    """Yield without end what one of the callers asks: about each of PPOS, then a stranger, and so on."""
    for count in itertools.count():
        for person in PPOS:
            yield Question(body_of(person, number), "flagged")
        yield Question(body_of(stranger(count * CALLERS + number), number), "not_on_register")


def body_of(person, number):
    return json.dumps(arrest(person, operator=f"C{number}"))


def stranger(number):
    """Return somebody unlike all others: numbers in names are not looked for, so letters tell these apart."""
    letters = "".join("bcdfghjklm"[int(digit)] + "o" for digit in str(number))
    birth = f"{1960 + number % 40}-{1 + number % 12:02}-{1 + number % 28:02}"
    return {"family_name": f"Nobody{letters}", "given_names": "Ignatius", "date_of_birth": birth}


if __name__ == "__main__":
    ask_on(int(sys.argv[1]), int(sys.argv[2]), sys.stdin.readline().strip())
