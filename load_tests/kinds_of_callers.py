"""Callers of several kinds who ask while server processes come and go, and what became of each request.

On kept connections, on kept ones with pauses, on a fresh one for each request, and with batches that take their time.
One whose kept connection turns out to be closed asks again on a fresh one, as HTTP has it.
"""

import http.client
import itertools
import json
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from installation import arrest

EACH_KIND = 2
PAUSING = "kept, pausing"
"""These may pause for longer than a process that retires keeps idle connections (gunicorn's own 2 seconds)."""
BATCH = 40
PATIENCE = 60.0
NUMBERS = itertools.count()


@dataclass
class Phase:
    """What came of all requests that were sent while one thing was done to the server, over and over."""

    name: str
    counts: Counter = field(default_factory=Counter)
    kinds: Counter = field(default_factory=Counter)
    closed: Counter = field(default_factory=Counter)
    """How often callers of each kind have met a connection that was closed."""
    longest: float = 0.0

    def tell(self):
        answered = self.counts["answered"]
        sent = answered + self.counts["lost"] + self.counts["wrong"]
        rest = ", ".join(f"{self.counts[each]} {each}" for each in ("lost", "wrong", "closed idle", "refused"))
        print(f"{self.name}: {sent} sent, {answered} answered, {rest}; longest {self.longest:.2f} s", flush=True)
        for kind, times in self.kinds.most_common():
            print(f"    {times} of {kind}", flush=True)


class Callers:
    """Threads that ask on until told to stop; what becomes of a request counts into the phase of that moment."""

    def __init__(self, installation):
        self.installation, self.phase = installation, Phase("before")
        self._lock, self._stopping = threading.Lock(), threading.Event()
        kinds = {"kept": self._pause(0.0), PAUSING: self._pause(3.0), "fresh": self._pause(0.0)}
        self._threads = [
            threading.Thread(target=self._ask_on, args=(kind, pause), daemon=True)
            for kind, pause in [*kinds.items(), ("batch", self._pause(0.0))] * EACH_KIND
        ]
        for thread in self._threads:
            thread.start()

    def __len__(self):
        return len(self._threads)

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _pause(self, most):
        rng = random.Random(most)
        return lambda: self._stopping.wait(rng.uniform(0.0, most)) if most else None

    def _ask_on(self, kind, pause):
        connection = None
        while not self._stopping.is_set():
            connection = self._ask(kind, connection)
            if connection is not None and kind == "fresh":
                connection.close()
                connection = None
            pause()
        if connection is not None:
            connection.close()

    def _ask(self, kind, connection):
        """Ask once, again on a fresh connection where a kept one turns out to be closed; return what to ask on next."""
        began = time.monotonic()
        path, body = self._batch() if kind == "batch" else self._lookup()
        if connection is not None:
            connection, fault = self._once(connection, path, body, began)
            if fault is None:
                return connection
            self._count("closed idle", f"{kind}: {fault}", closed=kind)
        fresh = http.client.HTTPConnection("127.0.0.1", self.installation.port, timeout=PATIENCE)
        try:
            fresh.connect()
        except OSError:
            self._count("refused")
            time.sleep(0.02)
            return None
        connection, fault = self._once(fresh, path, body, began)
        if fault is not None:
            self._count("lost", f"lost, {kind}: {fault}")
        return connection

    def _once(self, connection, path, body, began):
        """Return the connection as long as it stands, and the fault, if nothing was answered."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.installation.tokens['custody']}"}
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return None, type(error).__name__
        if answer.status == 200 and (b'"outcome"' in content or b'"answers"' in content):
            self._count("answered", seconds=time.monotonic() - began)
        else:
            self._count("wrong", f"{answer.status} {content[:200]!r}")
        if answer.will_close:
            connection.close()
            return None, None
        return connection, None

    def _count(self, what, kind=None, seconds=0.0, closed=None):
        with self._lock:
            phase = self.phase
            phase.counts[what] += 1
            phase.longest = max(phase.longest, seconds)
            if kind:
                phase.kinds[kind] += 1
            if closed:
                phase.closed[closed] += 1

    def _lookup(self):
        return "/v1/lookups", json.dumps(arrest(somebody()))

    def _batch(self):
        items = [arrest(somebody(), id=str(seat)) for seat in range(BATCH)]
        return "/v1/lookups/batch", json.dumps({"lookups": items})


def somebody():
    return {"family_name": f"Nobody{next(NUMBERS)}", "given_names": "Ashley", "date_of_birth": "1994-07-23"}
