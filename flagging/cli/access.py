"""`flagging access`: who may ask."""

import os
from datetime import UTC, datetime, timedelta

import click

from flagging.access.access_list import AccessList
from flagging.access.person import LOCAL, Person
from flagging.access.sessions import Sessions
from flagging.cli.setup import open_access
from flagging.errors import FlaggingError
from flagging.key_file import load_keyring
from flagging.redis_connection import connect
from flagging.settings import needed, read_settings
from flagging.terms import Role

SHORTEST_PASSWORD = 12


@click.group()
def access() -> None:
    """API tokens and local accounts."""


@access.command("issue-token")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", required=True, help="the system it is for, as it will stand in the ledger")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="days until it expires")
def issue_token(role: str, name: str, days: int) -> None:
    """Issue a token. It is shown once, and kept nowhere."""
    now = datetime.now(UTC)
    issued: list[str] = []

    def alter(known: AccessList) -> AccessList:
        changed, token = known.issue(name, Role(role), now, now + timedelta(days=days))
        issued[:] = [token]
        return changed

    open_access(read_settings(os.environ)).change(alter)
    click.echo(issued[0])


def _long_enough(_: click.Context, option: click.Parameter, value: str) -> str:
    """Return a password; refuse a short one, which the limits on attempts would not keep from being guessed."""
    if len(value) < SHORTEST_PASSWORD:
        raise click.BadParameter(f"must be at least {SHORTEST_PASSWORD} characters long", param=option)
    return value


@access.command("add-user")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.argument("username")
@click.password_option(callback=_long_enough)
def add_user(role: str, username: str, password: str) -> None:
    """Add a local account."""
    now = datetime.now(UTC)
    open_access(read_settings(os.environ)).change(lambda known: known.add_account(username, Role(role), password, now))
    click.echo(f"{username} is {role}")


@access.command()
@click.argument("who")
def revoke(who: str) -> None:
    """Revoke a token (by its id) or an account (by its name), on every server within a second."""
    open_access(read_settings(os.environ)).change(lambda known: known.revoke(who, datetime.now(UTC)))
    click.echo(f"{who} is revoked")


@access.command("sign-out")
@click.argument("who")
@click.option("--issuer", default=LOCAL, help="the provider that vouches for them; WHO is then their `sub` there")
def sign_out(who: str, issuer: str) -> None:
    """End all sessions of a person at once: of a local account by its name."""
    settings = read_settings(os.environ)
    url = settings.sessions_url or needed(settings.redis_url, "FLAGGING_REDIS_URL")
    keyring = load_keyring(needed(settings.key_file, "FLAGGING_KEY_FILE"))
    with connect(url) as client:
        sessions = Sessions(client, keyring, settings.session_idle, settings.session_longest)
        sessions.end_all(Person(who, Role.AUDITOR, issuer, who))
    click.echo(f"{who} is signed out everywhere")


@access.command("list")
def list_all() -> None:
    """List tokens and accounts; what they are checked by is never shown."""
    found = open_access(read_settings(os.environ))
    found.look()
    if found.access_list is None:
        raise FlaggingError("no access list is known yet: issue a token")
    for token in found.access_list.tokens:
        state = f"revoked {token.revoked_at}" if token.revoked_at else f"expires {token.expires_at or 'never'}"
        click.echo(f"token    {token.token_id:12}{token.role:16}{state:36}{token.name}")
    for account in found.access_list.accounts:
        state = f"revoked {account.revoked_at}" if account.revoked_at else "in use"
        click.echo(f"account  {'':12}{account.role:16}{state:36}{account.username}")
