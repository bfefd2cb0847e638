"""The OpenID Connect provider hangs: whoever signs in there is told to try again, and nobody else waits for it."""

import html
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from installation import CONFIG, Installation, arrest, installed
from listed_people import PPO, asked
from openid_provider import CLIENT, SECRET, Provider
from visitor import Visitor

WAITING = 2
"""So many of a process's threads may wait for the provider."""
PASSWORD = "correct horse battery staple"


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider("not known yet")
    yield provider
    provider.reset()
    provider.stop()


@pytest.fixture
def site(tmp_path: Path, provider: Provider) -> Iterator[Installation]:
    """An installation of one process, for whose people the provider vouches."""
    shutil.copytree(CONFIG, tmp_path / "config")
    with (tmp_path / "config" / "providers.toml").open("a") as file:
        file.write(
            f'[[people]]\nissuer = "{provider.issuer}"\nclaim = "groups"\nroles = {{ "PPO custody" = "custody" }}\n'
        )
    (tmp_path / "secret").write_text(SECRET)
    settings = {
        "FLAGGING_CONFIG_DIR": str(tmp_path / "config"),
        "FLAGGING_OIDC_ISSUER": provider.issuer,
        "FLAGGING_OIDC_CLIENT_ID": CLIENT,
        "FLAGGING_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }
    with installed(tmp_path, "custody", processes=1, settings=settings) as site:
        provider.client.redirect = f"http://127.0.0.1:{site.port}/sign-in/back"
        site.add_users(PASSWORD, "local")
        site.await_answer("the account is known", lambda: _can_sign_in(site))
        yield site


def _can_sign_in(site: Installation) -> bool:
    return Visitor(site.port).try_to_sign_in("local", PASSWORD)[0] in (302, 303)


class Comer:
    """Somebody whom the provider has sent back to the site, and who has not gone there yet."""

    def __init__(self, site: Installation) -> None:
        self._visitor = Visitor(site.port)
        _, leading_on = self._visitor.open("GET", "/sign-in/elsewhere")
        at_provider = html.unescape(re.search(r'href="([^"]+)"', leading_on)[1])
        sent_back = requests.post(at_provider, allow_redirects=False, timeout=30)
        self._back = sent_back.headers["Location"].removeprefix(f"http://127.0.0.1:{site.port}")

    def come_back(self) -> tuple[int, str]:
        return self._visitor.open("GET", self._back)

    def is_signed_in(self) -> bool:
        return "Signed in as" in self._visitor.get("/check")


def test_nobody_waits_behind_those_who_wait_for_the_provider_and_whoever_was_sent_away_need_not_begin_again(
    site, provider
):
    first, others = [Comer(site) for _ in range(WAITING)], [Comer(site) for _ in range(3)]
    provider.at_once.clear()
    waiting = [threading.Thread(target=comer.come_back) for comer in first]
    for each in waiting:
        each.start()
    site.await_answer("as many wait as may", lambda: provider.waiting == WAITING)
    for comer in others:
        status, told = comer.come_back()
        assert status == 503
        assert "load this page again in a moment" in told
        assert not comer.is_signed_in()
    assert _can_sign_in(site)
    batch = site.call("POST", "/v1/lookups/batch", {"lookups": [arrest(asked(PPO), id="1")]}, "custody")
    assert batch.body["answers"][0]["answer"]["outcome"] == "flagged"
    assert provider.waiting == WAITING
    provider.at_once.set()
    for each in waiting:
        each.join()
    for comer in others:
        assert comer.come_back()[0] == 303
    assert all(comer.is_signed_in() for comer in first + others)
