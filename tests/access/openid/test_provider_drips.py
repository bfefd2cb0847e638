"""A provider whose answer comes drop by drop is given up in time, wherever in the answer it begins to drip."""

import ssl

import pytest
import trustme
from dripping_server import MOST_DROPS, DrippingServer

from flagging.access.openid import in_time
from flagging.access.openid.people import MOST_WAITING, PeopleSignIn
from flagging.access.openid.provider import Provider, _Known
from flagging.configuration.providers import PeopleGrant
from flagging.errors import ProviderBusy, ProviderUnknown

BEGUN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
FROM = {
    "the status": b"HTTP/1.1 200 ",
    "a header": BEGUN + b"X-Filling: ",
    "the body": BEGUN + b"Content-Length: 100000\r\n\r\n",
    "a chunk": BEGUN + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n",
    "a body without an end": BEGUN + b"\r\n",
}
PENDING = {"state": "s", "nonce": "n", "verifier": "v" * 43}
BACK = "https://flagging.example/sign-in/back"


@pytest.fixture(autouse=True)
def _little_time(monkeypatch):
    monkeypatch.setattr(in_time, "SECONDS_TO_ANSWER", 0.5)


@pytest.fixture
def at_provider(keyring, tmp_path):
    """Return a provider that is known to be at an address."""
    made = []

    def at_provider(address: str, ca_file=None) -> Provider:
        provider = Provider(address, keyring, tmp_path, ca_file)
        provider._known = _Known({"issuer": address, "token_endpoint": f"{address}/token"}, {})
        made.append(provider)
        return provider

    yield at_provider
    for provider in made:
        provider.stop()


def sign_in_at(provider: Provider) -> PeopleSignIn:
    return PeopleSignIn(provider, PeopleGrant(provider.issuer, "groups", {}, "preferred_username"), "client", "secret")


@pytest.mark.parametrize("at_once", FROM.values(), ids=FROM.keys())
def test_whoever_signs_in_is_told_so_in_time_and_the_turn_is_free_again(at_once, at_provider):
    server = DrippingServer(at_once)
    with server.running() as address:
        people = sign_in_at(at_provider(address))
        for _ in range(MOST_WAITING + 1):
            with pytest.raises(ProviderUnknown) as refused:
                people.finish(PENDING, "code", BACK)
            assert not isinstance(refused.value, ProviderBusy)
    assert 0 < server.dropped < MOST_DROPS


def test_tls_makes_no_difference(at_provider, tmp_path):
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("localhost").configure_cert(context)
    server = DrippingServer(FROM["the body"], context)
    with server.running() as address, pytest.raises(ProviderUnknown):
        sign_in_at(at_provider(address, tmp_path / "ca.pem")).finish(PENDING, "code", BACK)
    assert 0 < server.dropped < MOST_DROPS


def test_one_that_falls_silent_is_given_up_long_before_its_time_for_the_whole_answer(at_provider, monkeypatch):
    monkeypatch.setattr(in_time, "SECONDS_TO_ANSWER", 60.0)
    monkeypatch.setattr("flagging.access.openid.people.TIMEOUT", (3.0, 0.3))
    body = b'{"error": "invalid_grant"}'
    # Two drops short of an answer that would be taken: the second comes ten seconds after the first.
    server = DrippingServer(BEGUN + b"Content-Length: %d\r\n\r\n%s" % (len(body) + 2, body), apart=10.0)
    with server.running() as address, pytest.raises(ProviderUnknown):
        sign_in_at(at_provider(address)).finish(PENDING, "code", BACK)
    assert server.dropped == 1


@pytest.mark.parametrize("at_once", FROM.values(), ids=FROM.keys())
def test_following_its_keys_goes_on(at_once, at_provider):
    server = DrippingServer(at_once)
    with server.running() as address:
        assert not at_provider(address).fetch()
    assert 0 < server.dropped < MOST_DROPS


def test_a_provider_that_sends_on_to_elsewhere_gets_no_more_time_by_it(at_provider):
    server = DrippingServer(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
    with server.running() as address, pytest.raises(ProviderUnknown):
        sign_in_at(at_provider(address)).finish(PENDING, "code", BACK)
