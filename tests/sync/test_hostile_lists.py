"""Lists cut off anywhere and rows meant to do harm: none damages the register, none ends the worker."""

import csv
import io
import json
import random
import threading
import time
from dataclasses import replace

import orjson
import pytest
from at_work import PATIENCE, await_true
from editions import KEYRING, LIMITS, configuration, date_file, fake_redis, publisher
from sweeps import first_of

from flagging.configuration.master_list import FIELDS
from flagging.matching.search import search
from flagging.redis_connection import connect
from flagging.register.live import LiveRegister
from flagging.register.store import EditionStore
from flagging.sync import worker as worker_module
from flagging.sync.guards import Guards
from flagging.sync.reading import MOST_ETHNICITIES
from flagging.sync.report import Result
from flagging.sync.synchronise import Synchroniser
from flagging.sync.worker import Worker

NAMES = ["Alder", "Birch", "Cedar", "Dogwood", "Elder", "Gorse", "Hawthorn", "Juniper", "Larch", "Maple"]
UNGUARDED = Guards(fewest=0, count_drop=1.0, reject_rate=1.0, absent=1.0, unflagged=1.0, blanked=1.0)
SECRET = "geheim"


def row(number, **changes):
    return {
        "ppo_ref": f"BHM-{number:04}",
        "status": "active",
        "family_name": f"{NAMES[number % 10]}son",
        "given_names": "Alex",
        "date_of_birth": f"19{70 + number % 30}-05-{1 + number % 28:02}",
        "crn": f"X{100_000 + number}",
        "home_ocu": "F1",
        "offending_ocu": "F2",
        "probation_om_name": 'Pat "Pip" Example',
        "police_om_phone": "0121 496 0701",
        "added_on": "2025-11-03",
    } | changes


EVERYBODY = [row(number) for number in range(40)]


def as_csv(rows, end="\r\n", columns=FIELDS):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_json(rows):
    return b"".join(orjson.dumps(each) + b"\n" for each in rows)


class Site:
    """A list on disk, a Redis, and the synchroniser of a worker that works there."""

    def __init__(self, directory, client, guards):
        self.list = directory / "list.csv"
        self.store = EditionStore(client, KEYRING)
        self.register = LiveRegister(self.store, LIMITS)
        self.dated = time.time() - 1_000_000
        self.synchroniser = Synchroniser(
            publisher=publisher(self.store),
            form=configuration().master_list,
            known_ocus=frozenset(configuration().directory.ocus),
            guards=guards,
            former_days=365,
        )

    def write(self, content):
        part = self.list.with_suffix(".part")
        part.write_bytes(content)
        self.dated += 60
        date_file(part, self.dated)
        part.replace(self.list)

    def sync(self, content):
        self.write(content)
        return self.synchroniser.run(str(self.list))

    def edition(self):
        self.register.look(wait=True)
        assert self.register.held.trouble is None
        return self.register.held.edition

    def records(self):
        """Everybody in what a server holds, however long they are missing from the list."""
        return {record.ppo_ref: replace(record, missing_since=None) for record in self.edition().index.records}


@pytest.fixture
def site(tmp_path):
    """A site whose register is what the list says."""
    site = Site(tmp_path, fake_redis(), Guards())
    assert site.sync(as_csv(EVERYBODY)).result is Result.PUBLISHED
    return site


@pytest.fixture
def unguarded(tmp_path):
    """A site that publishes whatever it can read."""
    site = Site(tmp_path, fake_redis(), UNGUARDED)
    assert site.sync(as_csv(EVERYBODY)).result is Result.PUBLISHED
    return site


# -- cut off ---------------------------------------------------------------------------------------------------------

CHANGED = [
    row(number, family_name="Thistleby", home_ocu="D1") if number % 5 == 0 else row(number) for number in range(40)
]
CHANGED += [row(number) for number in (90, 91)]
UNQUOTED = [each | {"probation_om_name": "Pat Example"} for each in CHANGED]
WHOLE = {
    "csv": as_csv(CHANGED),
    "unix-csv": as_csv(UNQUOTED, "\n"),
    "references-last": as_csv(UNQUOTED, columns=list(reversed(FIELDS))),
    "semicolons": as_csv(UNQUOTED).replace(b",", b";"),
    "json": as_json(CHANGED),
}


def positions(content):
    """200 positions: anywhere in the list, and each of its last bytes."""
    last = range(len(content) - 50, len(content))
    return sorted([*random.Random(7).sample(range(last[0]), 150), *last])


@pytest.mark.parametrize("kind", first_of(WHOLE))
@pytest.mark.parametrize("guards", ["guarded", "unguarded"])
def test_a_list_cut_off_anywhere_changes_nobody_into_what_no_list_said(tmp_path, kind, guards):
    content = WHOLE[kind]
    site = Site(tmp_path, fake_redis(), Guards() if guards == "guarded" else UNGUARDED)
    assert site.sync(as_csv(EVERYBODY)).result is Result.PUBLISHED
    old = site.records()
    other = Site(tmp_path, fake_redis(), Guards())
    other.sync(content)
    new = other.records()
    assert len(positions(content)) == 200
    for position in positions(content):
        before = site.edition().manifest.number
        report = site.sync(content[:position])
        after = site.records()
        assert old.keys() <= after.keys()
        assert all(record in (old.get(ref), new.get(ref)) for ref, record in after.items()), position
        is_changed = report.result in (Result.PUBLISHED, Result.UNCHANGED)
        assert is_changed or site.edition().manifest.number == before
    assert site.sync(content).result in (Result.PUBLISHED, Result.UNCHANGED)
    assert site.records() == new


@pytest.mark.parametrize("kind", first_of(WHOLE))
def test_a_list_that_provably_ends_within_a_row_is_refused_however_little_is_lost(site, kind):
    last_row = WHOLE[kind].rstrip().rfind(b"\n")
    for position in range(last_row + 2, last_row + 60):
        report = site.sync(WHOLE[kind][:position])
        assert report.result is Result.REFUSED, WHOLE[kind][:position][-80:]
    assert site.edition().manifest.number == 1


# -- meant to do harm ------------------------------------------------------------------------------------------------

HARMS = [
    "\x00",
    "\x00" * 5000,
    "x" * 1_000_000,
    '"' * 999,
    "a,b;c\td|e",
    "line\nbreak\r\nand\rmore",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://example.org","x")',
    "@SUM(1+1)",
    "\u202e\u2066drow\u2069",
    "\u200b\ufeff\u00ad",
    "\x1b[2J\x07\x08",
    "\ud800",
    "\udfff\ud800",
    "\U0010ffff\ufffe",
    "\u0301" * 3000,
    "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 500,
    "9" * 4400,
    "1e308",
    "1.23E+06",
    "-0",
    "NaN",
    "0000-00-00",
    "9999-99-99",
    "2026-02-29",
    "30348",
    "[" * 9000,
    ";" * 9000,
    "SAMPLE, Alex [1983-02-01]; " * 300,
    "{}{0}%s%n${jndi}",
    "'; DROP TABLE people; --",
    "../../../etc/passwd",
    "active",
    "BHM-0001",
    "",
    " ",
]


def hostile_rows(seed, number=1000):
    """Rows of a thousand strangers, each with some values that are meant to do harm."""
    chance = random.Random(seed)
    for at in range(number):
        harmed = chance.sample(FIELDS, chance.randint(1, 6))
        values = {
            field: f"{SECRET}{chance.choice(HARMS)}" if chance.random() < 0.3 else chance.choice(HARMS)
            for field in harmed
        }
        if sum(map(len, values.values())) > 900_000 and at % 20:
            values = {field: value[:2000] for field, value in values.items()}
        yield row(5000 + at, probation_om_name="Pat Example") | {
            field: value for field, value in values.items() if not (field == "ppo_ref" and value == "BHM-0001")
        }


def hostile_csv(seed):
    """Each row well-formed or not, in whatever encoding."""
    chance = random.Random(seed)
    lines = [",".join(FIELDS).encode()]
    for values in hostile_rows(seed):
        text = io.StringIO()
        csv.DictWriter(text, FIELDS, lineterminator="").writerow(values)
        line = text.getvalue()
        if chance.random() < 0.2:
            line = line.replace('"', "", 1)
        encoding = chance.choice(["utf-8", "utf-8", "cp1252", "utf-16-le", "utf-7"])
        lines.append(line.encode(encoding, "surrogatepass" if encoding.startswith("utf-") else "replace"))
    return lines


def hostile_json(seed):
    chance = random.Random(seed)
    for values in hostile_rows(seed):
        line = json.dumps(values, ensure_ascii=chance.random() < 0.5)
        match chance.randrange(8):
            case 0:
                line = line.replace("{", '{"crn": ' + "[" * 3000 + "]" * 3000 + ", ", 1)
            case 1:
                line = line.replace("{", '{"crn": ' + '{"a":' * 900 + "1" + "}" * 900 + ", ", 1)
            case 2:
                line = line.replace("{", '{"ppo_ref": "BHM-0001", "status": "removed", ', 1)
            case 3:
                line = line.replace("{", f'{{"sex": {"9" * 5000}, "stage": 1e400, ', 1)
            case 4:
                line = line[:-1]
        yield line.encode("utf-8", "surrogatepass")


def among(sound, hostile, seed):
    """A list of sound rows with hostile ones between them."""
    chance = random.Random(seed)
    header, *rows = sound if isinstance(sound, list) else [sound]
    mixed = [*rows, *hostile]
    chance.shuffle(mixed)
    return b"\n".join([header, *mixed]) + b"\n"


def lists(seed):
    sound = as_csv([each | {"probation_om_name": "Pat Example"} for each in EVERYBODY], "\n").splitlines()
    yield "csv", among(sound, hostile_csv(seed)[1:], seed)
    yield "json", b"\n".join([*as_json(EVERYBODY).splitlines(), *hostile_json(seed)]) + b"\n"


def refs_of(found):
    return [match.record.ppo_ref for match in found.matches]


@pytest.mark.parametrize("seed", first_of(range(2)))
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_thousand_hostile_rows_are_refused_and_change_nothing(site, seed, kind):
    before = site.records()
    report = site.sync(dict(lists(seed))[kind])
    assert report.result is Result.REFUSED
    assert site.records() == before
    assert site.edition().manifest.number == 1
    assert SECRET not in told(report)


def told(report):
    """All that a report says besides references and kinds of ethnicity, which are whatever the list gives out."""
    whole = report.as_dict()
    assert len(whole.pop("ethnicity")) <= MOST_ETHNICITIES
    for each in (*whole["rejected"], *whole["warnings"]):
        del each["ppo_ref"]
    for name in ("added", "changed", "removed", "missing", "overlaps", "erased"):
        whole.pop(name)
    return orjson.dumps(whole).decode()


@pytest.mark.parametrize("seed", first_of(range(2)))
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_thousand_hostile_rows_published_after_all_harm_nobody_else(unguarded, seed, kind):
    before = unguarded.records()
    report = unguarded.sync(dict(lists(seed))[kind])
    assert report.result is Result.PUBLISHED
    assert len(report.rejected) > 20
    assert SECRET not in told(report)
    edition = unguarded.edition()
    assert edition.manifest.number == 2
    after = unguarded.records()
    harmed = {ref for ref, record in before.items() if after[ref].identity != record.identity}
    assert harmed == set()
    for record in before.values():
        assert record.ppo_ref in refs_of(
            search(record.identity, edition.index, configuration().matching, lambda: False)
        )
    orjson.dumps(report.as_dict())


def test_the_worker_outlives_every_one_of_them(tmp_path, redis_url, monkeypatch):
    monkeypatch.setattr(worker_module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(worker_module, "RETRY_SECONDS", 0.1)
    site = Site(tmp_path, connect(redis_url), Guards())
    site.write(as_csv(EVERYBODY))
    stopping, thread = threading.Event(), None
    worker = Worker(site.synchroniser, str(site.list), 10 * PATIENCE, upkeep=lambda: None)
    try:
        thread = threading.Thread(target=worker.run, args=(stopping,))
        thread.start()
        await_true(lambda: (site.store.look().last_sync or {}).get("result") == "published")
        for content in (
            *(content for _, content in lists(7)),
            b"",
            b"\x00" * 1000,
            as_csv(EVERYBODY)[:5000],
            b"\xff\xfe",
        ):
            seen = site.store.look().last_sync["report"]
            site.write(content)
            await_true(lambda seen=seen: site.store.look().last_sync["report"] != seen)
            assert site.store.look().pointer.edition == 1
        site.write(as_csv([*EVERYBODY, row(90)]))
        await_true(lambda: "BHM-0090" in site.records())
    finally:
        stopping.set()
        if thread:
            thread.join(PATIENCE)
    assert not thread.is_alive()
