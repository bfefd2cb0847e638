"""`flagging lookup`: a lookup from the shell, by the same code and into the same ledger as any other."""

import os
import sys
from typing import Any

import click
import orjson

from flagging.access.caller import Caller
from flagging.api.lookup_reader import LookupReader
from flagging.app import compose_lookups, live_register
from flagging.cli.account import shell_account
from flagging.cli.setup import open_keyring, open_store
from flagging.configuration.load import load_configuration
from flagging.errors import QuestionInvalid
from flagging.logs import set_up_logs
from flagging.lookup.costly import CostlyTurns
from flagging.policy.disclosure import DisclosurePolicy
from flagging.settings import read_settings
from flagging.terms import DrugTest, Need, Role, Setting

PERSON = ("family_name", "given_names", "date_of_birth", "approximate_age")
IDENTIFIERS = ("pnc_id", "cro_number", "prison_number", "crn", "postcode")
EXIT_CANNOT_CONFIRM = 4


def person_options(command: Any) -> Any:
    for name in reversed((*PERSON, *IDENTIFIERS)):
        kind = int if name == "approximate_age" else str
        command = click.option(f"--{name.replace('_', '-')}", name, type=kind)(command)
    return command


@click.command()
@click.option("--operator", required=True, help="the person asking: collar or staff number")
@click.option("--purpose", required=True, help="a purpose of disclosure.toml")
@click.option("--setting", type=click.Choice([setting.value for setting in Setting]), help="if the purpose has several")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="if several roles have the purpose")
@person_options
@click.option("--ocu", help="required on arrest")
@click.option("--prison", help="required in prison settings")
@click.option("--trigger-offence/--no-trigger-offence", default=None)
@click.option("--drug-test", type=click.Choice([result.value for result in DrugTest]))
@click.option("--assessed-need", type=click.Choice([need.value for need in Need]), default="unknown")
@click.option("--client-reference")
@click.option("--json", "as_json", is_flag=True, help="the answer as the API gives it")
def lookup(role: str | None, as_json: bool, **given: Any) -> None:
    """Ask about one person. Exits 4 if nobody can say."""
    _verify_text(given)
    settings = read_settings(os.environ)
    set_up_logs(settings.log_level)
    configuration = load_configuration(settings.config_dir)
    keyring = open_keyring(settings)
    asked_as, setting = _settle(configuration.disclosure, given["purpose"], role, given.pop("setting"))
    caller = Caller(shell_account(), "shell", asked_as)
    body = {name: given.pop(name) for name in tuple(given) if name not in (*PERSON, *IDENTIFIERS)}
    person = {name: value for name, value in given.items() if value is not None}
    register = live_register(settings, configuration, open_store(settings, keyring))
    register.look(wait=True)
    lookups = compose_lookups(settings, configuration, keyring, register, CostlyTurns())
    try:
        question = LookupReader(configuration.directory, configuration.disclosure).question(
            body | {"setting": setting.value, "person": person}, caller
        )
        reply = lookups.look_up(question, caller)
    except QuestionInvalid as error:
        raise click.UsageError("; ".join(f"{fault.where}: {fault.reason}" for fault in error.faults)) from None
    finally:
        lookups.spool.close()
    click.echo(orjson.dumps(reply.body, option=orjson.OPT_INDENT_2).decode() if as_json else _in_words(reply.body))
    if reply.unconfirmed is not None:
        click.echo(reply.unconfirmed, err=True)
        sys.exit(EXIT_CANNOT_CONFIRM)


def _verify_text(given: dict[str, Any]) -> None:
    """Refuse bytes of the terminal that are no text: they could not be recorded."""
    try:
        orjson.dumps(given)
    except orjson.JSONEncodeError:
        raise click.UsageError("what is asked is not all valid UTF-8") from None


def _settle(disclosure: DisclosurePolicy, purpose: str, role: str | None, setting: str | None) -> tuple[Role, Setting]:
    """Return the one role and setting a purpose allows, as far as they are not given."""
    allowed = {
        (may, where)
        for may, grant in disclosure.grants.items()
        for where in grant.purposes.get(purpose, ())
        if role in (None, may.value) and setting in (None, where.value)
    }
    if not allowed:
        raise click.UsageError("no role may state that purpose in that setting: see disclosure.toml")
    if len(allowed) > 1:
        raise click.UsageError("several roles or settings go with that purpose: give --role and --setting")
    return allowed.pop()


def _in_words(body: dict[str, Any]) -> str:
    lines = [f"outcome   {body['outcome']}"]
    referral = body["referral"]
    lines.append(f"route     {referral['route']}: {referral['reason']}")
    if referral["service"]:
        lines.append(f"          {_reach(referral['service'])}")
    for match in body.get("matches", ()):
        lines.append(f"match     {match.get('ppo_ref') or match['handle']}, {match['strength']}")
        lines += [f"  {line['level']:12}{line.get('detail') or line['field']}" for line in match["evidence"]]
        lines += [f"  warning     {warning}" for warning in match.get("warnings", ())]
        lines += [f"  {manager['agency']:12}{_reach(manager)}" for manager in match.get("offender_managers", ())]
        lines.append(f"  duty desk   {_reach(match['duty_desk'])}")
    for action in body["actions"]:
        whom = f": {_reach(action['contact'])}" if action["contact"] else ""
        lines.append(f"action    {action['text']} ({action['due']}){whom}")
    lines += [f"ignored   {ignored['field']}: {ignored['reason']}" for ignored in body.get("ignored", ())]
    lines += [f"caveat    {caveat}" for caveat in body.get("caveats", ())]
    edition, state = body["register"]["edition"], body["register"]["state"]
    lines.append("register  no edition" if edition is None else f"register  edition {edition}, {state}")
    return "\n".join(lines)


def _reach(contact: dict[str, Any]) -> str:
    return ", ".join(filter(None, (contact.get("name"), contact.get("telephone"), contact.get("email"))))
