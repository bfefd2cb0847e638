"""A changed master list shows in answers, wherever it lies: the real worker, server, files and https server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
from installation import COLUMNS, Installation, arrest
from list_server import ListServer, Reply, give_unless_known
from listed_people import EVERYBODY, PPO, asked

from flagging.embedded_redis import start_redis

NEWCOMER = PPO | {
    "ppo_ref": "T-0900",
    "family_name": "Wolverstone",
    "given_names": "Ottoline",
    "date_of_birth": "1977-03-09",
    "pnc_id": "",
}
ANOTHER = NEWCOMER | {"ppo_ref": "T-0901", "family_name": "Inkpenny", "given_names": "Barnaby"}


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


@contextmanager
def running(directory: Path, **settings: str) -> Iterator[Installation]:
    """Run an installation whose list lies elsewhere."""
    redis = start_redis(directory / "redis")
    named = {f"FLAGGING_{name.upper()}": value for name, value in settings.items()}
    installation = Installation(directory, redis, processes=1, settings=named)
    try:
        installation.start("worker")
        installation.await_answer("a first edition", lambda: installation.run("register", "show").returncode == 0)
        installation.issue_tokens("custody")
        installation.start("serve")
        installation.await_ready()
        yield installation
    finally:
        installation.stop()
        redis.stop()


def test_a_list_renamed_in_or_written_anew_shows_in_answers(tmp_path: Path):
    path, part = tmp_path / "ppo.csv", tmp_path / "ppo.part"
    path.write_text(as_csv(EVERYBODY))
    with running(tmp_path, master_list=str(path), sync_seconds="600") as installation:
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


def test_one_changed_file_of_a_directory_shows_in_answers(tmp_path: Path):
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "F1.csv").write_text(as_csv(EVERYBODY[:3]))
    (lists / "D1.csv").write_text(as_csv(EVERYBODY[3:]))
    with running(tmp_path, master_list=str(lists), sync_seconds="600") as installation:
        part = lists / ".F1.csv.part"
        part.write_text(as_csv([*EVERYBODY[:3], NEWCOMER]))
        part.replace(lists / "F1.csv")
        await_newcomer(installation)


def test_a_changed_list_at_an_address_shows_in_answers_after_a_poll(tmp_path: Path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "token").write_text("list-token\n")
    script: list[Reply] = [give_unless_known(as_csv(EVERYBODY).encode(), '"1"')]
    with (
        ListServer(authority, script) as server,
        running(
            tmp_path,
            master_list=server.url("/ppo.csv?secret-part"),
            master_list_ca_file=str(tmp_path / "ca.pem"),
            master_list_token_file=str(tmp_path / "token"),
            sync_seconds="0.5",
        ) as installation,
    ):
        asked_before = len(server.asked)
        installation.await_answer("it asks again", lambda: len(server.asked) > asked_before + 2)
        script[:] = [give_unless_known(as_csv([*EVERYBODY, NEWCOMER]).encode(), '"2"')]
        await_newcomer(installation)
        assert {headers["Authorization"] for _, headers in server.asked} == {"Bearer list-token"}
        installation.await_answer("it asks for news", lambda: server.asked[-1][1].get("If-None-Match") == '"2"')
        assert not any(secret in installation.log("worker") for secret in ("list-token", "secret-part"))
