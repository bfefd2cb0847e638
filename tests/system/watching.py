"""Asks all the while, whatever is broken and mended meanwhile: whoever is on the register is never told to be not on it."""

import http.client
import threading
from collections import Counter
from contextlib import suppress

from installation import Installation, arrest

BETWEEN_QUESTIONS = 0.3


class Watcher:
    """Asks an installation about people on its register. Whoever is added to `people` later counts once they were told."""

    def __init__(self, site: Installation, **people: dict) -> None:
        self.people = people
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        self._site = site
        self._told = set(people)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(BETWEEN_QUESTIONS):
            for whom, person in list(self.people.items()):
                with suppress(OSError, http.client.HTTPException):  # a server that was killed, or is not there yet
                    self._ask(whom, person)

    def _ask(self, whom: str, person: dict) -> None:
        answer = self._site.call("POST", "/v1/lookups", arrest(person), "custody")
        self.answers[answer.status] += 1
        if answer.status not in (200, 429, 503):
            self.wrong.append(f"{whom}: {answer.status}")
        outcome = answer.body.get("outcome")
        if outcome == "flagged":
            self._told.add(whom)
        elif answer.status == 200 and whom in self._told:
            self.wrong.append(f"{whom}: {outcome} by edition {answer.body['register']['edition']}")
