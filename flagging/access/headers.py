"""What every answer tells the browser: keep nothing, guess nothing, run nothing that is not ours, be in no frame.

Of JSON, which no browser shows as a page, the first two and the last are all there is to say (OWASP, REST Security
Cheat Sheet, Security Headers): where a link from it leads and who opened its window mean nothing there, and each header
more costs every lookup some microseconds.
"""

from typing import Final

from werkzeug.datastructures import Headers

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
POLICY_OF_DATA: Final = "default-src 'none'; frame-ancestors 'none'"
TLS_ONLY: Final = "max-age=31536000"
ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # for browsers that do not know frame-ancestors
)
OF_PAGES: Final = (
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


def secure(headers: Headers, *, over_tls: bool) -> None:
    """Add them to an answer; a page that needs another policy, or may be kept, has set these two itself."""
    is_data = headers.get("Content-Type", "").partition(";")[0].endswith("json")
    for name, value in ALWAYS if is_data else ALWAYS + OF_PAGES:
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("Content-Security-Policy", POLICY_OF_DATA if is_data else POLICY)
    if over_tls:
        headers["Strict-Transport-Security"] = TLS_ONLY
