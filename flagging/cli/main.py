"""The `flagging` command itself: which commands there are, and what becomes of their errors."""

from importlib import import_module
from typing import Any

import click

from flagging import __version__
from flagging.compilation import IS_COMPILED
from flagging.errors import FlaggingError

COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "worker": "worker",
    "sync": "sync",
    "register": "register",
    "lookup": "lookup",
    "match-report": "match_report",
    "access": "access",
    "keys": "keys",
    "ledger": "ledger",
    "notify": "notify",
    "return": "monthly_return",
    "synth": "synth",
    "check-config": "check_config",
}
"""Each command with its module in `flagging.cli`, and its function there, which is named alike."""


class Commands(click.Group):
    """Imports a command when it is asked for, as all of them together are most of the service, seconds on a busy host.

    An error of the service becomes its one line, wherever it was raised.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click has it
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        name = COMMANDS.get(cmd_name)
        if name is None:
            return None
        try:
            module = import_module(f"flagging.cli.{name}")
        except FlaggingError as error:  # what is said of the commands imports them all, before any is invoked
            raise click.ClickException(str(error)) from None
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:  # names the nearest of those it holds itself: none
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FlaggingError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Commands)
@click.version_option(
    __version__, prog_name="flagging", message=f"%(prog)s, version %(version)s, {'' if IS_COMPILED else 'not '}compiled"
)
def main() -> None:
    """Is this person a Prolific or other Priority Offender?

    Settings are environment variables: see `flagging check-config --show`.
    """
