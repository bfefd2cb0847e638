"""`flagging sync`: one sync, now."""

import os
import sys

import click
import orjson

from flagging.cli.account import shell_account, words_to_record
from flagging.cli.progress import shown_progress
from flagging.cli.setup import make_key_file, open_recorder, open_synchroniser
from flagging.logs import set_up_logs
from flagging.register.kept_report import in_words
from flagging.settings import needed, read_settings
from flagging.sync.report import Result
from flagging.sync.worker import verify_redis

EXIT_CODES = {Result.REFUSED: 2, Result.UNREADABLE: 3}


@click.command()
@click.option("--source", help="another list than FLAGGING_MASTER_LIST")
@click.option("--dry-run", is_flag=True, help="say what would happen, change nothing")
@click.option("--force", is_flag=True, help="publish although a guard refuses the list; needs --reason")
@click.option("--reason", help="why the list is right after all", callback=words_to_record)
@click.option("--operator", help="whose word that is, where several use this account", callback=words_to_record)
@click.option("--json", "as_json", is_flag=True, help="the whole report as JSON")
def sync(
    source: str | None, dry_run: bool, force: bool, reason: str | None, operator: str | None, as_json: bool
) -> None:
    """Sync once, though an edition that was gone back to holds.

    Exits 0 if published or unchanged, 2 if a guard refused the list, 3 if it cannot be read.
    """
    if force != bool(reason):
        raise click.UsageError("--force and --reason go together")
    settings = read_settings(os.environ)
    set_up_logs(settings.log_level)
    where = source or needed(settings.master_list, "FLAGGING_MASTER_LIST")
    if not dry_run:
        make_key_file(settings)
    with open_recorder(settings, shell_account(), operator) as recorder, shown_progress() as progress:
        synchroniser = open_synchroniser(settings, recorder, progress)
        verify_redis(synchroniser.store.client)
        report = synchroniser.run(where, force_reason=reason, is_dry=dry_run, ends_hold=True)
    told = report.as_dict()
    click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() if as_json else in_words(told))
    sys.exit(EXIT_CODES.get(report.result, 0))
