"""Either kind of database that a ledger may lie in, real and empty."""

from collections.abc import Iterator

import postgresql
import psycopg
import pytest


@pytest.fixture(scope="session")
def needs_postgresql() -> None:
    missing = postgresql.missing()
    if missing:
        pytest.skip(missing)


@pytest.fixture(scope="session")
def postgresql_url(needs_postgresql: None) -> Iterator[str]:
    """The address of a real PostgreSQL, shared by the tests of one process."""
    with postgresql.running() as url:
        yield url


@pytest.fixture
def empty_postgresql(postgresql_url: str) -> str:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgresql_url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request) -> str | None:
    """Either kind of database, empty."""
    return request.getfixturevalue("empty_postgresql") if request.param == "postgresql" else None
