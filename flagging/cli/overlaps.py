"""`flagging register overlaps`: people held twice, as the sync found them that made the current edition."""

import os
from collections.abc import Iterator
from typing import Any

import click
import orjson

from flagging.cli.setup import open_keyring, open_store
from flagging.register.kept_report import Report, overlap_in_words
from flagging.settings import read_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def overlaps(as_json: bool) -> None:
    """List people held twice, under two references: whose record leads, and the evidence."""
    settings = read_settings(os.environ)
    store = open_store(settings, open_keyring(settings))
    pointer = store.look().pointer
    if pointer is None:
        raise click.ClickException("Redis holds no register")
    report = store.edition_report(pointer.edition)
    if report is None:
        raise click.ClickException(f"the report of edition {pointer.edition} cannot be read")
    if as_json:
        told = {"edition": pointer.edition, "count": report["counts"]["overlaps"], "overlaps": report["overlaps"]}
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
        return
    for line in _lines(report):
        click.echo(line)


def _lines(report: Report) -> Iterator[str]:
    found, number = report["overlaps"], report["counts"]["overlaps"]
    if not found:
        yield "nobody is held twice, as far as could be found"
    for overlap in found:
        yield overlap_in_words(overlap)
        yield from (f"  {_described(record)}" for record in overlap["records"])
        yield from (f"  {line['field']} {line['level']}: {line['detail']}" for line in overlap["evidence"])
        yield from (f"  warning: {warning}" for warning in overlap["warnings"])
    if number > len(found):
        yield f"and {number - len(found)} more"


def _described(record: dict[str, Any]) -> str:
    home, offending = record["home_ocu"] or "not recorded", record["offending_ocu"] or "not recorded"
    return f"{record['ppo_ref']}: {record['status']}, {record['scheme']}, home OCU {home}, offending OCU {offending}"
