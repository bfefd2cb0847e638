"""Access tokens of systems: taken only from a listed client of a listed issuer, for one role, and as they were signed."""

import base64
import hmac
import time
from hashlib import sha256

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from openid_provider import AUDIENCE

from flagging.access.openid import provider as followed
from flagging.access.openid.provider import Provider
from flagging.access.openid.systems import SystemTokens
from flagging.configuration.providers import ProviderPolicy, SystemGrant
from flagging.errors import CallersUnknown
from flagging.terms import Role

SCOPES = {"flagging.custody": Role.CUSTODY, "flagging.booking": Role.CUSTODY, "flagging.prison": Role.PRISON}


@pytest.fixture
def policy(openid_provider):
    return ProviderPolicy(systems=(SystemGrant(openid_provider.issuer, "custody-suites", SCOPES),))


@pytest.fixture
def follow(openid_provider, keyring, tmp_path):
    """Follow the provider as a server process does; one started `afresh` finds what an earlier one kept."""
    started = []

    def follow(*, is_reached=True, issuer=openid_provider.issuer):
        provider = Provider(issuer, keyring, tmp_path)
        started.append(provider)
        assert provider.fetch() is is_reached
        return provider

    yield follow
    for provider in started:
        provider.stop()


@pytest.fixture
def tokens(policy, follow):
    provider = follow()
    return SystemTokens(policy, {provider.issuer: provider}, AUDIENCE)


def b64(content) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


def test_a_token_stands_for_its_client_in_the_role_of_its_scope(tokens, openid_provider):
    caller = tokens.caller(openid_provider.access_token())
    assert (caller.name, caller.role, caller.is_system) == ("custody-suites", Role.CUSTODY, True)
    assert caller.caller_id == f"{openid_provider.issuer} custody-suites"


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "flagging.custody flagging.booking"},
        {"scope": None, "scp": ["flagging.custody", "profile"]},
        {"client_id": None, "azp": "custody-suites"},
        {"azp": "custody-suites"},
        {"aud": ["another", AUDIENCE]},
        {"nbf": None, "iat": None},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": "application/at+jwt"}},
    ],
)
def test_what_providers_write_in_different_ways_is_taken(changes, tokens, openid_provider):
    assert tokens.caller(openid_provider.access_token(**changes)).role is Role.CUSTODY


NOW = int(time.time())
REFUSED = {
    "another audience": {"aud": "https://another.example"},
    "no audience": {"aud": None},
    "expired": {"exp": NOW - 3600},
    "no expiry": {"exp": None},
    "expiry no number": {"exp": "tomorrow"},
    "not yet valid": {"nbf": NOW + 3600},
    "from the future": {"iat": NOW + 3600},
    "another issuer": {"iss": "https://login.example"},
    "issuer with a slash": {"iss": "SLASH"},
    "no issuer": {"iss": None},
    "no subject": {"sub": None},
    "another client": {"client_id": "stranger"},
    "client in other case": {"client_id": "Custody-Suites"},
    "no client": {"client_id": None},
    "two clients": {"azp": "stranger"},
    "no scope": {"scope": None},
    "scope of nobody": {"scope": "openid profile"},
    "part of a scope": {"scope": "flagging"},
    "scopes of two roles": {"scope": "flagging.custody flagging.prison"},
    "a role of its own": {"scope": "custody", "role": "administrator"},
    "no key": {"header": {"kid": None}},
    "empty key": {"header": {"kid": ""}},
    "key no text": {"header": {"kid": 3}},
    "unknown key": {"header": {"kid": "another"}},
    "an ID token": {"header": {"typ": "id+jwt"}},
    "critical extension": {"header": {"crit": ["b64"], "b64": True}},
    "too long": {"padding": "x" * 10_000},
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_token_with_anything_wrong_about_it_is_refused(what, tokens, openid_provider):
    changes = dict(REFUSED[what])
    if changes.get("iss") == "SLASH":
        changes["iss"] = openid_provider.issuer + "/"
    header = changes.pop("header", {})
    claims = orjson.loads(base64.urlsafe_b64decode(openid_provider.access_token().split(".")[1] + "=="))
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    token = _signed(openid_provider.keys[0], {"alg": "RS256", "kid": "first", "typ": "at+jwt"} | header, claims)
    assert tokens.caller(token) is None


def _signed(key, header, claims):
    """Sign whatever the header says, as no library of ours would."""
    header = {name: value for name, value in header.items() if value is not None}
    content = f"{b64(header)}.{b64(claims)}"
    signature = key.private_key.sign(content.encode(), PKCS1v15(), SHA256())
    return f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_the_forger_of_these_tests_signs_as_well_as_the_provider(tokens, openid_provider):
    claims = orjson.loads(base64.urlsafe_b64decode(openid_provider.access_token().split(".")[1] + "=="))
    token = _signed(openid_provider.keys[0], {"alg": "RS256", "kid": "first", "typ": "at+jwt"}, claims)
    assert tokens.caller(token) is not None


def _forged(openid_provider, how) -> str:
    good = openid_provider.access_token()
    header, claims, signature = good.split(".")
    public = openid_provider.keys[0].as_pem(private=False)
    secret = openid_provider.keys[0].as_dict(private=False)["n"].encode()
    forged_by = RSAKey.generate_key(2048, {"kid": "first"})
    own = jwt.encode({"alg": "RS256", "kid": "first"}, {"sub": "x"}, forged_by).split(".")[2]
    named = {"kid": "first", "typ": "at+jwt"}
    jwk = forged_by.as_dict(private=False)

    def hashed(key):
        content = f"{b64(named | {'alg': 'HS256'})}.{claims}"
        mac = hmac.digest(key, content.encode(), sha256)
        return f"{content}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    return {
        "none": f"{b64(named | {'alg': 'none'})}.{claims}.",
        "None": f"{b64(named | {'alg': 'None'})}.{claims}.",
        "none, signed": f"{b64(named | {'alg': 'none'})}.{claims}.{signature}",
        "no algorithm": f"{b64(named)}.{claims}.{signature}",
        "public key as secret": hashed(public),
        "modulus as secret": hashed(secret),
        "no secret": hashed(b""),
        "no signature": f"{header}.{claims}.",
        "another's signature": f"{header}.{claims}.{own}",
        "other claims": f"{header}.{b64({'sub': 'x'})}.{signature}",
        "key brought along": f"{b64(named | {'alg': 'RS256', 'jwk': jwk})}.{claims}.{own}",
        "key elsewhere": f"{b64(named | {'alg': 'RS256', 'jku': 'https://evil.example/keys'})}.{claims}.{own}",
        "another algorithm": f"{b64(named | {'alg': 'RS512'})}.{claims}.{signature}",
        "encrypted": f"{header}.{claims}.{signature}.{claims}.{signature}",
        "not base64": f"{header}.!!!.{signature}",
        "not JSON": f"{header}.e30.{signature}",
        "a list": f"{header}.{b64([1])}.{signature}",
        "nothing": "..",
        "not ASCII": "é.é.é",
        "lone surrogate": "\udcff.\udcff.\udcff",
        "deep": f"{header}.{base64.urlsafe_b64encode(b'[' * 3000).decode()}.{signature}",
    }[how]


FORGERIES = [
    "none", "None", "none, signed", "no algorithm", "public key as secret", "modulus as secret", "no secret",
    "no signature", "another's signature", "other claims", "key brought along", "key elsewhere", "another algorithm",
    "encrypted", "not base64", "not JSON", "a list", "nothing", "not ASCII", "lone surrogate", "deep",
]  # fmt: skip


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_token_is_refused(how, tokens, openid_provider):
    assert tokens.caller(_forged(openid_provider, how)) is None


def test_a_shared_secret_that_the_provider_publishes_is_no_key(tokens, openid_provider, follow, policy):
    shared = OctKey.import_key("0" * 64, {"kid": "shared"})
    openid_provider.keys.append(ECKey.generate_key("P-256", {"kid": "curve", "use": "enc"}))
    openid_provider.keys.append(_Published(shared))
    provider = follow()
    assert provider.key("first") is not None
    assert provider.key("shared") is None
    assert provider.key("curve") is None


class _Published:
    """A shared secret as a careless provider would publish it."""

    def __init__(self, key):
        self.key = key

    def as_dict(self, private):
        return self.key.as_dict(private=True)


def test_without_an_audience_of_ours_no_token_is_taken(policy, follow, openid_provider):
    provider = follow()
    assert SystemTokens(policy, {provider.issuer: provider}, None).caller(openid_provider.access_token()) is None


def test_a_token_verified_once_is_known_until_it_expires_and_not_longer(policy, follow, openid_provider, monkeypatch):
    provider, now = follow(), time.time()
    tokens = SystemTokens(policy, {provider.issuer: provider}, AUDIENCE, clock=lambda: now)
    token = openid_provider.access_token()
    assert tokens.caller(token) is not None
    monkeypatch.setattr(tokens, "_verify", None)
    assert tokens.caller(token) is not None
    monkeypatch.undo()
    now += 3600
    assert tokens.caller(token) is None


def test_no_more_tokens_are_remembered_than_fit(tokens, openid_provider, monkeypatch):
    monkeypatch.setattr("flagging.access.openid.systems.MOST_KNOWN", 2)
    for number in range(4):
        assert tokens.caller(openid_provider.access_token(jti=str(number))) is not None
    assert len(tokens._known) == 2


# -- the provider's keys ---------------------------------------------------------------------------------------------


def test_a_new_key_is_found_with_the_first_token_it_signed(policy, openid_provider, keyring, tmp_path, monkeypatch):
    monkeypatch.setattr(followed, "WAIT_SECONDS", 20.0)
    provider = Provider(openid_provider.issuer, keyring, tmp_path)
    provider.fetch()
    provider.start()
    try:
        tokens = SystemTokens(policy, {provider.issuer: provider}, AUDIENCE)
        old = openid_provider.access_token()
        openid_provider.turn_keys("second")
        assert tokens.caller(openid_provider.access_token()) is not None
        assert tokens.caller(old) is None
    finally:
        provider.stop()


def test_made_up_keys_make_nobody_wait_or_ask_again_and_again(policy, openid_provider, keyring, tmp_path, monkeypatch):
    monkeypatch.setattr(followed, "WAIT_SECONDS", 20.0)
    provider = Provider(openid_provider.issuer, keyring, tmp_path)
    provider.fetch()
    provider.start()
    try:
        tokens = SystemTokens(policy, {provider.issuer: provider}, AUDIENCE)
        key = RSAKey.generate_key(2048, {"kid": "made up"})
        assert tokens.caller(openid_provider.access_token(header={"key": key})) is None
        before = openid_provider.fetched
        for number in range(50):
            assert tokens.caller(openid_provider.access_token(jti=str(number), header={"key": key})) is None
        assert openid_provider.fetched == before
    finally:
        provider.stop()


def test_tokens_stay_good_while_the_provider_is_away(tokens, openid_provider):
    openid_provider.is_away = True
    for provider in tokens._providers.values():
        assert provider.fetch() is False
    assert tokens.caller(openid_provider.access_token()) is not None


def test_a_process_that_starts_while_the_provider_is_away_knows_its_keys(policy, openid_provider, follow):
    follow()
    openid_provider.is_away = True
    provider = follow(is_reached=False)
    tokens = SystemTokens(policy, {provider.issuer: provider}, AUDIENCE)
    assert tokens.caller(openid_provider.access_token()) is not None


def test_while_the_provider_was_never_reached_it_is_our_fault_and_not_the_tokens(policy, openid_provider, follow):
    openid_provider.is_away = True
    provider = follow(is_reached=False)
    with pytest.raises(CallersUnknown):
        SystemTokens(policy, {provider.issuer: provider}, AUDIENCE).caller(openid_provider.access_token())


def test_a_copy_of_the_keys_that_is_not_ours_is_not_believed(openid_provider, follow, tmp_path):
    follow()
    (copy,) = tmp_path.glob("provider-*.sealed")
    copy.write_bytes(copy.read_bytes()[:-1] + b"x")
    openid_provider.is_away = True
    assert not follow(is_reached=False).is_known


def test_what_says_it_is_another_issuer_is_not_believed(openid_provider, follow):
    assert not follow(is_reached=False, issuer=openid_provider.issuer.replace("127.0.0.1", "localhost")).is_known
