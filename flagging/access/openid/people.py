"""People who sign in at a provider: authorization code flow with PKCE, state and nonce."""

import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from requests.adapters import HTTPAdapter

from flagging.access.openid.in_time import POOLS
from flagging.access.openid.provider import Provider
from flagging.access.openid.signed import claims_of
from flagging.access.person import Person
from flagging.configuration.providers import PeopleGrant
from flagging.errors import FlaggingError, ProviderBusy, ProviderUnknown, SignInRefused, TokenRefused
from flagging.turns import Turns

SCOPE: Final = "openid profile"
TIMEOUT: Final = (3.0, 5.0)
ID_TOKEN: Final = frozenset({"jwt"})
LONGEST_NAME: Final = 256
CODE_REFUSED: Final = "invalid_grant"
FAULTS: Final = (
    "invalid_client",
    "invalid_request",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
)
"""What else a token endpoint may say, by name (RFC 6749, 4.1.2.1 and 5.2): these are logged, no other word of it is."""
MOST_WAITING: Final = 2
"""How many threads of a process may wait for the provider at once: one that answers needs a moment of them."""

log = structlog.get_logger(__name__)


class _InTime(HTTPAdapter):
    """Gives up an answer that takes too long as a whole."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS


class PeopleSignIn:
    """Sends people to the provider and takes in whom it sends back. `secret` is None for a public client.

    Threads wait for the provider `within` the turns that others take as well.
    """

    def __init__(
        self,
        provider: Provider,
        grant: PeopleGrant,
        client_id: str,
        secret: str | None,
        clock: Callable[[], float] = time.time,
        within: Turns | None = None,
    ) -> None:
        self._provider = provider
        self._grant = grant
        self._client_id = client_id
        self._secret = secret
        self._clock = clock
        self._turns = Turns(MOST_WAITING, within)

    def begin(self, back: str) -> tuple[str, dict[str, str]]:
        """Return where to send the browser, and what it has to hold until it comes back to the address `back`.

        Raises ProviderUnknown while the provider was never reached.
        """
        pending = {"state": secrets.token_urlsafe(32), "nonce": secrets.token_urlsafe(32)}
        pending["verifier"] = secrets.token_urlsafe(64)
        with self._session(back) as session:
            address, _ = session.create_authorization_url(
                self._provider.endpoint("authorization_endpoint"),
                state=pending["state"],
                nonce=pending["nonce"],
                code_verifier=pending["verifier"],
            )
        return str(address), pending

    def code_in(self, pending: dict[str, str], given: dict[str, str]) -> str:
        """Return the code that the browser brought back (`given`) of the sign-in that was begun in it (`pending`).

        Raises SignInRefused where it was begun in another browser, or ended otherwise. The provider is not asked.
        """
        if not pending or not hmac.compare_digest(pending["state"].encode(), given.get("state", "").encode()):
            raise SignInRefused("not begun in this browser")
        if given.get("iss", self._provider.issuer) != self._provider.issuer:
            raise SignInRefused("from another issuer")
        if not given.get("code"):
            raise SignInRefused("the provider gave no code")
        return given["code"]

    def finish(self, pending: dict[str, str], code: str, back: str) -> Person:
        """Return the person whom the provider vouches for, asked by the code of this sign-in.

        Raises SignInRefused where it vouches for nobody, or for somebody without exactly one role here, ProviderUnknown
        where the provider cannot be reached or does not say, and ProviderBusy where others wait for it: the code is
        good still.
        """
        claims = self._claims(self._exchange(code, pending["verifier"], back))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), pending["nonce"].encode()):
            raise SignInRefused("an ID token for another sign-in")
        return self._person(claims)

    def _exchange(self, code: str, verifier: str, back: str) -> str:
        """Return the ID token for the code. No redirect is followed: each would have time of its own.

        Only that the code is not good says something of whoever brought it. All else that comes instead of an ID token
        is a fault of the provider, or of how we are set up with it.
        """
        try:
            with self._turns.taken(ProviderBusy()), self._session(back) as session:
                token = session.fetch_token(
                    self._provider.endpoint("token_endpoint"),
                    code=code,
                    code_verifier=verifier,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
            return _id_token_in(token)
        except FlaggingError:
            raise
        except Exception as error:  # noqa: BLE001 an answer may be anything, and whoever came is not to blame for it
            said = error.error if isinstance(error, AuthlibBaseError) else None
            if said == CODE_REFUSED:
                raise SignInRefused("the provider did not take the code") from None
            kind = said if said in FAULTS else type(error).__name__
            log.warning("provider_not_reached", issuer=self._provider.issuer, kind=kind)
            raise ProviderUnknown from None

    def _claims(self, id_token: str) -> dict[str, Any]:
        try:
            claims = claims_of(id_token, self._provider, self._client_id, ID_TOKEN, self._clock())
        except TokenRefused as error:
            raise SignInRefused(f"ID token: {error}") from None
        if claims.get("azp", self._client_id) != self._client_id:
            raise SignInRefused("an ID token for another client")
        return claims

    def _person(self, claims: dict[str, Any]) -> Person:
        found = claims.get(self._grant.claim, [])
        values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        roles = {self._grant.roles[value] for value in values if isinstance(value, str) and value in self._grant.roles}
        if len(roles) != 1:
            raise SignInRefused(f"has {len(roles)} roles here")
        username = claims.get(self._grant.username)
        if not isinstance(username, str) or not username.isprintable() or not 0 < len(username) <= LONGEST_NAME:
            raise SignInRefused("has no username")
        return Person(username, roles.pop(), self._provider.issuer, str(claims["sub"]))

    def _session(self, back: str) -> Any:
        session = OAuth2Session(
            self._client_id,
            self._secret,
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
        )
        for scheme in POOLS:
            session.mount(f"{scheme}://", _InTime())
        session.trust_env = False
        session.verify = str(self._provider.ca_file) if self._provider.ca_file else True
        return session


def _id_token_in(answer: Any) -> str:
    id_token = answer.get("id_token") if isinstance(answer, dict) else None
    if not isinstance(id_token, str):
        raise TypeError("no ID token")
    return id_token
