"""The sessions of people who signed in, on the server's side: sealed, in Redis, under the digest of a random id.

Whoever reads Redis finds no id that a browser could present, and nothing about anybody. A session ends when nothing
was asked for the idle time, at its absolute limit whatever was asked, when its person signs out, here or everywhere.
Signing out everywhere moves the person's generation on; sessions of an earlier one are over.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import structlog
from redis import Redis
from redis.exceptions import RedisError

from flagging.access.person import Person
from flagging.access.reach import Reach
from flagging.documents import SealedDocuments, bytes_of, unreachable
from flagging.errors import SealBroken
from flagging.sealing import Keyring

SESSION: Final = "flagging:web:session:"
GENERATION: Final = "flagging:web:generation:"
ID_BYTES: Final = 32
REFERENCE_LENGTH: Final = 12

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
        self, client: Redis, keyring: Keyring, idle: float, absolute: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._keyring = keyring
        self._documents = SealedDocuments(client, keyring)
        self.idle = idle
        self._absolute = absolute
        self._clock = clock
        self.reach = Reach()

    def begin(self, person: Person, values: dict[str, Any]) -> SignedIn:
        """Return a session that has begun now, with an id that nobody has ever seen."""
        self.reach.expect()
        try:
            generation = self._generation(self._client.mget(self._generation_keys(person)))
        except RedisError as error:
            self.reach.lose()
            raise unreachable(error) from None
        self.reach.find()
        session_id = secrets.token_urlsafe(ID_BYTES)
        session = SignedIn(session_id, person, self._clock() + self._absolute, generation, values)
        self.save(session)
        return session

    def find(self, session_id: str, person_digest: str) -> SignedIn | None:
        """Return the session of that id if it is still on, and keep it on for another idle time."""
        key = SESSION + _digest(session_id)
        self.reach.expect()
        try:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.get(key)
                pipe.get(GENERATION + person_digest)
                pipe.expire(key, max(1, int(self.idle)))
                # A Redis that takes no writes says so of the last: the session is on for as long as it was.
                sealed, generation, _ = pipe.execute(raise_on_error=False)
            for each in (sealed, generation):
                if isinstance(each, Exception):
                    raise each
        except RedisError as error:
            self.reach.lose()
            raise unreachable(error) from None
        self.reach.find()
        found = None if sealed is None else self._opened(key, bytes_of(sealed), session_id)
        if found is None or found.generation != self._generation([generation]):
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
        try:
            if seconds > 0:
                self._client.set(key, self._documents.sealed(key, document), ex=seconds)
        except RedisError as error:
            raise unreachable(error) from None

    def seconds_left(self, session: SignedIn) -> float:
        """Return how long a session that was used just now lasts if it is not used again."""
        return max(0.0, min(self.idle, session.until - self._clock()))

    def end(self, session: SignedIn) -> None:
        """Sign out here."""
        try:
            self._client.delete(SESSION + _digest(session.session_id))
        except RedisError as error:
            raise unreachable(error) from None

    def end_all(self, person: Person) -> None:
        """Sign out everywhere: no session of the person that has begun until now is good any more."""
        try:
            with self._client.pipeline(transaction=True) as pipe:
                for key in self._generation_keys(person):
                    pipe.incr(key)
                    pipe.expire(key, int(2 * self._absolute))  # by then, sessions of earlier ones are long over
                pipe.execute()
        except RedisError as error:
            raise unreachable(error) from None

    def digest_of(self, person: Person) -> str:
        """Return what stands for a person in the names of keys and in the browser's cookie."""
        return self._keyring.digests(person.identity)[0]

    def _generation_keys(self, person: Person) -> list[str]:
        return [GENERATION + digest for digest in self._keyring.digests(person.identity)]

    def _generation(self, found: Any) -> int:
        return max((int(each) for each in found if each is not None), default=0)

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
