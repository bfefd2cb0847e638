"""Labelled people: a register to recognise them on, and questions with the person who is really meant.

Names and postcodes are read as a lookup reads them. Dates too, but for their time: labelled sets come from any time,
and what is too old or still to come for a lookup is evidence here. A date that never was (30 February), which a lookup
sends back to whoever asks, is as good as not given, since here nobody can be asked; likewise a foreign postcode.
"""

import re
from collections import Counter
from collections.abc import Collection, KeysView
from dataclasses import dataclass, field
from datetime import date

from flagging.identity.birth_date import parse_birth_date
from flagging.identity.names import parse_name
from flagging.identity.person import BirthDate, Identity, Persona, PersonName
from flagging.identity.postcode import parse_postcode
from flagging.identity.reading import BLANK, PLACEHOLDER
from flagging.matching.derived import derive
from flagging.matching.index import CandidateIndex
from flagging.measure.tables import Row, Table
from flagging.record import Record
from flagging.terms import Status

FIELDS = ("given", "middle", "family", "dob", "postcode")
"""What people can be compared on."""
REGISTER_COLUMNS = ("id", "given", "family", "dob")
QUERY_COLUMNS = ("qid", "given", "family", "dob")
DETAIL_COLUMNS = ("middle", "postcode", "suburb")
LABEL_COLUMNS = ("true_id", "split", "tags")

_END_OF_TIME = date(2100, 1, 1)
_OLDEST_AGE = 300
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BETWEEN_TAGS = re.compile(r"[\s+]+")


@dataclass(frozen=True, slots=True)
class Register:
    """The records, one a person; `rows` counts their aliases too, `unusable` the details left aside, by column."""

    index: CandidateIndex
    rows: int
    unusable: Counter[str]


@dataclass(frozen=True, slots=True)
class Query:
    """One question. `true_id` is whom it means, None for nobody on the register; `kinds` what is wrong with it.

    `group` is the group of people that it is measured with, such as a naming tradition; blank where none is asked for.
    """

    qid: str
    identity: Identity
    true_id: str | None
    kinds: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Queries:
    """The questions; where they are not labelled, whom they mean is not known. `unusable` as in a register."""

    asked: tuple[Query, ...]
    is_labelled: bool
    unusable: Counter[str]


def read_register(table: Table, fields: Collection[str], most_people: int | None = None) -> Register:
    """Index the people of a register, only the first so many where a number is given.

    Rows of one id are one person: the first is the primary identity, the others are aliases.
    """
    reader = _Reader(table, frozenset(fields))
    people: dict[str, list[Row]] = {}
    for row in table.rows:
        ref = reader.must_have(row, "id")
        if ref in people or most_people is None or len(people) < most_people:
            people.setdefault(ref, []).append(row)
    index = CandidateIndex()
    for ref, rows in people.items():
        identity = reader.identity(rows)
        index.add(Record(ref, Status.ACTIVE, identity), derive(identity))
    return Register(index, sum(map(len, people.values())), reader.unusable)


def read_queries(
    table: Table,
    fields: Collection[str],
    index: CandidateIndex,
    split: str | None = None,
    left_out: Collection[str] = (),
    by: str | None = None,
) -> Queries:
    """Read the questions to this register, only those of one split where it is given, without the kinds left out.

    They are grouped by the column `by`. Raises PeopleFileInvalid besides for a column that is missing, for a qid met
    before, and for a true_id that is not on the register.
    """
    reader = _Reader(table, frozenset(fields))
    for column in filter(None, (split and "split", by)):
        if column not in table.columns:
            raise table.fault(1, column, "is missing")
    refs = {record.ppo_ref for record in index.records}
    seen: set[str] = set()
    asked = []
    for row in table.rows:
        qid = reader.must_have(row, "qid")
        if qid in seen:
            raise table.fault(row.line, "qid", "was met before")
        seen.add(qid)
        kinds = reader.kinds(row)
        if split in (None, row.cells.get("split")) and kinds.isdisjoint(left_out):
            true_id = reader.true_id(row, refs)
            asked.append(Query(qid, reader.identity([row]), true_id, tuple(kinds), row.cells.get(by or "", "")))
    if not asked:
        raise table.fault(2, None, "no query is left to ask")
    return Queries(tuple(asked), "true_id" in table.columns, reader.unusable)


@dataclass(slots=True)
class _Reader:
    """Reads the cells of one file; fields that nobody is compared on are as good as blank."""

    table: Table
    fields: frozenset[str]
    unusable: Counter[str] = field(default_factory=Counter, init=False)

    def must_have(self, row: Row, column: str) -> str:
        if not row.cells[column]:
            raise self.table.fault(row.line, column, "is blank")
        return row.cells[column]

    def identity(self, rows: list[Row]) -> Identity:
        personas = dict.fromkeys(self._persona(row) for row in rows)
        postcodes = [postcode for row in rows if (postcode := self._postcode(row))]
        return Identity(tuple(personas), postcode=next(iter(postcodes), None))

    def true_id(self, row: Row, refs: Collection[str]) -> str | None:
        ref = row.cells.get("true_id") or None
        if ref is not None and ref not in refs:
            raise self.table.fault(row.line, "true_id", "names nobody on the register")
        return ref

    def kinds(self, row: Row) -> KeysView[str]:
        return dict.fromkeys(filter(None, _BETWEEN_TAGS.split(row.cells.get("tags", "")))).keys()

    def _persona(self, row: Row) -> Persona:
        given, middle, family = (self._cell(row, column) for column in ("given", "middle", "family"))
        name = parse_name(f"{given} {middle}".strip(), family)
        return Persona(name if isinstance(name, PersonName) else None, self._born(row))

    def _born(self, row: Row) -> BirthDate | None:
        text = self._cell(row, "dob")
        born = parse_birth_date(text, _END_OF_TIME, _OLDEST_AGE)
        if isinstance(born, BirthDate):
            return born
        if born not in (BLANK, PLACEHOLDER):
            if not _ISO_DATE.fullmatch(text):
                raise self.table.fault(row.line, "dob", born.reason)
            self.unusable["dob"] += 1
        return None

    def _postcode(self, row: Row) -> str | None:
        postcode = parse_postcode(self._cell(row, "postcode"))
        if isinstance(postcode, str):
            return postcode
        if postcode not in (BLANK, PLACEHOLDER):
            self.unusable["postcode"] += 1
        return None

    def _cell(self, row: Row, column: str) -> str:
        return row.cells.get(column, "") if column in self.fields else ""
