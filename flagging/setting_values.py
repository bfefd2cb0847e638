"""How single setting values are written: durations, rates, addresses, places; each parser says what it expects.

A message never repeats the value: an address may carry a password.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from environs import ValidationError

from flagging.sentinel_address import is_sentinel_address, parse_sentinel_address

DURATION_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
RATE_UNITS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class Rate:
    """How much one caller may ask: `count` requests in `seconds`."""

    count: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.count} per {next(unit for unit, seconds in RATE_UNITS.items() if seconds == self.seconds)}"


def mask_secrets(address: str) -> str:
    """Return an address without password and query, which may carry tokens; a path stays as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "***"
    if not parts.scheme:
        return address
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    password, query = ":***" if colon else "", "?***" if parts.query else ""
    return f"{parts.scheme}://{name}{password}{at}{host}{parts.path}{query}"


def is_safe_address(address: object) -> bool:
    """Tell whether what is sent to an address cannot be read or changed on the way: TLS, or this machine itself."""
    try:
        parts = urlsplit(address) if isinstance(address, str) else SplitResult("", "", "", "", "")
    except ValueError:
        return False
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    return bool(parts.hostname) and (parts.scheme == "https" or is_here)


def _parse_issuer(value: str) -> str:
    if not is_safe_address(value):
        raise ValidationError("must be an https:// address, as the provider itself writes it")
    return value


def _parse_redis_url(value: str) -> str:
    if is_sentinel_address(value):
        try:
            parse_sentinel_address(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return value
    parts = _split(value)
    if parts.scheme not in {"redis", "rediss", "unix"} or not (
        parts.path if parts.scheme == "unix" else parts.hostname
    ):
        raise ValidationError(
            "must be redis://HOST:PORT/DB, rediss://HOST:PORT/DB, unix:///SOCKET "
            "or redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB"
        )
    return value


def _parse_source(value: str) -> str:
    if "://" not in value:
        return str(_parse_place(value))
    parts = _split(value)
    if parts.scheme != "https" or not parts.hostname:
        raise ValidationError("must be a path or an https:// address")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("must not carry a user or password: FLAGGING_MASTER_LIST_TOKEN_FILE names a token")
    return value


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is not a number
    except ValueError:
        raise ValidationError("is not an address") from None
    return parts


def _parse_ledger_url(value: str) -> str:
    parts = _split(value)
    is_file = parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1
    if not is_file and not (parts.scheme == "postgresql" and parts.path.strip("/")):
        raise ValidationError("must be postgresql://USER@HOST/DATABASE or sqlite:////FILE")
    return value


def _parse_smtp_url(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValidationError("must be smtp://USER:PASSWORD@HOST:587 (STARTTLS) or smtps://USER:PASSWORD@HOST:465")
    return value


def _parse_webhook_url(value: str) -> str:
    if not is_safe_address(value) or urlsplit(value).username is not None:
        raise ValidationError("must be an https:// address without a user or password")
    return value


def _parse_place(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _parse_duration(value: str) -> float:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?([smhd]?)", value.strip(), re.ASCII)
    if not found or not float(found[1]):
        raise ValidationError("must be seconds, or a number followed by s, m, h or d")
    return float(found[1]) * DURATION_UNITS[found[2]]


def _parse_rate(value: str) -> Rate:
    found = re.fullmatch(r"([1-9]\d{0,8}) per (second|minute|hour)", value.strip(), re.ASCII)
    if not found:
        raise ValidationError("must be like `100 per second`, or per minute or hour")
    return Rate(int(found[1]), RATE_UNITS[found[2]])


PARSERS: dict[str, Callable[[str], Any]] = {
    "redis_url": _parse_redis_url,
    "source": _parse_source,
    "issuer": _parse_issuer,
    "ledger_url": _parse_ledger_url,
    "smtp_url": _parse_smtp_url,
    "webhook_url": _parse_webhook_url,
    "place": _parse_place,
    "duration": _parse_duration,
    "rate": _parse_rate,
}
