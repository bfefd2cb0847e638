"""People who use the pages: an account for each role, and browsers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from afterwards import Afterwards, Post
from argon2 import PasswordHasher
from openid_provider import CLIENT, SECRET, Provider
from web_browser import PASSWORD, Browser

from flagging.access.access_list import Account
from flagging.access.openid.people import PeopleSignIn
from flagging.access.openid.provider import Provider as Followed
from flagging.configuration.providers import PeopleGrant
from flagging.ledger.database import LedgerDatabase
from flagging.register.store import EditionStore
from flagging.terms import Role
from flagging.web.parts import EXTENSION, Parts

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ROLES = {"PPO custody": Role.CUSTODY, "PPO prison": Role.PRISON}


@pytest.fixture(scope="session")
def accounts():
    """An account for each role, named after it, whose password is quick to check."""
    made_at, digest = datetime.now(UTC).isoformat(), QUICK.hash(PASSWORD)
    return tuple(Account(role.value, role, digest, made_at) for role in Role)


@pytest.fixture
def site(service, redis_client, accounts):
    """The application with an account for each role, nobody signed in, and nothing tried yet."""
    access = service.parts.access
    access.access_list = replace(access.access_list, accounts=accounts)
    parts: Parts = service.app.extensions[EXTENSION]
    parts.attempts._counted.clear()
    parts.sessions._reach.find()
    service.app.extensions[EXTENSION] = replace(parts, records=service.parts.records)
    yield service
    service.app.extensions[EXTENSION] = parts


@pytest.fixture
def parts(site) -> Parts:
    return site.app.extensions[EXTENSION]


@pytest.fixture
def swap_parts(site):
    """Replace parts of the pages."""

    def swap_parts(**changes):
        site.app.extensions[EXTENSION] = replace(site.app.extensions[EXTENSION], **changes)

    return swap_parts


@pytest.fixture
def open_browser(site):
    return lambda app=site.app, **options: Browser(app.test_client(), **options)


@pytest.fixture
def browser(open_browser) -> Browser:
    return open_browser()


@pytest.fixture
def provider(openid_provider, keyring, tmp_path, swap_parts, site) -> Iterator[Provider]:
    """The provider, with the site following it."""
    followed = Followed(openid_provider.issuer, keyring, tmp_path)
    followed.fetch()
    grant = PeopleGrant(openid_provider.issuer, "groups", ROLES, "preferred_username")
    swap_parts(elsewhere=PeopleSignIn(followed, grant, CLIENT, SECRET))
    yield openid_provider
    followed.stop()


@pytest.fixture
def afterwards(site, configuration, redis_client, tmp_path) -> Iterator[Afterwards]:
    """An empty ledger that the pages show, and an empty Redis for editions."""
    database = LedgerDatabase(None, tmp_path)
    with database.writing():
        """Let the tables be made, as a worker does when it starts."""
    done = Afterwards(site, configuration, database, EditionStore(redis_client, site.keyring), Post())
    done.show(database)
    yield done
    database.close()
