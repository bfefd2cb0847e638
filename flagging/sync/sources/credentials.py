"""What a server of the master list is shown, and whose certificates are trusted; told to nobody else."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from flagging.errors import SourceUnreadable


@dataclass(frozen=True, slots=True)
class Credentials:
    """What to show the server, and whose certificates to trust (the system's authorities, or those of a file alone).

    All are files, read anew each time, so that a renewed token or certificate counts at once.
    """

    token_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    ca_file: Path | None = None


def read_token(path: Path) -> str:
    """Return the bearer token in a file; raises SourceUnreadable, which does not repeat it."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SourceUnreadable("the file of FLAGGING_MASTER_LIST_TOKEN_FILE cannot be read") from None
    if not token or not token.isprintable() or " " in token:
        raise SourceUnreadable("the file of FLAGGING_MASTER_LIST_TOKEN_FILE does not hold one token")
    return token


def open_context(credentials: Credentials) -> ssl.SSLContext:
    """Return what TLS needs to verify the server and to show it our certificate. Raises SourceUnreadable."""
    try:
        context = ssl.create_default_context(cafile=credentials.ca_file)
    except (OSError, ssl.SSLError):
        raise SourceUnreadable("the file of FLAGGING_MASTER_LIST_CA_FILE holds no certificates to read") from None
    if credentials.cert_file:
        try:
            # Without a password given, a key that has one would be asked for at the terminal.
            context.load_cert_chain(credentials.cert_file, credentials.key_file, password="")  # nosec B106
        except (OSError, ssl.SSLError):
            raise SourceUnreadable(
                "FLAGGING_MASTER_LIST_CERT_FILE and _KEY_FILE do not hold a certificate and its key without password"
            ) from None
    return context
