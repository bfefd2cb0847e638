"""The access list: API tokens and local accounts, as one versioned document. Pure: storing it is `live`'s work.

A token is `flg_ID_SECRET`. Only the SHA-256 of the secret is kept: it has 256 random bits, so nothing is gained by a
slow hash. A password has far fewer and is kept as argon2id.
"""

import hmac
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Self

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from flagging.access.caller import Caller
from flagging.errors import AccessChangeRefused
from flagging.terms import Role

TOKEN_MARK: Final = "flg"  # noqa: S105 - a prefix that lets secret scanners recognise a leaked token
ID_BYTES, SECRET_BYTES = 5, 32


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it is kept. Times are ISO 8601 in UTC; a token without `expires_at` does not expire."""

    token_id: str
    name: str
    role: Role
    secret_digest: str = field(repr=False)
    created_at: str = ""
    expires_at: str | None = None
    revoked_at: str | None = None

    def is_valid(self, now: datetime) -> bool:
        if self.revoked_at is not None:
            return False
        return self.expires_at is None or now < datetime.fromisoformat(self.expires_at)


@dataclass(frozen=True, slots=True)
class Account:
    """A person's local account as it is kept."""

    username: str
    role: Role
    password_digest: str = field(repr=False)
    created_at: str = ""
    revoked_at: str | None = None


@dataclass(frozen=True, slots=True)
class AccessList:
    """Everybody who may ask. `version` grows with every change, so that an older copy is never taken for newer."""

    version: int = 0
    tokens: tuple[Token, ...] = ()
    accounts: tuple[Account, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        return cls(
            version=found["version"],
            tokens=tuple(Token(**{**entry, "role": Role(entry["role"])}) for entry in found["tokens"]),
            accounts=tuple(Account(**{**entry, "role": Role(entry["role"])}) for entry in found["accounts"]),
        )

    def issue(self, name: str, role: Role, now: datetime, expires_at: datetime | None) -> tuple[Self, str]:
        """Return the list with a new token, and the token itself, which nobody can show again."""
        token_id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        token = Token(
            token_id, name, role, _digest(secret), _written(now), None if expires_at is None else _written(expires_at)
        )
        return replace(self, tokens=(*self.tokens, token)), f"{TOKEN_MARK}_{token_id}_{secret}"

    def add_account(self, username: str, role: Role, password: str, now: datetime) -> Self:
        """Raises AccessChangeRefused when an account of that name is in use."""
        if any(account.username == username and not account.revoked_at for account in self.accounts):
            raise AccessChangeRefused("an account of that name exists")
        account = Account(username, role, PasswordHasher().hash(password), _written(now))
        return replace(self, accounts=(*self.accounts, account))

    def revoke(self, who: str, now: datetime) -> Self:
        """Revoke the token with the id `who`, or the account of that name; AccessChangeRefused if there is none."""
        at = _written(now)
        tokens = tuple(
            replace(token, revoked_at=at) if token.token_id == who and not token.revoked_at else token
            for token in self.tokens
        )
        accounts = tuple(
            replace(account, revoked_at=at) if account.username == who and not account.revoked_at else account
            for account in self.accounts
        )
        if (tokens, accounts) == (self.tokens, self.accounts):
            raise AccessChangeRefused("no token or account of that name is in use")
        return replace(self, tokens=tokens, accounts=accounts)

    def may_still_ask(self, caller_id: str, role: str, now: datetime) -> bool:
        """Tell whether a caller of a lookup, known by its id, is still one, with the same role.

        Whoever a provider vouches for stands in no list: that is seen when they come again.
        """
        for token in self.tokens:
            if token.token_id == caller_id:
                return token.is_valid(now) and token.role == role
        mark, _, username = caller_id.partition(":")
        if mark != "local":
            return True
        return any(each.username == username and not each.revoked_at and each.role == role for each in self.accounts)

    def account_with(self, username: str, password: str) -> Account | None:
        """Return the account whose name and password these are."""
        for account in self.accounts:
            if account.username == username and not account.revoked_at:
                try:
                    PasswordHasher().verify(account.password_digest, password)
                except (Argon2Error, InvalidHashError):
                    return None
                return account
        return None


class TokenBook:
    """The tokens of one access list, ready to be asked on every request."""

    def __init__(self, access_list: AccessList) -> None:
        self._tokens = {token.token_id: token for token in access_list.tokens}
        self._callers = {token.token_id: Caller(token.token_id, token.name, token.role) for token in access_list.tokens}
        self._stranger = Token("", "", Role.AUDITOR, _digest(secrets.token_urlsafe(SECRET_BYTES)))

    def caller(self, presented: str, now: datetime) -> Caller | None:
        """Return the caller a presented token stands for, or None.

        An unknown id costs the same comparison as a wrong secret, and comparing takes the same time wherever the
        difference lies.
        """
        mark, _, rest = presented.partition("_")
        token_id, _, secret = rest.partition("_")
        token = self._tokens.get(token_id, self._stranger)
        is_right = hmac.compare_digest(token.secret_digest, _digest(secret))
        if not is_right or mark != TOKEN_MARK or token is self._stranger or not token.is_valid(now):
            return None
        return self._callers[token_id]


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
