"""`flagging sync`: one sync, now."""

import os
import sys

import click
import orjson

from flagging.cli.setup import open_synchroniser
from flagging.logs import set_up_logs
from flagging.settings import needed, read_settings
from flagging.sync.report import Result

EXIT_CODES = {Result.REFUSED: 2, Result.UNREADABLE: 3}


@click.command()
@click.option("--source", help="another list than FLAGGING_MASTER_LIST")
@click.option("--dry-run", is_flag=True, help="say what would happen, change nothing")
@click.option("--force", is_flag=True, help="publish although a guard refuses the list; needs --reason")
@click.option("--reason", help="why the list is right after all")
@click.option("--json", "as_json", is_flag=True, help="the whole report as JSON")
def sync(source: str | None, dry_run: bool, force: bool, reason: str | None, as_json: bool) -> None:
    """Sync once. Exits 0 if published or unchanged, 2 if a guard refused the list, 3 if it cannot be read."""
    if force != bool(reason):
        raise click.UsageError("--force and --reason go together")
    settings = read_settings(os.environ)
    set_up_logs(settings.log_level)
    where = source or needed(settings.master_list, "FLAGGING_MASTER_LIST")
    report = open_synchroniser(settings, is_dry=dry_run).run(where, force_reason=reason, is_dry=dry_run)
    if as_json:
        click.echo(orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(report.as_text())
    sys.exit(EXIT_CODES.get(report.result, 0))
