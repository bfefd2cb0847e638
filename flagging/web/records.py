"""What the pages tell the ledger about who came and went."""

from typing import Final

from flask import request

from flagging.access.accounts import has_account
from flagging.access.caller import Caller
from flagging.errors import SpoolUnwritable
from flagging.web.gate import browser, caller
from flagging.web.parts import parts

LONGEST_USERNAME: Final = 256


def record_signed_in() -> None:
    """Record whoever has just signed in; raises SpoolUnwritable, and signs them out, where that cannot be done."""
    if not parts().records.signed_in(caller(), address()):
        browser().sign_out()
        raise SpoolUnwritable("the sign-in could not be recorded")


def record_signed_out(who: Caller, *, everywhere: bool) -> None:
    """Record whoever has just signed out."""
    parts().records.signed_out(who, address(), everywhere=everywhere)


def record_refused(reason: str, username: str = "") -> None:
    """Record that somebody was not signed in; the name they typed only if there is such an account."""
    known = parts().access.access_list
    name = username if known is not None and has_account(known, username) else None
    parts().records.sign_in_refused(reason, address(), name)


def address() -> str:
    return request.remote_addr or ""
