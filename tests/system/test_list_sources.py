"""A changed master list shows in answers, wherever it lies: the real worker, server, files and https server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from installation import COLUMNS, PATIENCE, Installation, arrest
from list_server import ListServer, Reply, give_unless_known
from listed_people import EVERYBODY, PPO, asked

from flagging.children import stop_child
from flagging.embedded_redis import start_redis

NEWCOMER = PPO | {
    "ppo_ref": "T-0900",
    "family_name": "Wolverstone",
    "given_names": "Ottoline",
    "date_of_birth": "1977-03-09",
    "pnc_id": "",
}
ANOTHER = NEWCOMER | {"ppo_ref": "T-0901", "family_name": "Inkpenny", "given_names": "Barnaby"}
IN_A_FOLDER = NEWCOMER | {"ppo_ref": "T-0902", "family_name": "Quarrington", "given_names": "Delphine"}
AT_AN_ADDRESS = NEWCOMER | {"ppo_ref": "T-0903", "family_name": "Featherstone", "given_names": "Gideon"}


def as_csv(rows: list[dict[str, str]]) -> str:
    lines = [",".join(COLUMNS), *(",".join(f'"{row.get(name, "")}"' for name in COLUMNS) for row in rows)]
    return "\r\n".join(lines) + "\r\n"


def outcome(installation: Installation, person: dict[str, str]) -> str:
    response = installation.call("POST", "/v1/lookups", arrest(asked(person)), "custody")
    assert response.status == 200, response.body
    return response.body["outcome"]


def await_newcomer(installation: Installation, newcomer: dict[str, str] = NEWCOMER) -> None:
    installation.await_answer("the newcomer is known", lambda: outcome(installation, newcomer) == "flagged")
    assert outcome(installation, PPO) == "flagged"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server that has nothing to answer from before a first worker has run; its people differ by test."""
    directory = tmp_path_factory.mktemp("serving")
    redis = start_redis(directory / "redis")
    serving = Installation(directory, redis, processes=1, settings={"FLAGGING_MASTER_LIST": "/nowhere.csv"})
    try:
        serving.run("sync")  # makes the key file
        serving.issue_tokens("custody")
        serving.start("serve")
        yield serving
    finally:
        serving.stop()
        redis.stop()


@contextmanager
def running(serving: Installation, **settings: str) -> Iterator[Installation]:
    """Run a worker whose list lies elsewhere, from when it has synced; newcomers of the list before may be missing."""
    given = settings | {"guard_count_drop": "0.5"}
    serving.settings = {f"FLAGGING_{name.upper()}": value for name, value in given.items()}
    worker = serving.start("worker")
    try:
        serving.await_answer("the list is synced", lambda: '"synced"' in serving.log_since_start("worker"))
        serving.await_ready()
        yield serving
    finally:
        stop_child(worker, PATIENCE)


def test_a_list_renamed_in_or_written_anew_shows_in_answers(serving: Installation, tmp_path: Path):
    path, part = tmp_path / "ppo.csv", tmp_path / "ppo.part"
    path.write_text(as_csv(EVERYBODY))
    with running(serving, master_list=str(path), sync_seconds="600") as installation:
        assert outcome(installation, NEWCOMER) == "not_on_register"
        part.write_text(as_csv([*EVERYBODY, NEWCOMER]))
        part.replace(path)
        await_newcomer(installation)
        write_slowly(path, as_csv([*EVERYBODY, NEWCOMER, ANOTHER]).encode())
        await_newcomer(installation, ANOTHER)
        assert outcome(installation, NEWCOMER) == "flagged"


def write_slowly(path: Path, content: bytes) -> None:
    """Write as over a network: a part of the list is there for a while."""
    with path.open("wb") as file:
        for start in range(0, len(content), 200):
            file.write(content[start : start + 200])
            file.flush()
            os.fsync(file.fileno())


def test_one_changed_file_of_a_directory_shows_in_answers(serving: Installation, tmp_path: Path):
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "F1.csv").write_text(as_csv(EVERYBODY[:3]))
    (lists / "D1.csv").write_text(as_csv(EVERYBODY[3:]))
    with running(serving, master_list=str(lists), sync_seconds="600") as installation:
        assert outcome(installation, IN_A_FOLDER) == "not_on_register"
        part = lists / ".F1.csv.part"
        part.write_text(as_csv([*EVERYBODY[:3], IN_A_FOLDER]))
        part.replace(lists / "F1.csv")
        await_newcomer(installation, IN_A_FOLDER)


def test_a_changed_list_at_an_address_shows_in_answers_after_a_poll(serving: Installation, tmp_path: Path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "token").write_text("list-token\n")
    script: list[Reply] = [give_unless_known(as_csv(EVERYBODY).encode(), '"1"')]
    with (
        ListServer(authority, script) as server,
        running(
            serving,
            master_list=server.url("/ppo.csv?secret-part"),
            master_list_ca_file=str(tmp_path / "ca.pem"),
            master_list_token_file=str(tmp_path / "token"),
            sync_seconds="0.5",
        ) as installation,
    ):
        asked_before = len(server.asked)
        installation.await_answer("it asks again", lambda: len(server.asked) > asked_before + 2)
        assert outcome(installation, AT_AN_ADDRESS) == "not_on_register"
        script[:] = [give_unless_known(as_csv([*EVERYBODY, AT_AN_ADDRESS]).encode(), '"2"')]
        await_newcomer(installation, AT_AN_ADDRESS)
        assert {headers["Authorization"] for _, headers in server.asked} == {"Bearer list-token"}
        installation.await_answer("it asks for news", lambda: server.asked[-1][1].get("If-None-Match") == '"2"')
        assert not any(secret in installation.log("worker") for secret in ("list-token", "secret-part"))
