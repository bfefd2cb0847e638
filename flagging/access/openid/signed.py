"""What every token of a provider has to be, before anybody looks at what it says about somebody."""

from typing import Any, Final

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError

from flagging.access.openid.provider import Provider
from flagging.errors import TokenRefused

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
"""Signatures by a private key that only the provider has. `none`, and secrets shared with us, are not among them."""
MOST_BYTES: Final = 8 * 1024
LONGEST_KEY_ID: Final = 256
LEEWAY: Final = 30
"""Seconds by which the provider's clock and ours may differ."""


def looks_signed(presented: str) -> bool:
    """Tell whether something presented as a token has the form of a JWT; ours never have."""
    return presented.count(".") == 2  # noqa: PLR2004


def issuer_of(token: str) -> str | None:
    """Return whom a token says it is from. Nothing is verified yet: it only tells whose keys to try."""
    try:
        claims = orjson.loads(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError):
        return None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else None


def claims_of(token: str, provider: Provider, audience: str, types: frozenset[str], now: float) -> dict[str, Any]:
    """Return the claims of a token that the provider signed, for this audience, and that is valid now.

    `types` are the values of `typ` that it may have. Raises TokenRefused, which says why and quotes nothing.
    """
    if len(token) > MOST_BYTES:
        raise TokenRefused("too long")
    try:
        header = jws.extract_compact(token.encode()).headers()
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or "crit" in header:
            raise TokenRefused("not an algorithm that is taken, or an extension of it")
        if str(header.get("typ", "JWT")).lower().removeprefix("application/") not in types:
            raise TokenRefused("another type of token")
        if not isinstance(key_id, str) or not 0 < len(key_id) <= LONGEST_KEY_ID:
            raise TokenRefused("names no key")
        key = provider.key(key_id)
        if key is None or key.get("alg", algorithm) != algorithm:
            raise TokenRefused("signed with a key that the provider does not publish")
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        _registry(provider.issuer, audience, now).validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused(type(error).__name__) from None
    return dict(claims)


def _registry(issuer: str, audience: str, now: float) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        sub={"essential": True},
    )
