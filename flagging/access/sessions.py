"""The sessions of people who signed in, on the server's side: sealed, in Redis, under the digest of a random id.

Whoever reads Redis finds no id that a browser could present, and nothing about anybody. A session ends when nothing
was asked for the idle time, at its absolute limit whatever was asked, when its person signs out, here or everywhere.
Signing out everywhere puts another generation in the place of the person's; sessions of an earlier one are over.

A generation is a random number that stands in Redis from the first sign-in on, the same under each digest of the
person, and outlasts every session of it. A session is on only while its own stands there: where Redis has lost it, its
sessions are over, and the next sign-in puts another there, so that nothing that was ended comes back.

The version before counted from 0 and wrote nothing until somebody first signed out everywhere. Sessions that it began
go on where the number they hold stands there; where none was ever written, people have to sign in again, once. It takes
the numbers of this version for counts, and counts them on.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import structlog
from redis import Redis

from flagging.access.person import Person
from flagging.access.reach import Reach
from flagging.documents import SealedDocuments, bytes_of
from flagging.errors import SealBroken
from flagging.sealing import Keyring

SESSION: Final = "flagging:web:session:"
GENERATION: Final = "flagging:web:generation:"
ID_BYTES: Final = 32
REFERENCE_LENGTH: Final = 12
GENERATION_BITS: Final = 62
"""Within what Redis still counts on from, as the version before has it do."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class SignedIn:
    """One session. `session_id` is the secret that the browser holds; `reference` tells it in the ledger.

    `until` is its absolute limit, in seconds of Unix time; `values` is what pages keep in it, as JSON.
    """

    session_id: str = field(repr=False)
    person: Person
    until: float
    generation: int
    values: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def reference(self) -> str:
        return _digest(self.session_id)[:REFERENCE_LENGTH]


class Sessions:
    """Begins, finds and ends sessions. `idle` and `absolute` are seconds. Errors of Redis are StoreUnreachable."""

    def __init__(
        self,
        client: Redis,
        keyring: Keyring,
        idle: float,
        absolute: float,
        *,
        reach: Reach | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._keyring = keyring
        self._documents = SealedDocuments(client, keyring)
        self.idle = idle
        self._absolute = absolute
        self._clock = clock
        self._reach = reach or Reach()

    def begin(self, person: Person, values: dict[str, Any]) -> SignedIn:
        """Return a session that has begun now, with an id that nobody has ever seen."""
        keys = self._generation_keys(person)
        generations = self._prolonged(keys)
        if None in generations:
            generations = self._completed(keys, generations)
        newest = int(generations[0])  # that of the digest which the cookie will name
        session_id = secrets.token_urlsafe(ID_BYTES)
        session = SignedIn(session_id, person, self._clock() + self._absolute, newest, values)
        self.save(session)
        return session

    def find(self, session_id: str, person_digest: str) -> SignedIn | None:
        """Return the session of that id if it is still on, and keep it on for another idle time."""
        key = SESSION + _digest(session_id)
        with self._reach.asking(), self._client.pipeline(transaction=False) as pipe:
            pipe.get(key)
            pipe.get(GENERATION + person_digest)
            pipe.expire(key, max(1, int(self.idle)))
            # A Redis that takes no writes says so of the last: the session is on for as long as it was.
            sealed, generation, _ = pipe.execute(raise_on_error=False)
            for each in (sealed, generation):
                if isinstance(each, Exception):
                    raise each
        found = None if sealed is None else self._opened(key, bytes_of(sealed), session_id)
        if found is None or generation is None or bytes_of(generation) != str(found.generation).encode():
            return None
        return found if self._clock() < found.until else None

    def save(self, session: SignedIn) -> None:
        """Write a session; it lasts for the idle time from now, and never beyond its absolute limit."""
        key = SESSION + _digest(session.session_id)
        seconds = int(min(self.idle, session.until - self._clock()))
        document = {
            "person": session.person.to_dict(),
            "until": session.until,
            "generation": session.generation,
            "values": session.values,
        }
        if seconds > 0:
            with self._reach.asking():
                self._client.set(key, self._documents.sealed(key, document), ex=seconds)

    def seconds_left(self, session: SignedIn) -> float:
        """Return how long a session that was used just now lasts if it is not used again."""
        return max(0.0, min(self.idle, session.until - self._clock()))

    def end(self, session: SignedIn) -> None:
        """Sign out here, however Redis answered a moment ago: nobody's session is to go on for its sake."""
        with self._reach.asking(insists=True):
            self._client.delete(SESSION + _digest(session.session_id))

    def end_all(self, person: Person) -> None:
        """Sign out everywhere: no session of the person that has begun until now is good any more."""
        generation = secrets.randbits(GENERATION_BITS)
        with self._reach.asking(insists=True), self._client.pipeline(transaction=True) as pipe:
            for key in self._generation_keys(person):
                pipe.set(key, generation, ex=self._generation_seconds)
            pipe.execute()

    def digest_of(self, person: Person) -> str:
        """Return what stands for a person in the names of keys and in the browser's cookie."""
        return self._keyring.digests(person.identity)[0]

    def _generation_keys(self, person: Person) -> list[str]:
        return [GENERATION + digest for digest in self._keyring.digests(person.identity)]

    @property
    def _generation_seconds(self) -> int:
        return max(1, int(2 * self._absolute))  # a session that begins now is over when half of it is

    def _prolonged(self, keys: list[str]) -> list[Any]:
        """Return the generations that stand there, None where none does, and let them outlast a session from now."""
        with self._reach.asking(), self._client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.expire(key, self._generation_seconds)
            pipe.mget(keys)  # after them: what is found then was prolonged, or has been written since
            # A Redis that takes no writes says so of the others: then no session is written to it either.
            *_, found = pipe.execute(raise_on_error=False)
            if isinstance(found, Exception):
                raise found
        return list(found)

    def _completed(self, keys: list[str], found: list[Any]) -> list[Any]:
        """Return the generations once there is one everywhere: that of another digest, or else a fresh one.

        Nothing that stands there is written over: it is that of somebody who signs in, or out everywhere, just now.
        """
        generation = next((each for each in found if each is not None), secrets.randbits(GENERATION_BITS))
        with self._reach.asking(), self._client.pipeline(transaction=True) as pipe:
            for key in keys:
                pipe.set(key, generation, ex=self._generation_seconds, nx=True)
            pipe.mget(keys)
            return list(pipe.execute()[-1])

    def _opened(self, key: str, sealed: bytes, session_id: str) -> SignedIn | None:
        try:
            document = self._documents.opened(key, sealed)
            person = Person.from_dict(document["person"])
            return SignedIn(session_id, person, document["until"], document["generation"], document["values"])
        except (SealBroken, KeyError, TypeError, ValueError) as error:
            log.warning("session_ignored", kind=type(error).__name__)
            return None


def _digest(session_id: str) -> str:
    return sha256(session_id.encode()).hexdigest()
