"""`flagging ledger`: is the record as it was written, who looked at whom, and an extract of it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click
import orjson

from flagging.cli.account import shell_account, words_to_record
from flagging.cli.ledger_setup import open_keeper, open_ledger, open_witness
from flagging.cli.notify_setup import what_follows
from flagging.cli.setup import open_keyring
from flagging.entries import EntryKind
from flagging.errors import QuestionInvalid
from flagging.ledger.consultation import Consultation, Reader
from flagging.ledger.export import write_csv
from flagging.ledger.inspection import InspectionFile
from flagging.ledger.keeper import drain_once
from flagging.ledger.proof import Prover
from flagging.ledger.search import Found, LedgerSearch, OpenedLedger, Sought
from flagging.ledger.verify import verify_ledger
from flagging.logs import set_up_logs
from flagging.settings import Settings, read_settings
from flagging.spool import SPOOL, Spool

EXIT_BROKEN = 1
LONDON = ZoneInfo("Europe/London")


@click.group()
def ledger() -> None:
    """The record of every lookup: verify it, search it, extract from it."""


@ledger.command()
@click.option("--receipt", help="only whether this receipt proves the lookup of --lookup-id")
@click.option("--lookup-id", help="the id that the receipt came with")
@click.option(
    "--answer", type=click.File("rb"), help="only whether this answer (its JSON, - for standard input) was given"
)
@click.option("--json", "as_json", is_flag=True, help="the result as JSON")
def verify(receipt: str | None, lookup_id: str | None, answer: Any, as_json: bool) -> None:
    """Verify the whole chain and every entry, or one receipt, or one answer. Exits 1 if anything is not as written."""
    if bool(receipt) != bool(lookup_id) or (receipt and answer):
        raise click.UsageError("give --receipt together with --lookup-id, or --answer alone")
    settings = _settings()
    if receipt or answer:
        _verify_one(_prover(settings), receipt, lookup_id, answer)
        return
    keyring = open_keyring(settings)
    with open_ledger(settings).reading() as connection:
        found = verify_ledger(connection, keyring, open_witness(settings, keyring).known())
    InspectionFile(settings.state_dir).keep(found)
    head = found.head
    told = {
        "sound": found.is_sound,
        "entries": found.entries,
        "erased": found.erased,
        "head": head and {"number": head.number, "link": head.link.hex()},
        "faults": found.faults,
        "more_faults": found.more_faults,
    }
    click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() if as_json else _in_words(told))
    sys.exit(0 if found.is_sound else EXIT_BROKEN)


def criteria(command: Any) -> Any:
    """Give a command the options that say which entries are sought."""
    for name, says in (
        ("until", "last day of the period, YYYY-MM-DD, by the clock in England"),
        ("since", "first day of the period, YYYY-MM-DD"),
        ("lookup-id", "one lookup"),
        ("kind", "kind of entry, such as lookup, rollback, sign_in_refused"),
        ("caller", "token id, account or shell:NAME that asked"),
        ("by", "collar or staff number of whoever asked"),
        ("handle", "the handle of a possible match"),
        ("ref", "the reference of a record that the answer concerned"),
        ("identifier", "PNC ID, CRO number, prison number or CRN asked about, in any spelling"),
        ("date-of-birth", "date of birth asked about"),
        ("given-names", "given names asked about"),
        ("family-name", "family name asked about, in any spelling"),
    ):
        command = click.option(f"--{name}", help=says)(command)
    for name, says in (("operator", "who you are, where several use this account"), ("reason", "why you look")):
        command = click.option(f"--{name}", help=f"{says}; recorded", callback=words_to_record)(command)
    return command


@ledger.command()
@criteria
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="whole entries, one JSON object a line")
def search(limit: int, as_json: bool, operator: str | None, reason: str | None, **given: Any) -> None:
    """Show the newest entries that fit, newest first. That you searched is recorded."""
    settings = _settings()
    with _consulted(settings, Asked(EntryKind.LEDGER_SEARCHED, operator, reason, given)) as ledger:
        found = ledger.newest(limit)
    for each in found:
        click.echo(orjson.dumps(_whole(each)).decode() if as_json else _line(each))
    if not found and not as_json:
        click.echo("no entry fits")


@ledger.command()
@criteria
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="a new file; without it standard output")
def export(out: Path | None, operator: str | None, reason: str | None, **given: Any) -> None:
    """Extract all entries that fit as CSV, oldest first. That you did is recorded."""
    with (
        _consulted(_settings(), Asked(EntryKind.LEDGER_EXPORTED, operator, reason, given)) as ledger,
        nullcontext(sys.stdout) if out is None else _new_file(out) as file,
    ):
        number = write_csv(ledger.every(), file)
    click.echo(f"{number} entries", err=True)


@ledger.command()
def drain() -> None:
    """Drain this host's spool once, for a host without a worker, or one that is given up."""
    settings = _settings()
    keyring = open_keyring(settings)
    trouble = drain_once(open_keeper(settings, keyring, what_follows(settings)))
    if trouble:
        raise click.ClickException(trouble)


def _settings() -> Settings:
    settings = read_settings(os.environ)
    set_up_logs(settings.log_level)
    return settings


def _prover(settings: Settings) -> Prover:
    return Prover(open_ledger(settings), open_keyring(settings), settings.state_dir / SPOOL)


def _verify_one(prover: Prover, receipt: str | None, lookup_id: str | None, answer: Any) -> None:
    if receipt is not None and lookup_id is not None:
        fault = prover.prove_receipt(lookup_id, receipt)
        proven = "the receipt is genuine, and its entry stands in the chain"
    else:
        fault = prover.prove_answer(_read_answer(answer))
        proven = "this answer was given: its receipt is genuine, and its entry stands in the chain"
    if fault is not None:
        raise click.ClickException(fault)
    click.echo(proven)


def _read_answer(file: Any) -> dict[str, Any]:
    try:
        answer = orjson.loads(file.read())
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise click.UsageError("--answer: is not the JSON of an answer")
    return answer


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of the ledger, and what is recorded of it; `given` are the options that say what is sought."""

    kind: EntryKind
    operator: str | None
    reason: str | None
    given: dict[str, Any]


@contextmanager
def _consulted(settings: Settings, asked: Asked) -> Iterator[OpenedLedger]:
    """Open the ledger, record that somebody reads it, and hold it open."""
    sought, keyring = _sought(asked.given), open_keyring(settings)
    spool = Spool(settings.state_dir / SPOOL, keyring)
    try:
        reader = Reader(shell_account(), asked.operator, None)
        consultation = Consultation(asked.kind, reader, sought, asked.reason)
        with consultation.opened(LedgerSearch(open_ledger(settings), keyring), spool) as ledger:
            yield ledger
    except QuestionInvalid as error:
        faults = (f"--{fault.where[1:].replace('_', '-')}: {fault.reason}" for fault in error.faults)
        raise click.UsageError("; ".join(faults)) from None
    finally:
        spool.close()


def _sought(given: dict[str, Any]) -> Sought:
    given["operator"] = given.pop("by")
    given["since"] = _day("since", given["since"])
    until = _day("until", given["until"])
    given["until"] = until and until + timedelta(days=1)
    return Sought(**{name: value or None for name, value in given.items()})


def _day(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 a day, not a moment
    except ValueError:
        raise click.UsageError(f"--{option}: must be YYYY-MM-DD") from None
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def _new_file(path: Path) -> TextIO:
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    return os.fdopen(opened, "w", encoding="utf-8", newline="")


def _whole(found: Found) -> dict[str, Any]:
    return {"number": found.number, "receipt": found.receipt} | found.entry


def _line(found: Found) -> str:
    entry = found.entry
    question = entry.get("question") or {}
    who = question.get("operator") or entry.get("operator")
    parts = [
        str(found.number),
        entry.get("at"),
        entry.get("kind"),
        entry.get("caller"),
        who and f"operator {who}",
        question.get("purpose"),
        _asked_about(question.get("person") or {}),
        entry.get("outcome"),
        ", ".join(entry.get("refs") or ()),
        entry.get("reason"),
    ]
    return "  ".join(_one_line(part) for part in parts if part)


def _asked_about(person: dict[str, Any]) -> str:
    given = [value for name, value in person.items() if name != "aliases" and value]
    return f"[{', '.join(map(str, given))}]" if given else ""


def _one_line(text: Any) -> str:
    """Return a text that cannot move the terminal's cursor or look like another line."""
    return "".join(letter if letter.isprintable() else "�" for letter in str(text))


def _in_words(told: dict[str, Any]) -> str:
    head = told["head"]
    lines = [f"{told['entries']} entries, of which the content of {told['erased']} was erased"]
    if head:
        lines.append(f"the chain ends with entry {head['number']}, link {head['link']}")
    lines += told["faults"]
    if told["more_faults"]:
        lines.append(f"and {told['more_faults']} more faults")
    lines.append("sound: everything is as it was written" if told["sound"] else "NOT SOUND")
    return "\n".join(lines)
