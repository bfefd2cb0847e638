"""`flagging return`: the figures of a month."""

import os
import sys
from datetime import UTC, date, datetime, timedelta

import click
import orjson

from flagging.cli.ledger_setup import open_ledger
from flagging.cli.setup import open_keyring
from flagging.ledger.monthly_return import Month, make_return, write_csv
from flagging.ledger.search import LedgerSearch
from flagging.settings import read_settings


def _month(_: click.Context, option: click.Parameter, value: str) -> Month:
    try:
        return Month(date.fromisoformat(f"{value}-01"))
    except ValueError:
        raise click.BadParameter("must be YYYY-MM", param=option) from None


@click.command("return")
@click.option("--month", required=True, callback=_month, help="YYYY-MM")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--suppress-below", type=click.IntRange(2, 100), help="leave out counts that are smaller, but for 0")
def monthly_return(month: Month, form: str, suppress_below: int | None) -> None:
    """Count a month: PPOs, arrests recognised, drug tests, referrals, notifications. Of a month not over, so far."""
    settings = read_settings(os.environ)
    kept_since = datetime.now(UTC) - timedelta(days=settings.ledger_days)
    made = make_return(LedgerSearch(open_ledger(settings), open_keyring(settings)), month, kept_since)
    if suppress_below is not None:
        made = made.suppressed(suppress_below)
    if form == "csv":
        write_csv(made, sys.stdout)
    else:
        click.echo(orjson.dumps(made.as_dict(), option=orjson.OPT_INDENT_2).decode())
