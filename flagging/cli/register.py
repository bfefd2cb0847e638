"""`flagging register`: which edition is current, how the last syncs went, and what an administrator may change."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
import orjson

from flagging.cli.account import reason_or_ask, shell_account, words_to_record
from flagging.cli.overlaps import overlaps
from flagging.cli.setup import open_keyring, open_publisher, open_recorder, open_store
from flagging.entries import EntryKind
from flagging.errors import EditionUnverified
from flagging.register.edition import load_records
from flagging.register.freshness import AgeLimits, Vouched, assess
from flagging.register.kept_report import in_words, summary
from flagging.register.manifest import Manifest
from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore, Sighting
from flagging.settings import Settings, read_settings
from flagging.sync.acts import Act
from flagging.sync.note import Notes
from flagging.sync.removal import Removals
from flagging.sync.removal import confirm_removal as confirm
from flagging.sync.synchronise import london_today

REASON = click.option("--reason", callback=words_to_record, help="why; asked for at a terminal")
OPERATOR = click.option("--operator", callback=words_to_record, help="who, where several people use this account")


@click.group()
def register() -> None:
    """The register: its editions, and how the last syncs went."""


@register.command()
@click.option("--report", help="the kept report with this id, or `last`, in full")
@click.option("--json", "as_json", is_flag=True, help="as JSON; the reports in full")
def show(report: str | None, as_json: bool) -> None:
    """Show the current edition, having verified it, and the reports of the last syncs."""
    settings = read_settings(os.environ)
    store = _store(settings)
    if report is not None:
        found = _report(store, report)
        click.echo(_json(found) if as_json else in_words(found, most=len(found["warnings"]) + len(found["rejected"])))
        return
    sighting = store.look()
    trouble, standing = None, {}
    try:
        standing = dict(_standing(_verified(store, sighting), sighting, settings))
    except EditionUnverified as error:
        trouble = str(error)
    reports = store.log.reports()
    last_sync = {name: (sighting.last_sync or {}).get(name) for name in ("result", "at", "guard", "reason", "forced")}
    if as_json:
        click.echo(_json({"trouble": trouble, **standing, "last_sync": last_sync, "reports": reports}))
    else:
        for name, value in (*(_in_words(standing) if standing else ()), *_sync_in_words(last_sync)):
            click.echo(f"{name:14}{value}")
        for each in reports:
            click.echo(_report_line(summary(each)))
    if trouble is not None:
        raise click.ClickException(trouble)


@register.command()
def editions() -> None:
    """List the kept editions, oldest first."""
    store = _store(read_settings(os.environ))
    pointer = store.look().pointer
    for number in store.kept():
        mark = "*" if pointer and pointer.edition == number else " "
        try:
            manifest = store.manifest(number)
        except EditionUnverified as error:
            click.echo(f"{mark} {number:>6}  does not verify: {error}")
        else:
            click.echo(f"{mark} {number:>6}  built {_when(manifest.built_at)}  {_counted(manifest)}")


@register.command()
@click.argument("number", type=int)
@REASON
@OPERATOR
def rollback(number: int, reason: str | None, operator: str | None) -> None:
    """Go back to a kept edition, or forward again.

    It stays current until another list arrives, or until `flagging sync` is told to take over the one there is.
    """
    settings = read_settings(os.environ)
    publisher = open_publisher(settings, open_keyring(settings))
    with open_recorder(settings, shell_account(), operator) as recorder:
        act = Act(EntryKind.ROLLBACK, reason_or_ask(reason))
        manifest = publisher.roll_back(
            number,
            lambda manifest: recorder.record_ordered(act, manifest.number),
            seen=ReplicaFile(settings.state_dir, publisher.store).generation(),
        )
    click.echo(f"edition {manifest.number} is current again: {_counted(manifest)}")


@register.command()
@click.argument("ref")
@REASON
@OPERATOR
def confirm_removal(ref: str, reason: str | None, operator: str | None) -> None:
    """Confirm that a person who is missing from the list is really gone: former from today, later erased."""
    settings = read_settings(os.environ)
    publisher = open_publisher(settings, open_keyring(settings))
    notes = Notes(publisher.store, settings.keep_reports)
    seen = ReplicaFile(settings.state_dir, publisher.store).generation()
    with open_recorder(settings, shell_account(), operator) as recorder:
        removals = Removals(publisher, notes, recorder, seen)
        confirmed = confirm(removals, ref, reason_or_ask(reason), london_today())
    if confirmed.edition is None:
        click.echo(f"{ref} is former already, since {confirmed.record.removed_on}: nothing to do")
    else:
        click.echo(f"{ref} is former from {confirmed.record.removed_on}: edition {confirmed.edition}")


register.add_command(overlaps)


def _store(settings: Settings) -> EditionStore:
    return open_store(settings, open_keyring(settings))


def _verified(store: EditionStore, sighting: Sighting) -> Manifest:
    if sighting.pointer is None:
        raise EditionUnverified("Redis holds no register: lookups cannot be confirmed")
    manifest = store.pointed(sighting.pointer)
    load_records(manifest, store.chunks_of(manifest), store.seal)
    return manifest


def _report(store: EditionStore, name: str) -> dict[str, Any]:
    reports = store.log.reports()
    found = reports[:1] if name == "last" else [report for report in reports if report.get("id") == name]
    if not found:
        raise click.ClickException("no such report is kept: `flagging register show` lists them")
    return found[0]


def _standing(manifest: Manifest, sighting: Sighting, settings: Settings) -> Iterator[tuple[str, Any]]:
    """Yield what there is to say of the current edition; times in Unix seconds."""
    pointer, heartbeat = sighting.pointer, sighting.heartbeat_of(manifest.fingerprint)
    checked_at = heartbeat.checked_at if heartbeat else manifest.checked_at
    list_dated = heartbeat.list_dated if heartbeat else manifest.list_dated
    limits = AgeLimits(settings.stale_after, settings.list_stale_after, settings.refuse_after)
    freshness = assess(Vouched(checked_at, list_dated, sighting.now, 0.0), limits, 0.0)
    counts = manifest.counts
    yield "edition", manifest.number
    yield "because", pointer.because if pointer else None
    yield "holds", bool(pointer and pointer.hold)
    yield "state", "refused" if freshness.is_refused else freshness.state
    yield "counts", {"active": counts.active, "former": counts.former, "missing": counts.missing}
    yield "list", manifest.list_name
    yield "list_dated", _when(list_dated)
    yield "checked_at", _when(checked_at)
    yield "age_seconds", int(freshness.age_seconds)
    yield "caveats", list(manifest.caveats)


def _in_words(standing: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "edition", f"{standing['edition']}, {standing['because']}, verified"
    yield "records", "{active} active, {former} former, {missing} missing from the list".format(**standing["counts"])
    if standing["holds"]:
        yield "hold", "until another list arrives, or `flagging sync`"
    yield "state", _STATES[standing["state"]]
    yield "list", f"{standing['list']}, dated {standing['list_dated']}"
    yield "last checked", f"{standing['checked_at']}, {standing['age_seconds']} s ago"
    yield from (("caveat", caveat) for caveat in standing["caveats"])


def _sync_in_words(last: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "last sync", f"{last['result'] or 'none'} at {last['at'] or '-'}"
    if last["guard"]:
        yield "guard", last["guard"]
    if last["reason"]:
        yield "reason", last["reason"]
    if last["forced"]:
        yield "forced past", ", ".join(last["forced"])


_STATES = {
    "current": "current",
    "stale": "stale: finding nobody is no answer",
    "refused": "too old: nothing is answered from it",
}


def _report_line(report: dict[str, Any]) -> str:
    edition = f"edition {report['edition']}" if report["edition"] is not None else report["guard"] or ""
    times = f" ({report['times']} times since {report['first_at'][:16]})" if report["times"] > 1 else ""
    told = ", ".join(f"{number} {name}" for name, number in report["counts"].items() if number)
    return f"report {report['id']}  {report['finished_at'][:19]}  {report['result']} {edition}{times}  {told}"


def _counted(manifest: Manifest) -> str:
    counts = manifest.counts
    return f"{counts.active} active, {counts.former} former, {counts.missing} missing from the list"


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")


def _json(document: dict[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
