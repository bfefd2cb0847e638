"""`flagging notify`: what was told to whom, and try again."""

import os

import click
import orjson

from flagging.cli.account import shell_account, words_to_record
from flagging.cli.ledger_setup import open_ledger
from flagging.cli.notify_setup import channels_of
from flagging.cli.setup import open_keyring
from flagging.notify.messages import in_words, list_messages, standing
from flagging.notify.messages import retry as try_again
from flagging.notify.outbox import State
from flagging.settings import read_settings


@click.group()
def notify() -> None:
    """Offender managers told of people recognised."""


@notify.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]), help="only those")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line")
def list_(state: str | None, limit: int, as_json: bool) -> None:
    """Show the newest notifications: state, whom they concern, who was told, when, and why not."""
    settings = read_settings(os.environ)
    database, channels = open_ledger(settings), channels_of(settings)
    states = (State(state),) if state else tuple(State)
    messages = list_messages(database, open_keyring(settings), states, limit)
    if as_json:
        for each in messages:
            click.echo(orjson.dumps(each.as_dict()).decode())
        return
    found = standing(database, channels)
    click.echo(f"{found.waiting} waiting, {found.told} told, {found.given_up} given up", err=True)
    if not channels:
        click.echo("nobody is told: neither FLAGGING_SMTP_URL nor FLAGGING_WEBHOOK_URL is set", err=True)
    for line in in_words(messages):
        click.echo(line)


@notify.command()
@click.argument("key", required=False)
@click.option("--all", "every", is_flag=True, help="all that wait or were given up")
@click.option("--operator", callback=words_to_record, help="who, where several people use this account")
def retry(key: str | None, every: bool, operator: str | None) -> None:
    """Try a notification again at once, or all of them. That you did is recorded."""
    if bool(key) == every:
        raise click.UsageError("give a KEY of `flagging notify list`, or --all")
    settings = read_settings(os.environ)
    who = {"caller": shell_account(), "operator": operator}
    number = try_again(open_ledger(settings), open_keyring(settings), who, key)
    click.echo(f"{number} to be tried at once")
