"""What every answer tells the browser: keep nothing, guess nothing, run nothing that is not ours, be in no frame."""

from typing import Final

from werkzeug.datastructures import Headers

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TLS_ONLY: Final = "max-age=31536000"
ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # for browsers that do not know frame-ancestors
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
UNLESS_SET: Final = (("Cache-Control", "no-store"), ("Content-Security-Policy", POLICY))


def secure(headers: Headers, *, over_tls: bool) -> None:
    """Add them to an answer; a page that needs another policy, or may be kept, has set these two itself."""
    for name, value in ALWAYS:
        headers[name] = value
    for name, value in UNLESS_SET:
        headers.setdefault(name, value)
    if over_tls:
        headers["Strict-Transport-Security"] = TLS_ONLY
