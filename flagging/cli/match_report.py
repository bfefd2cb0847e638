"""`flagging match-report`: how well people are recognised, measured on files; no Redis, no key, no ledger."""

import os
import time
from collections.abc import Collection
from io import StringIO
from pathlib import Path
from typing import BinaryIO

import click
import orjson

from flagging.configuration.matching import load_matching
from flagging.errors import PeopleFileInvalid
from flagging.measure.asking import Answer, ask
from flagging.measure.people import (
    DETAIL_COLUMNS,
    FIELDS,
    LABEL_COLUMNS,
    QUERY_COLUMNS,
    REGISTER_COLUMNS,
    read_queries,
    read_register,
)
from flagging.measure.report import group_lines, report_lines
from flagging.measure.tables import Table, read_table
from flagging.settings import read_settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _split_fields(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    chosen = {field.strip() for field in value.split(",")}
    if not chosen <= set(FIELDS):
        raise click.BadParameter(f"choose from {', '.join(FIELDS)}")
    return tuple(field for field in FIELDS if field in chosen)


@click.command("match-report")
@click.option("--register", "register_file", type=_FILE, required=True, help="CSV: id,given,middle,family,dob,postcode")
@click.option("--queries", "queries_file", type=_FILE, required=True, help="CSV: the same with qid, true_id,split,tags")
@click.option("--out", type=click.File("wb"), help="one JSON line a query: qid, outcome, the best five matches")
@click.option("--fields", callback=_split_fields, default=",".join(FIELDS), show_default=True, help="compared on")
@click.option("--split", help="only the queries of this split")
@click.option("--leave-out", multiple=True, help="leave out the queries with this tag; may be repeated")
@click.option("--by", help="print the figures by the values of this column of the queries too, e.g. tradition")
@click.option("--people", type=click.IntRange(1), help="only the first so many people of the register")
def match_report(
    *,
    register_file: Path,
    queries_file: Path,
    out: BinaryIO | None,
    fields: tuple[str, ...],
    split: str | None,
    leave_out: tuple[str, ...],
    by: str | None,
    people: int | None,
) -> None:
    """Measure recognition on files of labelled people.

    Rows of one id are one person under several names. A query without true_id is about nobody on the register; without
    the column there are no labels, and the queries are only answered.
    """
    model = load_matching(read_settings(os.environ).config_dir / "matching.toml")
    register = read_register(_table(register_file, REGISTER_COLUMNS, DETAIL_COLUMNS), fields, people)
    table = _table(queries_file, QUERY_COLUMNS, {*DETAIL_COLUMNS, *LABEL_COLUMNS, *filter(None, [by])})
    queries = read_queries(table, fields, register.index, split, leave_out, by)
    answers = [ask(query, register.index, model, time.perf_counter) for query in queries.asked]
    if out is not None:
        out.writelines(_as_json(answer) for answer in answers)
    for line in report_lines(register, queries, answers, fields, model.expected_share):
        click.echo(line)
    if by is not None and queries.is_labelled:
        for line in group_lines(answers, by):
            click.echo(line)


def _table(path: Path, required: Collection[str], optional: Collection[str]) -> Table:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PeopleFileInvalid(path.name, line, None, "is not UTF-8") from None
    table = read_table(StringIO(text, newline=""), path.name, required, optional)
    for column in table.unread:
        click.echo(f"{path.name}, column {column}: is not read", err=True)
    return table


def _as_json(answer: Answer) -> bytes:
    matches = [
        {"ref": match.record.ppo_ref, "probability": match.probability, "bits": match.bits} for match in answer.best
    ]
    line = {"qid": answer.query.qid, "outcome": answer.outcome, "matches": matches}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
