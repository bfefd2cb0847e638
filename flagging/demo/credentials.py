"""One token and one account per role for trying the service out, kept in a file of the state directory.

They are made once and used again by the next demo for as long as the access list still knows them.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from flagging.access.access_list import AccessList
from flagging.access.live import LiveAccess
from flagging.terms import Role

PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True)
class Credentials:
    """What `demo-credentials.json` holds: where to ask, a token per role, a username and password per role."""

    base_url: str
    tokens: dict[str, str]
    users: dict[str, dict[str, str]]


def ensure_credentials(path: Path, access: LiveAccess, base_url: str) -> Credentials:
    """Return working credentials for every role and write them to `path`, readable by its owner alone."""
    access.look()
    known = _read(path)
    tokens, users = {}, {}
    for role in Role:
        token, user = known.tokens.get(role, ""), known.users.get(role, {})
        if not _are_valid(access, role, token, user):
            token, user = _renew(access, role)
        tokens[role.value], users[role.value] = token, user
    credentials = Credentials(base_url, tokens, users)
    _write(path, credentials)
    return credentials


def _are_valid(access: LiveAccess, role: Role, token: str, user: dict[str, str]) -> bool:
    caller = access.caller(token)
    if caller is None or caller.role is not role or access.access_list is None:
        return False
    account = access.access_list.account_with(user.get("username", ""), user.get("password", ""))
    return account is not None and account.role is role


def _renew(access: LiveAccess, role: Role) -> tuple[str, dict[str, str]]:
    """Put a new token and account for `role` in the place of those of an earlier demo, whose secrets are lost."""
    name, password, now = f"demo-{role}", secrets.token_urlsafe(PASSWORD_BYTES), datetime.now(UTC)
    issued = []

    def alter(found: AccessList) -> AccessList:
        outdated = [token.token_id for token in found.tokens if token.name == name and not token.revoked_at]
        outdated += [
            account.username for account in found.accounts if account.username == name and not account.revoked_at
        ]
        for each in outdated:
            found = found.revoke(each, now)
        found, token = found.issue(name, role, now, None)
        issued.append(token)
        return found.add_account(name, role, password, now)

    access.change(alter)
    return issued[-1], {"username": name, "password": password}


def _read(path: Path) -> Credentials:
    """Return what an earlier demo wrote; nothing where that is missing or damaged, as new ones cost nothing."""
    try:
        found = Credentials(**json.loads(path.read_bytes()))
        return Credentials(found.base_url, dict(found.tokens), {role: dict(user) for role, user in found.users.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return Credentials("", {}, {})


def _write(path: Path, credentials: Credentials) -> None:
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(credentials), file, indent=1)
        file.write("\n")
    part.replace(path)
