"""What the service is compared with as another way to find names: the same ones looked up in PostgreSQL (pg_trgm)."""

import csv
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import contenders

OPTIONS = ("listen_addresses=", "jit=off", "autovacuum=off", "max_parallel_workers_per_gather=0")
"""Nothing goes on besides, and one process answers."""


class Trigrams:
    """Looks people up by how alike their names are, as one might without this service; asked what the service is asked.

    One connection, so that one process answers. There is no HTTP, and nothing of all that the service does besides.
    """

    name = "pg_trgm by name, no HTTP"
    QUERY = """
        SELECT ppo_ref, similarity(name, %(name)s) AS alike FROM people
        WHERE name %% %(name)s AND (born = %(born)s OR similarity(name, %(name)s) > 0.6)
        ORDER BY alike DESC LIMIT 5
    """

    def __init__(self, connection):
        self._connection = connection
        self.pid = connection.info.backend_pid
        self.asker = self

    def one_by_one(self, bodies):
        """Return the seconds that each answer took, asked one after the other."""
        seconds = []
        for values in map(looked_for, bodies):
            began = time.perf_counter()
            self._ask(values).fetchall()
            seconds.append(time.perf_counter() - began)
        return seconds

    def all_at_once(self, bodies):
        """Return the seconds that all answers took, none of them waiting for whoever asks to have read the last one."""
        values = [looked_for(body) for body in bodies]
        began = time.perf_counter()
        with self._connection.pipeline():
            answers = [self._ask(each) for each in values]
        for answer in answers:
            answer.fetchall()
        return time.perf_counter() - began

    def _ask(self, values):
        return self._connection.execute(self.QUERY, values, prepare=True)


def looked_for(body):
    """Return what is looked up for the body of a lookup by name."""
    person = json.loads(body)["person"]
    return {"name": f"{person['given_names']} {person['family_name']}".lower(), "born": person["date_of_birth"]}


@contextmanager
def trigrams(place, register):
    """Start a private PostgreSQL that holds the register; yield None where there is none to start, or no client."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    try:
        import psycopg
    except ImportError:
        psycopg = None
    if not programs or psycopg is None or (os.geteuid() == 0 and not shutil.which("setpriv")):
        yield None
        return
    data = place / "postgresql"
    data.mkdir()
    drop = []
    if os.geteuid() == 0:  # it refuses to run as root
        shutil.chown(data, "postgres", "postgres")
        place.chmod(0o755)
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    initdb = [*drop, programs[-1] / "initdb", "-D", data / "db", "-A", "trust", "-U", "postgres"]
    subprocess.run(initdb, cwd="/", stdout=subprocess.DEVNULL, check=True)
    options = ["-D", data / "db", "-k", data, *(word for option in OPTIONS for word in ("-c", option))]
    server_command = [*drop, programs[-1] / "postgres", *options]
    with contenders.running(server_command, os.environ, place / "postgresql.log") as server:
        contenders.await_true((data / ".s.PGSQL.5432").exists, server, place / "postgresql.log")
        made = []

        def takes_connections():  # its socket is there a little before
            with suppress(psycopg.OperationalError):
                made.append(psycopg.connect(host=str(data), user="postgres", autocommit=True))
            return bool(made)

        contenders.await_true(takes_connections, server, place / "postgresql.log")
        with made[0] as connection:
            fill(connection, register)
            yield Trigrams(connection)


def fill(connection, register):
    connection.execute("CREATE EXTENSION pg_trgm")
    connection.execute("CREATE TABLE people (ppo_ref text, name text, born text)")
    with register.open(encoding="utf-8", newline="") as file, connection.cursor() as cursor:
        rows = [
            (row["ppo_ref"], f"{row['given_names']} {row['family_name']}".lower(), row["date_of_birth"])
            for row in csv.DictReader(file)
        ]
        cursor.executemany("INSERT INTO people VALUES (%s, %s, %s)", rows)
    connection.execute("CREATE INDEX ON people USING gin (name gin_trgm_ops)")
    connection.execute("ANALYZE people")
