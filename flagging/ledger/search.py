"""Finding entries: by the person looked up, by whoever asked, by period. What the auditor's page and the shell use.

The question is turned into digests; the ledger never sees names. Whoever reads the ledger is recorded first, like
whoever asks: `ledger.consultation`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from flagging.errors import Fault, QuestionInvalid
from flagging.identity.birth_date import parse_birth_date
from flagging.identity.identifiers import parse_entries
from flagging.identity.names import read_name
from flagging.identity.person import BirthDate, IdentifierKind
from flagging.identity.reading import Unusable
from flagging.ledger.contents import open_content
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.keys import LedgerKeys, SealedContent, read_keys
from flagging.ledger.tables import CONTENTS, DIGESTS
from flagging.ledger.terms import (
    birth_terms_sought,
    caller_term,
    handle_term,
    identifier_term,
    operator_term,
    ref_term,
    word_terms,
    words_of,
)
from flagging.sealing import Keyring

PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What entries are sought by; every part that is given has to fit. `since` and `until` are in UTC, until excluded.

    Each word of a name is met by other spellings of it. A person's own record is `ref`; `handle` is what was quoted
    of a possible match; `identifier` may be of any kind.
    """

    family_name: str | None = None
    given_names: str | None = None
    date_of_birth: str | None = None
    identifier: str | None = None
    ref: str | None = None
    handle: str | None = None
    caller: str | None = None
    operator: str | None = None
    kind: str | None = None
    lookup_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what is given, for the entry that records the search."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}


@dataclass(frozen=True, slots=True)
class Found:
    """One entry: its number in the chain, what it says (`entry`), and the receipt that was given for it."""

    number: int
    entry: dict[str, Any]
    receipt: str | None


@dataclass(frozen=True, slots=True)
class OpenedLedger:
    """What fits in a ledger that is held open; it stays as it was when it was opened."""

    _connection: Connection
    _keys: LedgerKeys
    _fitting: Select[Any]

    def newest(self, limit: int = PAGE, before: int | None = None) -> list[Found]:
        """Return the newest entries, newest first; `before` (a number) goes on to older ones."""
        query = self._fitting.order_by(CONTENTS.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(CONTENTS.c.number < before)
        return [_found(row, self._keys) for row in self._connection.execute(query)]

    def every(self) -> Iterator[Found]:
        """Yield all of them, oldest first, a page in memory at a time."""
        query, after = self._fitting.order_by(CONTENTS.c.number).limit(PAGE), 0
        while page := self._connection.execute(query.where(CONTENTS.c.number > after)).all():
            yield from (_found(row, self._keys) for row in page)
            after = page[-1].number


@dataclass(frozen=True, slots=True)
class LedgerSearch:
    """Searches one ledger."""

    database: LedgerDatabase
    keyring: Keyring

    @contextmanager
    def opened(self, sought: Sought, *, at_length: bool = False) -> Iterator[OpenedLedger]:
        """Hold the ledger open for what is sought; nothing of an entry was read yet.

        Raises QuestionInvalid for a name, date or identifier that cannot be read, LedgerUnreachable, also where no turn
        at it comes free, and while it is read LedgerBroken for an entry that is not as it was written.
        """
        groups = term_groups(sought)
        with self.database.reading(at_length=at_length) as connection:
            keys = read_keys(connection, self.keyring)
            yield OpenedLedger(connection, keys, _query(sought, groups, keys))

    def find(self, sought: Sought, limit: int = PAGE, before: int | None = None) -> list[Found]:
        """Return the newest entries that fit, newest first: `OpenedLedger.newest`. Raises what `opened` does."""
        with self.opened(sought) as opened:
            return opened.newest(limit, before)

    def every(self, sought: Sought) -> Iterator[Found]:
        """Yield all entries that fit, oldest first: `OpenedLedger.every`. Raises what `opened` does."""
        with self.opened(sought, at_length=True) as opened:
            yield from opened.every()


def row_of_lookup(connection: Connection, lookup_id: str) -> Row[Any] | None:
    """Return the row of a lookup's entry; None where there is none, or its content was erased."""
    return connection.execute(select(CONTENTS).where(CONTENTS.c.lookup_id == lookup_id).limit(1)).one_or_none()


def term_groups(sought: Sought) -> list[frozenset[str]]:
    """Return what has to be met, one of each group; raise QuestionInvalid for what cannot be read."""
    faults: list[Fault] = []
    groups = [word_terms(word) for word in _words(sought, faults)]
    if sought.date_of_birth:
        born = parse_birth_date(sought.date_of_birth, _today())
        if isinstance(born, BirthDate):
            groups.append(frozenset(birth_terms_sought(born)))
        else:
            faults.append(Fault("/date_of_birth", born.reason))
    if sought.identifier:
        terms = frozenset(_identifier_terms(sought.identifier))
        groups.append(terms)
        if not terms:
            faults.append(Fault("/identifier", "is no PNC ID, CRO number, prison number or CRN"))
    if faults:
        raise QuestionInvalid(faults)
    of_one = ((sought.ref, ref_term), (sought.handle, handle_term), (sought.caller, caller_term))
    groups += [frozenset({term(value)}) for value, term in (*of_one, (sought.operator, operator_term)) if value]
    return groups


def _words(sought: Sought, faults: list[Fault]) -> Sequence[str]:
    if not sought.family_name and not sought.given_names:
        return ()
    words = words_of(read_name(sought.given_names, sought.family_name).name)
    if not words:
        faults.append(Fault("/family_name", "holds no name that could be sought"))
    return words


def _identifier_terms(text: str) -> Iterator[str]:
    for kind in IdentifierKind:
        for reading in parse_entries(kind, text, None, _today().year):
            if not isinstance(reading, Unusable):
                for identifier in reading.identifiers:
                    yield from map(identifier_term, identifier.keys)


def _query(sought: Sought, groups: Sequence[frozenset[str]], keys: LedgerKeys) -> Select[Any]:
    query = select(CONTENTS)
    for terms in groups:
        met = select(DIGESTS.c.number).where(DIGESTS.c.digest.in_(keys.digests(sorted(terms))))
        query = query.where(CONTENTS.c.number.in_(met))
    if sought.kind:
        query = query.where(CONTENTS.c.kind == sought.kind)
    if sought.lookup_id:
        query = query.where(CONTENTS.c.lookup_id == sought.lookup_id)
    if sought.since:
        query = query.where(CONTENTS.c.at >= round(sought.since.timestamp() * 1000))
    if sought.until:
        query = query.where(CONTENTS.c.at < round(sought.until.timestamp() * 1000))
    return query


def _found(row: Row[Any], keys: LedgerKeys) -> Found:
    content = open_content(SealedContent(row.epoch, row.entry_key, row.sealed), row.number, keys)
    return Found(row.number, content.entry, row.receipt)


def _today() -> date:
    return datetime.now(UTC).date()
