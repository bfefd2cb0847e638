"""The address of a master list: https, without credentials in it, and what it may be called in a report."""

from urllib.parse import SplitResult, unquote, urlsplit

from flagging.errors import SourceUnreadable


def is_address(where: str) -> bool:
    """Tell an address from a path."""
    return "://" in where


def name_of_address(where: str) -> str:
    """Return the last part of an address's path, or its host: what reports call it."""
    try:
        parts = urlsplit(where)
        name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or ""
    except ValueError:
        name = ""
    return "".join(character for character in name if character.isprintable()) or "the address"


def split_address(where: str) -> SplitResult:
    """Return the parts of an https address without credentials; raises SourceUnreadable for any other."""
    try:
        parts = urlsplit(where)
        _ = parts.port
    except ValueError:
        raise SourceUnreadable("is not an address") from None
    if parts.scheme != "https" or not parts.hostname:
        raise SourceUnreadable("must be a path or an https:// address")
    if parts.username is not None or parts.password is not None:
        raise SourceUnreadable("must not carry a user or password: FLAGGING_MASTER_LIST_TOKEN_FILE names a token")
    return parts._replace(fragment="")


def origin_of(parts: SplitResult) -> tuple[str, str | None, int]:
    """Return what tells one server from another: scheme, host and port."""
    return parts.scheme, parts.hostname, parts.port or 443
