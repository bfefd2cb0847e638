import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from kept import Kept
from receivers import Certificates, MailServer, WebhookReceiver
from sweeps import first_of
from telling import Telling

from flagging.ledger.database import LedgerDatabase


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def mail(certificates) -> Iterator[MailServer]:
    server = MailServer(certificates, _free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def hook(certificates) -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver(certificates, _free_port())
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture
def policy(configuration):
    """The shipped policy, with less patience."""
    return replace(configuration.notify, first_retry=1.0, longest_retry=8.0, escalate_after=60.0, give_up_after=600.0)


@pytest.fixture(params=first_of(["sqlite", "postgresql"]))
def ledger_url(request) -> str | None:
    """Either kind of database, empty: what differs between them is the ledger's, whose tests know both."""
    return request.getfixturevalue("empty_postgresql") if request.param == "postgresql" else None


@pytest.fixture
def kept(ledger_url, tmp_path, keyring) -> Iterator[Kept]:
    kept = Kept(tmp_path, keyring, LedgerDatabase(ledger_url, tmp_path))
    yield kept
    kept.close()


@pytest.fixture
def telling(kept, configuration, policy, certificates, mail, hook) -> Iterator[Telling]:
    """A ledger in either kind of database, with what is told from it."""
    telling = Telling(kept.directory, kept.keyring, kept.database, configuration=configuration, policy=policy)
    telling.by_email(mail, certificates)
    telling.by_webhook(hook, certificates)
    yield telling
    telling.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
