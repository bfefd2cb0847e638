"""A real OpenID Connect provider: Authlib's server, at a loopback port, with one confidential client.

It insists on PKCE and a nonce, takes each code once, and knows who signs in from a form, as a person's browser sends it.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET, AUDIENCE = "flagging-pages", "the client's secret", "https://flagging.example/api"
PERSON = {"sub": "a1b2", "preferred_username": "s.example", "groups": ["PPO custody"]}


class Client(ClientMixin):
    """The one client that is registered."""

    def __init__(self, redirect: str) -> None:
        self.redirect = redirect

    def get_client_id(self):
        return CLIENT

    def get_default_redirect_uri(self):
        return self.redirect

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, uri):
        return uri == self.redirect

    def check_client_secret(self, secret):
        return secret == SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class Code:
    """An authorization code as the server keeps it."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    user: dict[str, Any]
    auth_time: int = field(default_factory=lambda: int(time.time()))

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time

    def get_acr(self):
        return None

    def get_amr(self):
        return None


class Provider:
    """`person` is whoever signs in there next; `claims` are put over those of the next ID token.

    `at_once` is unset to have those who bring a code wait: `waiting` counts them, and they get blanks, so that none of
    them takes it for gone. `instead` is what they get of the token endpoint instead of its answer: body, status, headers.
    """

    def __init__(self, redirect: str) -> None:
        self.client = Client(redirect)
        self.codes: dict[str, Code] = {}
        self.fetched = self.waiting = 0
        self.at_once = threading.Event()
        self.reset()
        self.app = _application(self)
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        self.person, self.claims, self.is_away = dict(PERSON), {}, False
        self.instead: tuple[str, int, dict[str, str]] | None = None
        self.at_once.set()
        self.keys = (
            [RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})]
            if not getattr(self, "keys", None)
            else self.keys[:1]
        )

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def turn_keys(self, kid: str, *, drop_old: bool = True) -> None:
        new = RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})
        self.keys = [new] if drop_old else [new, *self.keys]

    def id_token(self, code: Code) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": code.nonce} | code.user
        return self.sign(claims | self.claims)

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        key = header.pop("key", self.keys[0])
        return jwt.encode({"alg": "RS256", "kid": key.kid, "typ": "JWT"} | header, claims, key, algorithms=["RS256"])

    def access_token(self, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return an access token for the API as this provider gives it to a system, but for the changes."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": "custody-suites", "client_id": "custody-suites",
            "scope": "openid flagging.custody", "iat": now, "nbf": now, "exp": now + 300,
        }  # fmt: skip
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return self.sign(claims, **({"typ": "at+jwt"} | (header or {})))


class _CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code, request):
        data = request.payload.data
        self.server.provider.codes[code] = Code(
            code, request.payload.redirect_uri, request.payload.scope, data.get("nonce"),
            data.get("code_challenge"), data.get("code_challenge_method"), request.user,
        )  # fmt: skip

    def query_authorization_code(self, code, client):
        return self.server.provider.codes.get(code)

    def delete_authorization_code(self, code):
        self.server.provider.codes.pop(code.code, None)

    def authenticate_user(self, code):
        return code.user


class _OpenId(OpenIDCode):
    def __init__(self, provider):
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce, request):
        return any(code.nonce == nonce for code in self.provider.codes.values())

    def process_token(self, grant, response):
        response[1]["id_token"] = self.provider.id_token(grant.request.authorization_code)

    def generate_user_info(self, user, scope):
        return UserInfo(user)


def _application(provider: Provider) -> Flask:
    app = Flask("openid-provider")
    app.config["SECRET_KEY"] = "the provider's"
    server = AuthorizationServer(
        app, query_client=lambda name: provider.client if name == CLIENT else None, save_token=lambda *_: None
    )
    server.provider = provider
    server.register_grant(_CodeGrant, [CodeChallenge(required=True), _OpenId(provider)])

    @app.before_request
    def _away():
        return Response("away", 503) if provider.is_away else None

    @app.get("/.well-known/openid-configuration")
    def _metadata():
        provider.fetched += 1
        issuer = provider.issuer
        return jsonify(
            issuer=issuer, jwks_uri=f"{issuer}/keys",
            authorization_endpoint=f"{issuer}/authorize", token_endpoint=f"{issuer}/token",
        )  # fmt: skip

    @app.get("/keys")
    def _keys():
        return jsonify(keys=[key.as_dict(private=False) for key in provider.keys])

    @app.route("/authorize", methods=["GET", "POST"])
    def _authorize():
        grant = server.get_consent_grant(end_user=provider.person)
        if request.method == "GET":
            return "Sign in here"
        return server.create_authorization_response(grant_user=provider.person, grant=grant)

    @app.post("/token")
    def _token():
        if provider.instead is not None:
            return provider.instead
        answer = server.create_token_response()
        return answer if provider.at_once.is_set() else Response(_in_the_end(provider, answer), answer.status)

    return app


def _in_the_end(provider: Provider, answer: Response) -> Iterator[bytes]:
    provider.waiting += 1
    while not provider.at_once.wait(0.1):
        yield b" "
    provider.waiting -= 1
    yield answer.get_data()


@pytest.fixture(scope="session")
def _openid_provider() -> Iterator[Provider]:
    provider = Provider("https://flagging.example/sign-in/back")
    yield provider
    provider.stop()


@pytest.fixture
def openid_provider(_openid_provider: Provider) -> Iterator[Provider]:
    """A running provider, as it was at the start."""
    yield _openid_provider
    _openid_provider.reset()
    _openid_provider.codes.clear()
