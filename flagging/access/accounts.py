"""Signing in with a local account: the same answer, after the same time, whatever is wrong."""

import secrets
from base64 import b64encode
from hashlib import sha256
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import ARGON2_VERSION

from flagging.access.access_list import AccessList, Account
from flagging.access.person import LOCAL, Person

LONGEST_PASSWORD: Final = 1024
"""Bytes; hashing more would only cost us time."""


class Accounts:
    """Knows people by username and password."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._nobodys = _digest_of_no_password(self._hasher)

    def person(self, known: AccessList, username: str, password: str) -> Person | None:
        """Return the person whose account this is; None for a wrong name, a wrong password, a revoked account.

        A name that nobody has costs the same hash as a wrong password.
        """
        account = _account_of(known, username)
        is_right = self._is_right(account.password_digest if account else self._nobodys, password)
        return person_of(account) if account and is_right else None

    def _is_right(self, digest: str, password: str) -> bool:
        plain = password.encode("utf-8", "surrogatepass")
        try:
            return self._hasher.verify(digest, plain) and len(plain) <= LONGEST_PASSWORD
        except (Argon2Error, InvalidHashError):
            return False


def _digest_of_no_password(hasher: PasswordHasher) -> str:
    """Return a digest made up by chance, as costly to check as one that the hasher makes, and free to make.

    A password of which it is the digest is not to be found, and would sign nobody in.
    """
    salt, digest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


def is_still_in_use(known: AccessList, person: Person) -> bool:
    """Tell whether the local account that somebody signed in with is still the same, with the same role."""
    account = _account_of(known, person.subject)
    return account is not None and person_of(account) == person


def has_account(known: AccessList, username: str) -> bool:
    return _account_of(known, username) is not None


def person_of(account: Account) -> Person:
    return Person(account.username, account.role, LOCAL, account.username, _stamp(account))


def _account_of(known: AccessList, username: str) -> Account | None:
    return next((each for each in known.accounts if each.username == username and not each.revoked_at), None)


def _stamp(account: Account) -> str:
    return sha256(f"{account.created_at} {account.password_digest}".encode()).hexdigest()[:16]
