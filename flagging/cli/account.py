"""Who sits at the shell and what they say: how the ledger names the caller of a command, and the words it keeps."""

import contextlib
import os
import pwd
import sys

import click


def shell_account() -> str:
    """Return `shell:` and the name of the operating system's user, its number where it has none."""
    with contextlib.suppress(KeyError):
        return f"shell:{pwd.getpwuid(os.getuid()).pw_name}"
    return f"shell:{os.getuid()}"


def words_to_record(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Return what was given for an option, None where blank; bytes of the terminal that are no text are refused."""
    if value is None or not value.strip():
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        raise click.BadParameter("is not valid UTF-8", param=option) from None
    return value.strip()


def reason_or_ask(reason: str | None) -> str | None:
    """Return the reason of an act; whoever gave none is asked for it, if somebody sits at a terminal."""
    if reason is None and sys.stdin.isatty():
        return str(click.prompt("Reason, for the ledger", default="", show_default=False)).strip() or None
    return reason
