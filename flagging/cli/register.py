"""`flagging register`: which edition is current, which are kept, and going back to one."""

import os
from datetime import UTC, datetime

import click

from flagging.cli.setup import open_keyring, open_publisher, open_store
from flagging.errors import EditionUnverified
from flagging.register.edition import load_records
from flagging.register.manifest import Manifest
from flagging.register.store import EditionStore
from flagging.settings import read_settings


@click.group()
def register() -> None:
    """The editions of the register."""


@register.command()
def show() -> None:
    """Show the current edition, having verified it."""
    store = _store()
    sighting = store.look()
    if sighting.pointer is None:
        raise click.ClickException("Redis holds no register: lookups cannot be confirmed")
    number = sighting.pointer.edition
    manifest = store.manifest(number)
    load_records(manifest, lambda at: store.chunk(number, at), store.seal)
    heartbeat = sighting.heartbeat
    checked_at = heartbeat.checked_at if heartbeat and heartbeat.edition == number else manifest.built_at
    list_dated = heartbeat.list_dated if heartbeat and heartbeat.edition == number else manifest.list_dated
    last_sync = sighting.last_sync or {}
    for name, value in (
        ("edition", f"{number}, {sighting.pointer.because}, verified"),
        ("records", _counts(manifest)),
        ("list", f"{manifest.list_name}, dated {_when(list_dated)}"),
        ("last checked", f"{_when(checked_at)}, {max(0, int(sighting.now - checked_at))} s ago"),
        ("last sync", f"{last_sync.get('result', 'none')} at {last_sync.get('at', '-')}"),
        *(("caveat", caveat) for caveat in manifest.caveats),
    ):
        click.echo(f"{name:14}{value}")


@register.command()
def editions() -> None:
    """List the kept editions, oldest first."""
    store = _store()
    pointer = store.look().pointer
    for number in store.kept():
        mark = "*" if pointer and pointer.edition == number else " "
        try:
            manifest = store.manifest(number)
        except EditionUnverified as error:
            click.echo(f"{mark} {number:>6}  does not verify: {error}")
        else:
            click.echo(f"{mark} {number:>6}  built {_when(manifest.built_at)}  {_counts(manifest)}")


@register.command()
@click.argument("number", type=int)
def rollback(number: int) -> None:
    """Go back to a kept edition. It stays current until another list arrives."""
    settings = read_settings(os.environ)
    manifest = open_publisher(settings, open_keyring(settings)).roll_back(number)
    click.echo(f"edition {manifest.number} is current again: {_counts(manifest)}")


def _store() -> EditionStore:
    settings = read_settings(os.environ)
    return open_store(settings, open_keyring(settings))


def _counts(manifest: Manifest) -> str:
    counts = manifest.counts
    return f"{counts.active} active, {counts.former} former, {counts.missing} missing from the list"


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
