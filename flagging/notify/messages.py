"""What was told, to whom, when, and what failed: for the administrator's page, `flagging notify` and the metrics."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, delete, func, select, update

from flagging.entries import EntryKind, begin_entry
from flagging.errors import NotificationUnknown
from flagging.ledger.append import Appender
from flagging.ledger.contents import entry_of
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.keys import LedgerKeys, read_keys
from flagging.notify.entry import iso
from flagging.notify.outbox import State, now_in_milliseconds
from flagging.notify.tables import MESSAGES
from flagging.sealing import Keyring

MOST_SHOWN = 200
STANDING_NAME = "notify.json"
DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Message:
    """One notification as an administrator sees it; times are ISO 8601 in UTC, `to` is who was told."""

    key: str
    channel: str
    recipient: str
    state: str
    asked_at: str
    made_at: str
    due_at: str | None
    settled_at: str | None
    attempts: int
    is_escalated: bool
    failure: str | None
    ppo_ref: str | None = None
    setting: str | None = None
    lookup_id: str | None = None
    to: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it goes: messages waiting, the age of the oldest in seconds, those that failed at least once, were given up,
    and were told; `alerts` that have not been shown yet.
    """

    at: float = 0.0
    waiting: int = 0
    oldest_seconds: float = 0.0
    failing: int = 0
    given_up: int = 0
    told: int = 0
    alerts: int = 0
    channels: tuple[str, ...] = ()


def list_messages(
    database: LedgerDatabase, keyring: Keyring, states: tuple[State, ...] = tuple(State), limit: int = MOST_SHOWN
) -> list[Message]:
    """Return the newest notifications in one of the states, newest first, with whom they concern and who was told."""
    query = select(MESSAGES).where(MESSAGES.c.state.in_([state.value for state in states]))
    with database.reading() as connection:
        keys = read_keys(connection, keyring)
        rows = connection.execute(query.order_by(MESSAGES.c.made_at.desc(), MESSAGES.c.key).limit(limit)).all()
        return [_message(connection, row, keys) for row in rows]


def retry(database: LedgerDatabase, keyring: Keyring, who: Mapping[str, Any], key: str | None = None) -> int:
    """Have one notification, or all that wait or were given up, tried at once, and record who ordered it; return how
    many there are. `who` are the `caller` and `operator` of the entry.

    Raises NotificationUnknown for a key that is no such notification's.
    """
    can_be = MESSAGES.c.state != State.TOLD
    chosen = can_be if key is None else and_(can_be, MESSAGES.c.key == key)
    now = now_in_milliseconds()
    with database.writing() as connection:
        given_up = and_(chosen, MESSAGES.c.state == State.GIVEN_UP)
        connection.execute(update(MESSAGES).where(given_up).values(state=State.WAITING.value, made_at=now))
        number = connection.execute(update(MESSAGES).where(chosen).values(due_at=now)).rowcount
        if key is not None and not number:
            raise NotificationUnknown("no notification with this key waits or was given up")
        told = {"at": iso(now), "reason": f"{number} to be tried again", "key": key}
        entry = begin_entry(EntryKind.NOTIFICATION_RETRIED) | dict(who) | told
        Appender(keyring).append(connection, [orjson.dumps(entry)])
    return number


def forget_settled(database: LedgerDatabase, days: int) -> int:
    """Forget what was settled so many days ago; the ledger's entries stay. Returns how many."""
    is_old = and_(MESSAGES.c.state != State.WAITING, MESSAGES.c.settled_at < now_in_milliseconds() - days * DAY)
    with database.writing() as connection:
        return connection.execute(delete(MESSAGES).where(is_old)).rowcount


def standing(database: LedgerDatabase, channels: tuple[str, ...]) -> Standing:
    """Return how it goes, counted now."""
    now = now_in_milliseconds()
    counted = select(MESSAGES.c.state, func.count(), func.min(MESSAGES.c.made_at)).group_by(MESSAGES.c.state)
    is_failing = and_(MESSAGES.c.state == State.WAITING, MESSAGES.c.failure.is_not(None))
    with database.reading() as connection:
        found = {state: (number, oldest) for state, number, oldest in connection.execute(counted)}
        failing = connection.scalar(select(func.count()).where(is_failing)) or 0
    waiting, oldest = found.get(State.WAITING, (0, now))
    return Standing(
        at=now / 1000,
        waiting=waiting,
        oldest_seconds=max(0.0, (now - oldest) / 1000),
        failing=failing,
        given_up=found.get(State.GIVEN_UP, (0, 0))[0],
        told=found.get(State.TOLD, (0, 0))[0],
        channels=channels,
    )


class StandingFile:
    """How it goes, as the worker of this host has written it down for its servers; nothing in it is personal."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / STANDING_NAME

    def write(self, found: Standing) -> None:
        part = self._path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(orjson.dumps(found))
        part.replace(self._path)

    def read(self) -> Standing | None:
        """Return what was written last; None where nothing was, or it cannot be read."""
        try:
            found = Standing(**orjson.loads(self._path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return replace(found, channels=tuple(found.channels))


def _message(connection: Connection, row: Row[Any], keys: LedgerKeys) -> Message:
    asked = entry_of(connection, row.number, keys) or {}
    settled = (row.settled_number and entry_of(connection, row.settled_number, keys)) or {}
    return Message(
        key=row.key,
        channel=row.channel,
        recipient=row.recipient,
        state=row.state,
        asked_at=iso(row.asked_at),
        made_at=iso(row.made_at),
        due_at=iso(row.due_at) if row.state == State.WAITING else None,
        settled_at=iso(row.settled_at) if row.settled_at else None,
        attempts=row.attempts,
        is_escalated=row.escalated_at is not None,
        failure=row.failure,
        ppo_ref=next(iter(asked.get("refs") or ()), None),
        setting=(asked.get("question") or {}).get("setting"),
        lookup_id=asked.get("lookup_id"),
        to=settled.get("recipient"),
    )


def in_words(messages: list[Message]) -> Iterator[str]:
    """Yield one line for each message."""
    for each in messages:
        to = (each.to or {}).get("name") or each.recipient
        trouble = f"  {each.failure}" if each.failure else ""
        escalated = "  escalated" if each.is_escalated else ""
        when = each.settled_at or each.due_at
        yield (
            f"{each.key}  {each.state:8}  {each.channel:7}  {each.ppo_ref or '-'}  asked {each.asked_at[:19]}  "
            f"{when and when[:19]}  to {to}  {each.attempts} attempts{escalated}{trouble}"
        )
