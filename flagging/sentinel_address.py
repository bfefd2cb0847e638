"""`redis+sentinel://user:password@h1:p1,h2:p2/SERVICE/DB`: where sentinels tell which Redis is the primary.

`rediss+sentinel://` speaks TLS to sentinels and Redis alike, with `?ssl_ca_certs=FILE` and its like as redis-py has it.
User and password are those of Redis; the sentinels' own, where they ask for one, are `?sentinel_username=` and
`?sentinel_password=`. No message repeats any of it.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = ("redis+sentinel", "rediss+sentinel")
FORM = "must be redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB"
OPTIONS = "after the ? may follow sentinel_username, sentinel_password and, with rediss+sentinel://, ssl_*"
SENTINEL_PORT = 26379
_OF_SENTINELS = {"sentinel_username": "username", "sentinel_password": "password"}


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """Sentinels as host and port, the name they know the primary by, and what to present to it and to them."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    database: int
    is_tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    of_sentinels: dict[str, str] = field(default_factory=dict, repr=False)
    tls_options: dict[str, str] = field(default_factory=dict)


def is_sentinel_address(url: str) -> bool:
    return url.partition("://")[0] in SCHEMES


def parse_sentinel_address(url: str) -> SentinelAddress:
    """Raises ValueError, with words for whoever set the address, for anything else than one of sentinels."""
    # Not by `urlsplit`, which refuses several hosts where one that is not the first stands in brackets.
    scheme, _, rest = url.partition("://")
    rest, _, query = rest.partition("?")
    place, _, path = rest.partition("/")
    credentials, _, hosts = place.rpartition("@")
    username, _, password = credentials.partition(":")
    service, _, database = path.strip("/").partition("/")
    if not service or not (database or "0").isdecimal():
        raise ValueError(FORM)
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = [name for name in options if name not in _OF_SENTINELS and not name.startswith("ssl_")]
    if unknown or (scheme != "rediss+sentinel" and any(name.startswith("ssl_") for name in options)):
        raise ValueError(
            "only ssl_* (with rediss+sentinel://), sentinel_username and sentinel_password may follow the ?"
        )
    return SentinelAddress(
        sentinels=tuple(map(_host_and_port, hosts.split(","))),
        service=unquote(service),
        database=int(database or 0),
        is_tls=scheme == "rediss+sentinel",
        username=unquote(username) or None,
        password=unquote(password) or None,
        of_sentinels={_OF_SENTINELS[name]: value for name, value in options.items() if name in _OF_SENTINELS},
        tls_options={name: value for name, value in options.items() if name.startswith("ssl_")},
    )


def _host_and_port(written: str) -> tuple[str, int]:
    """Read one host, an IPv6 address in brackets, and its port, 26379 where none is given."""
    try:
        parts = urlsplit(f"//{written}")
        port = parts.port
    except ValueError:
        raise ValueError(FORM) from None
    if not parts.hostname or parts.path or port == 0:
        raise ValueError(FORM)
    return parts.hostname, port or SENTINEL_PORT
