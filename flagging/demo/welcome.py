"""What the demo says once it answers: where it is, how to sign in, and one command to paste."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

from flagging.terms import Role


def welcome(base_url: str, credentials: Path, question: dict[str, Any]) -> str:
    """Return the text; the command reads its token from the credentials file and can be pasted into any shell."""
    return f"""
Address    {base_url}
Sign in    there with the username and password of a role, or by API with its token, from {credentials}
Try        a lookup by a custody suite:

{curl_command(base_url, credentials, question)}

The other commands find this demo from another terminal by its state directory, for instance:

{show_command(credentials.parent)}

Ctrl-C stops all that was started here.
"""


def show_command(state_dir: Path) -> str:
    """Return one line for a POSIX shell that shows the register of the demo, whatever directory it is run in."""
    return f"FLAGGING_STATE_DIR={shlex.quote(str(state_dir))} {shlex.quote(sys.executable)} -m flagging register show"


def curl_command(base_url: str, credentials: Path, question: dict[str, Any]) -> str:
    """Return one line for a POSIX shell; a token, unlike an account, is a string that begins with its mark."""
    find_token = rf's/.*"{Role.CUSTODY}": *"\(flg_[^"]*\)".*/\1/p'
    token = f"$(sed -n {shlex.quote(find_token)} {shlex.quote(str(credentials))})"
    body = shlex.quote(json.dumps(question))
    return (
        f"curl -sS {base_url}/v1/lookups "
        f'-H "Authorization: Bearer {token}" -H "Content-Type: application/json" -d {body}'
    )
