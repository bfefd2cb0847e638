"""OAuth 2 access tokens of systems: verified once, then known by their digest until they expire."""

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

import structlog

from flagging import metrics
from flagging.access.caller import Caller
from flagging.access.openid.provider import Provider
from flagging.access.openid.signed import MOST_BYTES, claims_of, issuer_of
from flagging.configuration.providers import ProviderPolicy
from flagging.errors import CallersUnknown, TokenRefused
from flagging.terms import Role

TYPES: Final = frozenset({"at+jwt", "jwt"})
MOST_KNOWN: Final = 10_000
"""Verified tokens a process remembers; the oldest go first, and are verified again."""

log = structlog.get_logger(__name__)


class SystemTokens:
    """Knows the callers that access tokens stand for. `audience` is ours; without one, no access token is taken."""

    def __init__(
        self,
        policy: ProviderPolicy,
        providers: Mapping[str, Provider],
        audience: str | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._policy = policy
        self._providers = providers
        self._audience = audience
        self._clock = clock
        self._known: dict[bytes, tuple[Caller, float]] = {}

    def caller(self, token: str) -> Caller | None:
        """Return whom a token stands for, None if it is refused; CallersUnknown while its provider never answered."""
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = self._known.get(digest)
        if found is not None and self._clock() < found[1]:
            return found[0]
        try:
            caller, expires_at = self._verify(token)
        except TokenRefused as error:
            metrics.TOKENS_REFUSED.inc()
            log.info("access_token_refused", reason=str(error))
            return None
        while len(self._known) >= MOST_KNOWN:
            self._known.pop(next(iter(self._known)), None)
        self._known[digest] = caller, expires_at
        return caller

    def _verify(self, token: str) -> tuple[Caller, float]:
        if self._audience is None or len(token) > MOST_BYTES:
            raise TokenRefused("too long, or no access tokens are taken here")
        provider = self._providers.get(issuer_of(token) or "")
        if provider is None:
            raise TokenRefused("from an issuer that is not listed")
        if not provider.is_known:
            raise CallersUnknown
        claims = claims_of(token, provider, self._audience, TYPES, self._clock())
        client = _client_of(claims)
        role = self._role_of(provider.issuer, client, claims)
        return Caller(f"{provider.issuer} {client}", client, role), float(claims["exp"])

    def _role_of(self, issuer: str, client: str, claims: dict[str, Any]) -> Role:
        grant = self._policy.system(issuer, client)
        if grant is None:
            raise TokenRefused("from a client that is not listed")
        roles = {grant.scopes[scope] for scope in _scopes_of(claims) if scope in grant.scopes}
        if len(roles) != 1:
            raise TokenRefused(f"its scopes come to {len(roles)} roles")
        return roles.pop()


def _client_of(claims: dict[str, Any]) -> str:
    named = {claims[name] for name in ("client_id", "azp") if isinstance(claims.get(name), str)}
    if len(named) != 1:
        raise TokenRefused("names no client, or two")
    return str(named.pop())


def _scopes_of(claims: dict[str, Any]) -> list[str]:
    found = claims.get("scope", claims.get("scp", ""))
    return found.split() if isinstance(found, str) else [each for each in found if isinstance(each, str)]
