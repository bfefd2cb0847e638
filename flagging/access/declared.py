"""To whom an address is open, declared beside its handler: the same for the API and for people's pages.

Deny by default: an address without a declaration answers nobody, and a test fails on it.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask

from flagging.terms import Role

EVERY_ROLE: Final = frozenset(Role)
LOOKUP_ROLES: Final = frozenset({Role.CUSTODY, Role.ARREST_REFERRAL, Role.PRISON})
ANYBODY: Final[frozenset[Role]] = frozenset()

View = TypeVar("View", bound=Callable[..., Any])


def open_to(roles: frozenset[Role]) -> Callable[[View], View]:
    """Declare which roles may call an address; ANYBODY needs neither token nor sign-in."""

    def declare(view: View) -> View:
        view.roles = roles  # type: ignore[attr-defined]
        return view

    return declare


def declared_roles(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Return the roles an endpoint was declared open to; None if nobody declared any."""
    return getattr(app.view_functions[endpoint], "roles", None)
