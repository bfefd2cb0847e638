"""What an earlier version left behind, kept in `tests/data_of_older`: Redis, state directory and keys.

`python tests/older_data.py SOURCE COMMIT` makes it anew with the commands of the version in a source tree. Nobody in
it exists, and its keys and token are good for nothing else.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgpack
from redis import Redis

from flagging.embedded_redis import start_redis

DATA = Path(__file__).resolve().parent / "data_of_older"
COLUMNS = (
    "ppo_ref",
    "status",
    "family_name",
    "given_names",
    "date_of_birth",
    "home_ocu",
    "police_om_phone",
    "removed_on",
)
FAMILIES = (
    "Quillfeather", "Brambleworth", "Thistledown", "Larkspur", "Inkwell", "Wolverstone", "Nettleship", "Featherstonehaugh",
    "Marchbanks", "Honeychurch", "Ravenscroft", "Silverlock", "Oakenshaw", "Pemberlight", "Windlestraw", "Greengage",
)  # fmt: skip
FLAGGED, FORMER, MISSING = 0, 1, 15
REMOVED_ON = "2026-11-02"


def person(number: int) -> dict[str, str]:
    return {
        "family_name": FAMILIES[number],
        "given_names": "Jasper Odo",
        "date_of_birth": f"1983-02-{number + 1:02}",
    }


def rows(*, is_later: bool) -> list[dict[str, str]]:
    """Return the list, or a later one: somebody was removed from it, somebody else is no longer there."""
    listed = [
        person(number) | {"ppo_ref": f"OLD-{number:04}", "status": "active", "home_ocu": "E2", "police_om_phone": "0121 496 0701"}
        for number in range(len(FAMILIES))
    ]  # fmt: skip
    if is_later:
        listed[FORMER] |= {"status": "removed", "removed_on": REMOVED_ON}
        del listed[MISSING]
    return listed


def write_list(path: Path, *, is_later: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows(is_later=is_later))
    os.utime(path, (path.stat().st_mtime - 60,) * 2)  # nobody is still writing it


def restore(client: Redis, directory: Path) -> None:
    """Put all of it where it was: into an empty Redis and a directory."""
    shutil.copytree(DATA / "state", directory / "state")
    (directory / "keys").mkdir()
    shutil.copy(DATA / "keys.json", directory / "keys")
    (directory / "keys" / "keys.json").chmod(0o600)
    write_list(directory / "list.csv", is_later=True)
    for key, value in msgpack.unpackb((DATA / "redis.msgpack").read_bytes()).items():
        if isinstance(value, list):
            client.sadd(key, *value)
        else:
            client.set(key, value)


def told() -> dict[str, str]:
    """Return the version's commit, a token of its, and the ids of lookups that it answered."""
    return json.loads((DATA / "told.json").read_text())


def make(source: Path, commit: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        redis = start_redis(place / "redis")
        try:
            _fill(place, source, redis.url, commit)
        finally:
            redis.stop()


def _fill(place: Path, source: Path, redis_url: str, commit: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FLAGGING_")} | {
        "PYTHONPATH": str(source),
        "PYTHONSAFEPATH": "1",
        "FLAGGING_CONFIG_DIR": str(source / "config"),
        "FLAGGING_REDIS_URL": redis_url,
        "FLAGGING_STATE_DIR": str(place / "state"),
        "FLAGGING_KEY_FILE": str(place / "keys.json"),
        "FLAGGING_MASTER_LIST": str(place / "list.csv"),
    }

    def run(*words: str) -> str:
        argv = [sys.executable, "-m", "flagging", *words]
        return subprocess.run(argv, env=environ, cwd=place, capture_output=True, text=True, check=True).stdout

    def look_up(number: int) -> str:
        asked = person(number)
        options = [word for name, value in asked.items() for word in (f"--{name.replace('_', '-')}", value)]
        whose = ("--operator", "4711", "--purpose", "custody_booking_in", "--ocu", "F1", "--json")
        return json.loads(run("lookup", *whose, *options))["lookup_id"]

    for is_later in (False, True):
        write_list(place / "list.csv", is_later=is_later)
        run("sync")
    token = run("access", "issue-token", "--role", "custody", "--name", "Custody system F1").split()[0]
    drained = [look_up(FLAGGED), look_up(FORMER)]
    run("ledger", "drain")
    waiting = look_up(MISSING)
    shutil.rmtree(DATA, ignore_errors=True)
    shutil.copytree(place / "state", DATA / "state", ignore=shutil.ignore_patterns("repeats", "*.lock"))
    shutil.copy(place / "keys.json", DATA)
    with Redis.from_url(redis_url) as client:
        kept = {
            key: sorted(client.smembers(key)) if client.type(key) == b"set" else client.get(key)
            for key in client.scan_iter()
        }
    (DATA / "redis.msgpack").write_bytes(msgpack.packb(kept))
    (DATA / "told.json").write_text(
        json.dumps({"commit": commit, "token": token, "drained": drained, "waiting": waiting}, indent=1) + "\n"
    )


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve(), sys.argv[2])
