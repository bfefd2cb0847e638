"""Sealed cookies: what a browser holds of ours, which it can neither read nor make up.

They are `Secure`, `HttpOnly`, `SameSite=Lax`, and bound to this host and `/` by their `__Host-` names.
"""

import base64
import binascii
from typing import Any, Final

import orjson
import structlog
from flask import Request, Response

from flagging.errors import SealBroken
from flagging.sealing import Seal

MOST_BYTES: Final = 3500
"""Browsers keep 4096 with name and attributes."""

log = structlog.get_logger(__name__)


class Jar:
    """The cookies of one request. `is_plain`: without `Secure` and prefix, for the demo alone."""

    def __init__(self, request: Request, seal: Seal, *, is_plain: bool) -> None:
        self._given = request.cookies
        self._seal = seal
        self._is_plain = is_plain

    def get(self, name: str) -> dict[str, Any]:
        """Return what a cookie of ours holds; nothing if it is missing or not ours."""
        sealed = self._given.get(self._full_name(name), "")
        if not sealed:
            return {}
        try:
            found: dict[str, Any] = orjson.loads(self._seal.open(base64.urlsafe_b64decode(sealed), name))
        except (SealBroken, binascii.Error, ValueError):
            return {}
        return found

    def set(self, response: Response, name: str, content: dict[str, Any], seconds: int | None = None) -> None:
        """Have the browser hold something, until it is closed or for so many seconds."""
        sealed = base64.urlsafe_b64encode(self._seal.seal(orjson.dumps(content), name)).decode()
        if len(sealed) > MOST_BYTES:
            log.error("cookie_too_large", cookie=name)
            return
        response.set_cookie(self._full_name(name), sealed, max_age=seconds, **self._attributes())

    def clear(self, response: Response, name: str) -> None:
        response.delete_cookie(self._full_name(name), **self._attributes())

    def _attributes(self) -> dict[str, Any]:
        return {"path": "/", "secure": not self._is_plain, "httponly": True, "samesite": "Lax"}

    def _full_name(self, name: str) -> str:
        return name if self._is_plain else f"__Host-{name}"
