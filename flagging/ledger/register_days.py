"""The register in figures, one row a day, for the monthly return: counts, and nothing of anybody.

A day's row is that of the last edition seen on it. To tell additions and removals, the last two days hold a keyed
digest of each reference; earlier ones hold their counts alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, String, Table, Text, delete, insert, select
from sqlalchemy import update as update_rows

from flagging.identity.person import BirthDate
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.keys import keep_keys
from flagging.ledger.tables import DIGEST_BYTES, metadata
from flagging.ledger.terms import ref_term
from flagging.record import Record
from flagging.sealing import Keyring
from flagging.terms import Scheme, Status

NOT_RECORDED = "not_recorded"
AGE_BANDS = ((17, "under_18"), (25, "18_to_25"), (35, "26_to_35"), (45, "36_to_45"), (200, "46_and_over"))

DAYS = Table(
    "register_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("edition", BigInteger, nullable=False),
    Column("added", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("figures", Text, nullable=False),
    Column("refs", LargeBinary),
)


@dataclass(frozen=True, slots=True)
class RegisterOfDay:
    """The register as an edition of a day has it; `ethnicity` are the counts made at its sync."""

    day: date
    edition: int
    records: Mapping[str, Record]
    ethnicity: Mapping[str, int]
    flag_schemes: frozenset[Scheme]

    @property
    def ppos(self) -> list[Record]:
        return [record for record in self._active if record.scheme in self.flag_schemes]

    @property
    def _active(self) -> list[Record]:
        return [record for record in self.records.values() if record.status is Status.ACTIVE]

    def figures(self) -> dict[str, dict[str, int]]:
        """Return the counts of PPOs by group; of schemes, all that are on the list."""
        ppos = self.ppos
        return {
            "home_ocu": _counted(record.home_ocu for record in ppos),
            "scheme": _counted(record.scheme for record in self._active),
            "stage": _counted(record.stage for record in ppos),
            "statutory": _counted(_STATUTORY[record.statutory] for record in ppos),
            "sex": _counted(record.sex for record in ppos),
            "age_band": _counted(_age_band(record, self.day) for record in ppos),
            "ethnicity": dict(self.ethnicity),
        }


_STATUTORY = {True: "statutory", False: "non_statutory", None: NOT_RECORDED}


def record_day(database: LedgerDatabase, keyring: Keyring, register: RegisterOfDay) -> None:
    """Write down a day's figures, in place of those of an earlier edition of the same day."""
    with database.writing() as connection:
        digest = keep_keys(connection, keyring).oldest.digest
        refs = {digest(ref_term(record.ppo_ref)) for record in register.ppos}
        day = register.day.isoformat()
        before = _day_before(connection, day)
        row = {
            "day": day,
            "edition": register.edition,
            "added": 0 if before is None else len(refs - before),
            "removed": 0 if before is None else len(before - refs),
            "figures": orjson.dumps(register.figures(), option=orjson.OPT_SORT_KEYS).decode(),
            "refs": b"".join(sorted(refs)),
        }
        connection.execute(delete(DAYS).where(DAYS.c.day == day))
        connection.execute(insert(DAYS).values(row))
        _forget_refs(connection, day)


def edition_of_day(database: LedgerDatabase, day: date) -> int | None:
    """Return the edition whose figures are written down for a day."""
    with database.reading() as connection:
        return connection.scalar(select(DAYS.c.edition).where(DAYS.c.day == day.isoformat()))


def days_between(connection: Connection, first: date, last: date) -> list[Any]:
    """Return the rows of the days from `first` to `last`, in order."""
    within = DAYS.c.day.between(first.isoformat(), last.isoformat())
    return list(connection.execute(select(DAYS).where(within).order_by(DAYS.c.day)).all())


def _day_before(connection: Connection, day: str) -> set[bytes] | None:
    refs = select(DAYS.c.refs).where(DAYS.c.day < day, DAYS.c.refs.is_not(None)).order_by(DAYS.c.day.desc())
    joined = connection.scalar(refs.limit(1))
    if joined is None:
        return None
    return {joined[place : place + DIGEST_BYTES] for place in range(0, len(joined), DIGEST_BYTES)}


def _forget_refs(connection: Connection, day: str) -> None:
    newest = select(DAYS.c.day).where(DAYS.c.day < day).order_by(DAYS.c.day.desc()).limit(1)
    before = connection.scalar(newest)
    if before is not None:
        connection.execute(update_rows(DAYS).where(DAYS.c.day < before).values(refs=None))


def _counted(values: Iterable[Any]) -> dict[str, int]:
    return dict(Counter(str(value) if value else NOT_RECORDED for value in values))


def _age_band(record: Record, on: date) -> str:
    personas = record.identity.personas
    born = personas[0].born if personas else None
    if born is None:
        return NOT_RECORDED
    age = _age(born, on)
    return next((band for oldest, band in AGE_BANDS if age <= oldest), NOT_RECORDED)


def _age(born: BirthDate, on: date) -> int:
    """Return the age on a day; of a partial date, that of the middle of what it leaves open."""
    if born.year_spread:
        return on.year - born.year
    month, day = (born.month, born.day or 15) if born.month else (7, 1)
    return on.year - born.year - ((on.month, on.day) < (month, day))
