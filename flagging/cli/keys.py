"""`flagging keys`: which keys there are, and another one in place of the newest without a lookup failing."""

import os
from collections.abc import Iterator

import click

from flagging.cli.account import reason_or_ask, shell_account, words_to_record
from flagging.cli.ledger_setup import ledger_resealer
from flagging.cli.setup import open_access, open_keys, open_publisher, open_recorder, open_store
from flagging.errors import StoreUnreachable
from flagging.key_file import Entry, FollowedKeys, read_entries
from flagging.ledger.segments import keys_needed
from flagging.logs import set_up_logs
from flagging.register.replica import ReplicaFile
from flagging.register.servers import count_servers
from flagging.settings import Settings, read_settings
from flagging.spool import SPOOL
from flagging.sync.acts import Recorder
from flagging.sync.key_rotation import Rotation
from flagging.sync.note import Notes
from flagging.sync.reseal import Resealer


@click.group()
def keys() -> None:
    """The keys that everything is sealed with."""


@keys.command("list")
def list_all() -> None:
    """List the keys, newest first: what each is good for, and who has or needs it. No secret is shown."""
    settings = read_settings(os.environ)
    set_up_logs(settings.log_level)
    followed = open_keys(settings)
    needed = keys_needed(settings.state_dir / SPOOL)
    for entry in read_entries(followed.path):
        segments = f", needed by {needed[entry['id']]} segments of this host's spool" if needed[entry["id"]] else ""
        click.echo(
            f"{entry['id']}  made {entry.get('created_at', 'at a time not recorded')}  {_state(entry)}{segments}"
        )
    click.echo(_servers(settings, followed))


@keys.command()
@click.option("--retire", is_flag=True, help="end the rotation: put the older keys out of use")
@click.option("--reason", callback=words_to_record, help="why; asked for at a terminal")
@click.option("--operator", callback=words_to_record, help="who, where several people use this account")
def rotate(retire: bool, reason: str | None, operator: str | None) -> None:
    """Make a new key and seal everything anew, without a lookup failing. Repeat it if it was cut short.

    From then on everything is sealed for the new key and the one before. Copy the key file to every other host at
    leisure, then end the rotation with --retire.
    """
    settings = read_settings(os.environ)
    set_up_logs(settings.log_level)
    followed = open_keys(settings)
    with open_recorder(settings, shell_account(), operator, followed.keyring) as recorder:
        rotation = _rotation(settings, recorder, followed)
        for line in _end(rotation, reason) if retire else _begin(rotation, reason):
            click.echo(line)


def _rotation(settings: Settings, recorder: Recorder, keys: FollowedKeys) -> Rotation:
    publisher = open_publisher(settings, keys.keyring)
    notes = Notes(publisher.store, settings.keep_reports)
    seen = ReplicaFile(settings.state_dir, publisher.store).generation
    elsewhere = ledger_resealer(settings, keys.keyring)
    resealer = Resealer(publisher, notes, open_access(settings, keys.keyring), keys.keyring, seen, elsewhere)
    return Rotation(keys, resealer, recorder, settings.state_dir / SPOOL)


def _begin(rotation: Rotation, reason: str | None) -> Iterator[str]:
    is_new = rotation.begin(reason_or_ask(reason))
    older = ", ".join(key.key_id for key in rotation.keys.keyring.in_use[1:])
    yield f"{rotation.newest} is {'new' if is_new else 'in use already: its rotation is under way'}"
    yield f"everything is sealed for it and for {older}"
    yield f"next: copy {rotation.keys.path} to every other host, then `flagging keys rotate --retire`"


def _end(rotation: Rotation, reason: str | None) -> Iterator[str]:
    left = rotation.end(reason_or_ask(reason))
    yield f"everything is sealed for {rotation.newest} alone"
    for key_id in left:
        yield f"{key_id} is kept to open segments of this host's spool; repeat this once they are gone"
    yield f"copy {rotation.keys.path} to every other host once its spool needs no older key: `flagging keys list` there"


def _state(entry: Entry) -> str:
    if "secret" not in entry:
        return "retired: verifies receipts"
    return "superseded: opens the spool, verifies receipts" if "superseded_at" in entry else "in use"


def _servers(settings: Settings, followed: FollowedKeys) -> str:
    newest = followed.keyring.key_id
    try:
        servers = count_servers(open_store(settings, followed.keyring).client, newest)
    except StoreUnreachable as error:
        return f"who has {newest} cannot be told: {error}"
    return f"{servers.with_newest_key} of {servers.following} server processes connected have {newest}"
