"""How soon whoever asked is told to look again: `python load_tests/alert_time.py [--people 10000] [--lookups 30000]`.

So many lookups are kept, most about strangers, three in a hundred about PPOs. Then somebody who was asked about is
added to the list: one who was asked about first of all (whose turn comes last), one who was asked about just now.
Prints the seconds from the new edition becoming current until the alert is there, and until all have been asked again;
and how long mail and webhook messages take about people who are recognised meanwhile, beside what they take while
nothing changes. The real worker, Redis, mail server and webhook receiver. There is no bar; it fails if somebody is not
told at all.
"""

import argparse
import csv
import socket
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import orjson
from redis import Redis
from sqlalchemy import func, select
from told_in_turn import Turmoil
from ulid import ULID

from flagging.entries import EntryKind, begin_entry
from flagging.errors import LedgerUnreachable
from flagging.key_file import load_keyring
from flagging.ledger.database import LedgerDatabase
from flagging.notify.tables import ALERTS, LOOKED
from flagging.register.store import EditionStore
from flagging.synth import write_master_list

PATIENCE = 600.0
LATE = [
    {"family_name": "Quillbrook", "given_names": "Wendeline", "date_of_birth": "1974-09-03"},
    {"family_name": "Oxenford", "given_names": "Cuthbert", "date_of_birth": "1986-12-29"},
]


class Site(Turmoil):
    """A worker, with a long list and many lookups behind it."""

    def __init__(self, directory, people):
        self.people = people
        super().__init__(directory, *free_ports(2))
        self.environ |= {"FLAGGING_SYNC_SECONDS": "1"}
        self.database = LedgerDatabase(None, directory / "state")
        self.due = set()

    def _write_list(self):
        """The people of a turmoil, whose managers are told, and so many more."""
        path = self.directory / "list.csv"
        super()._write_list()
        with path.open(encoding="utf-8", newline="") as file:
            managed = list(csv.DictReader(file))
        write_master_list(path, self.people, 1, datetime.now(UTC).date())
        with path.open(encoding="utf-8", newline="") as file:
            self.header, *self.rows = csv.reader(file)
        self.header += [name for name in managed[0] if name not in self.header]
        for row in managed:
            self.add(row)

    def add(self, row):
        """Rename in a list with one person more."""
        self.rows.append([row.get(column, "") for column in self.header])
        part = self.directory / "list.part"
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([self.header, *self.rows])
        part.replace(self.directory / "list.csv")

    def ask(self, person, outcome="not_on_register", refs=()):
        """Record a lookup as a server process does."""
        question = {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "ocu": "F1"}
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {"lookup_id": str(ULID()), "at": at, "caller": "c-1", "role": "custody", "outcome": outcome}
        said |= {"question": question | {"person": person}, "refs": list(refs), "handles": {}, "fields": []}
        self.spool.append(orjson.dumps(begin_entry(EntryKind.LOOKUP) | said | {"register": {"edition": 1}}))

    def count(self, *wanted):
        try:
            with self.database.reading() as connection:
                return connection.execute(select(func.count()).where(*wanted)).scalar_one()
        except LedgerUnreachable:
            return -1

    def number_of(self, which):
        """The number of the first or the last lookup kept, by `func.min` or `func.max`."""
        with self.database.reading() as connection:
            return connection.execute(select(which(LOOKED.c.number))).scalar_one()

    def is_alerted(self, number):
        return self.count(ALERTS.c.number == number) > 0

    def is_all_asked(self):
        """Tell whether all kept lookups have been asked of the current edition."""
        with self.store() as store:
            current = store.look().pointer
        return current is not None and self.count(LOOKED.c.edition.is_distinct_from(current.edition)) == 0

    @contextmanager
    def store(self):
        with Redis.from_url(self.redis.url) as client:
            yield EditionStore(client, load_keyring(self.directory / "keys.json"))

    def seconds_to_be_told(self):
        """Have somebody recognised now; return how long the mail and the webhook message about it take."""
        mails, posts, began, seconds = len(self.mail.taken), len(self.hook.taken), time.monotonic(), [0.0, 0.0]
        self.recognise(1, self.due)
        self._await(lambda: len(self.mail.taken) > mails, PATIENCE)
        seconds[0] = time.monotonic() - began
        self._await(lambda: len(self.hook.taken) > posts, PATIENCE)
        seconds[1] = time.monotonic() - began
        return seconds


def free_ports(number):
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def keep_lookups(site, number):
    """Let there be so many lookups: one of the late people first, then strangers and PPOs, then the other."""
    strangers = site.directory / "strangers.csv"
    write_master_list(strangers, 6000, 99, datetime.now(UTC).date())
    with strangers.open(encoding="utf-8", newline="") as file:
        people = [{name: row[name] for name in LATE[0]} for row in csv.DictReader(file)]
    known = [dict(zip(site.header, row, strict=False)) for row in site.rows]
    site.ask(LATE[0])
    for position in range(number - 2):
        if position % 33 == 0:
            row = known[position % len(known)]
            site.ask({name: row[name] for name in LATE[0]}, "flagged", [row["ppo_ref"]])
        else:
            site.ask({name: value for name, value in people[position % len(people)].items() if value})
    site.ask(LATE[1])
    site._await(lambda: site.count(LOOKED.c.number > 0) >= number and site.is_all_asked(), PATIENCE)  # noqa: SLF001


def measure(site, number):
    began = time.monotonic()
    keep_lookups(site, number)
    print(
        f"{number} lookups kept, {site.people} records; asked of a first edition within {since(began):.1f} s",
        flush=True,
    )
    numbers = [site.number_of(which) for which in (func.min, func.max)]
    told = [site.seconds_to_be_told() for _ in range(5)]
    print(f"recognised, nothing changing, the slowest of {len(told)}: {slowest(told)}", flush=True)
    for person, its_number, when in zip(LATE, numbers, ("first of all", "just now"), strict=True):
        with Redis.from_url(site.redis.url) as client:
            before = client.get("flagging:current")
            site.add(person | {"ppo_ref": f"LATE-{when}", "status": "active"})
            site._await(lambda: client.get("flagging:current") != before, PATIENCE)  # noqa: B023, SLF001
        began, alerted, told = time.monotonic(), None, []
        while not site.is_all_asked() or alerted is None:
            told.append(site.seconds_to_be_told())
            if alerted is None and site.is_alerted(its_number):
                alerted = time.monotonic() - began
            time.sleep(0.05)
        print(f"added, asked about {when}: alert within {alerted:.2f} s, all asked again in {since(began):.1f} s")
        print(f"recognised meanwhile, the slowest of {len(told)}: {slowest(told)}", flush=True)


def since(began):
    return time.monotonic() - began


def slowest(told):
    mails, posts = zip(*told, strict=True)
    return f"mail after {max(mails):.2f} s, webhook after {max(posts):.2f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--lookups", type=int, default=30_000)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="flagging-alerts-") as directory,
        Site(Path(directory), options.people) as site,
    ):
        measure(site, options.lookups)
        site.database.close()
    print("pass: everybody was told")


if __name__ == "__main__":
    main()
