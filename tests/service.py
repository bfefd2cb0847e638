"""A register of a few people who do not exist, published to a real Redis, and the application that answers from it.

`service` is what most tests want. Nothing follows Redis in the background: a test that changes Redis looks by itself,
and one that wants time to pass says so. Whatever a test changes about it is as it was for the next one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import editions
import orjson
import pytest
from flask import Flask
from redis import Redis
from werkzeug.test import TestResponse

from flagging.access.rate_limit import RateLimiter
from flagging.access.records import AccessRecords
from flagging.api.services import EXTENSION, Services
from flagging.app import create_app
from flagging.configuration.load import Configuration, load_configuration
from flagging.embedded_redis import EmbeddedRedis
from flagging.entries import EntryKind
from flagging.identity.birth_date import parse_birth_date
from flagging.identity.check_letter import check_letter
from flagging.identity.identifiers import parse_identifiers
from flagging.identity.names import parse_name
from flagging.identity.person import IdentifierKind, Identity, Persona
from flagging.key_file import create_key_file, load_keyring
from flagging.ledger.segments import read_segment
from flagging.lookup.repeats import Counts
from flagging.matching.derived import derive
from flagging.matching.index import CandidateIndex
from flagging.record import Manager, Record
from flagging.register.edition import Edition
from flagging.register.freshness import since_boot
from flagging.register.held import Held
from flagging.register.manifest import Manifest
from flagging.register.store import EditionStore
from flagging.register.sync_log import Told
from flagging.sealing import Keyring
from flagging.setting_values import Rate
from flagging.settings import Settings
from flagging.spool import Spool
from flagging.sync.report import to_keep
from flagging.sync.rows import Rejected
from flagging.terms import Agency, Need, Role, Scheme, Status

CONFIG = Path(__file__).resolve().parent.parent / "config"
CAVEAT = "2 rows of the master list could not be read"
REPORT = "01J00000000000000000000000"
REJECTED = Rejected(3, None, "family_name", "blank", "is missing")
ENDLESS = Rate(1_000_000, 1)


# -- people ----------------------------------------------------------------------------------------------------------


def pnc_id(year: int, serial: int) -> str:
    """Return a PNC ID with the right check letter."""
    return f"{year}/{serial:07}{check_letter(year, serial, 7)}"


def record(ref: str, family: str, given: str, born: str, *, pnc: str | None = None, **fields: Any) -> Record:
    """Return a record as a sync would have made it."""
    persona = Persona(parse_name(given, family), parse_birth_date(born, date(2026, 1, 1)))
    identifiers = parse_identifiers(IdentifierKind.PNC_ID, pnc).identifiers if pnc else ()
    identity = Identity((persona,), identifiers, fields.pop("postcode", None))
    return Record(**{"ppo_ref": ref, "status": Status.ACTIVE, "identity": identity} | fields)


POLICE = Manager(Agency.POLICE, "Sgt Pat Example", "0121 496 0701", "pat@police.example")
PROBATION = Manager(Agency.PROBATION, "Robin Specimen", "0121 496 0702", "robin@probation.example")

PPO = record(
    "TST-0001", "Quillfeather", "Jasper Odo", "1983-02-01", pnc="2001/0171310W", postcode="B1 1AA",
    home_ocu="E2", statutory=True, managers=(POLICE, PROBATION),
    drug_treatment_need=Need.YES, drug_treatment_provider="Lantern House",
)  # fmt: skip
FORMER = record(
    "TST-0002", "Brambleworth", "Lucius", "1979-05-17", pnc=pnc_id(1999, 4567),
    status=Status.FORMER, removed_on=date(2026, 1, 5), home_ocu="D1",
)  # fmt: skip
ON_POPP = record(
    "TST-0003", "Wolverstone", "Cornelius", "1988-10-05", pnc=pnc_id(2005, 8901), scheme=Scheme.POPP, home_ocu="E1"
)
BARE = record("TST-0004", "Thistledown", "Rufus", "1991-11-30", pnc=pnc_id(2010, 2345))
MISSING = record(
    "TST-0005", "Nettleship", "Hazel", "1985-08-08", pnc=pnc_id(2003, 6789), missing_since=date(2026, 2, 3)
)
PEOPLE = (PPO, FORMER, ON_POPP, BARE, MISSING)

# What is typed of them. A PNC ID with its right letter is definite, one with a wrong letter is no more than possible.
ASKED_PPO = {
    "family_name": "Quillfeather",
    "given_names": "Jasper Odo",
    "date_of_birth": "1983-02-01",
    "pnc_id": "01/171310W",
}
ASKED_MAYBE = {"pnc_id": "01/171310A"}
ASKED_FORMER = {"pnc_id": pnc_id(1999, 4567)}
ASKED_POPP = {"pnc_id": pnc_id(2005, 8901)}
ASKED_BARE = {"pnc_id": pnc_id(2010, 2345)}
ASKED_STRANGER = {"family_name": "Unlisted", "given_names": "Ashley", "date_of_birth": "1994-07-23"}

QUESTIONS: dict[str, dict[str, Any]] = {
    "custody": {"setting": "arrest", "purpose": "custody_booking_in", "ocu": "F1"},
    "arrest_referral": {"setting": "arrest", "purpose": "arrest_referral_assessment", "ocu": "F1"},
    "prison": {"setting": "prison_reception", "purpose": "prison_reception", "prison": "BMI"},
}


def question(role: str = "custody", **changes: Any) -> dict[str, Any]:
    """Return what a role may ask, about somebody not on the register, but for the changes."""
    return QUESTIONS[role] | {"operator": "4711", "person": ASKED_STRANGER} | changes


# -- editions --------------------------------------------------------------------------------------------------------


def edition_of(
    *records: Record, number: int = 1, caveats: tuple[str, ...] = (), overlaps: tuple[tuple[str, str], ...] = ()
) -> Edition:
    """Return a verified edition that no Redis ever held."""
    index = CandidateIndex()
    for each in records:
        index.add(each, derive(each.identity))
    manifest = editions.manifest_of(records, number=number, caveats=caveats, overlaps=overlaps)
    index.hold_as_one(overlaps)
    return Edition(manifest, index)


def publish(url: str, keyring: Keyring, records: tuple[Record, ...], caveats: tuple[str, ...] = ()) -> Manifest:
    """Publish records as the worker does, as a list dated now."""
    report = to_keep(editions.sync_report(edition=1, rejected=(REJECTED,))) | {"id": REPORT}
    note = {"result": "published", "at": "2026-03-02T09:00:00Z", "report": REPORT, "accepted": {"digest": "digest"}}
    with Redis.from_url(url) as client:
        return editions.publish(
            EditionStore(client, keyring),
            records,
            caveats=caveats,
            list_dated=datetime.now(UTC).timestamp(),
            told=lambda _: Told(note, lambda _: [report]),
        )


def _configuration() -> Configuration:
    return load_configuration(CONFIG)


# -- the application -------------------------------------------------------------------------------------------------


class Still:
    """In the follower's place: looks at nothing unless told to."""

    def __init__(self, client: Redis, channel: str, looks: list[Any], badge: Any = None) -> None:
        self.looks = looks
        self.badge = badge
        self.is_running = False

    def start(self) -> None:
        self.is_running = True

    def await_first_look(self, seconds: float) -> bool:
        return True

    def stop(self) -> None:
        self.is_running = False

    def is_alive(self) -> bool:
        return self.is_running


@dataclass
class Service:
    """The application in this process, with a token for each role."""

    app: Flask
    keyring: Keyring
    tokens: dict[str, str]
    spool_dir: Path

    @property
    def parts(self) -> Services:
        return self.app.extensions[EXTENSION]

    def swap(self, **parts: Any) -> None:
        """Replace parts of the application."""
        self.app.extensions[EXTENSION] = replace(self.parts, **parts)

    def swap_of_lookups(self, **parts: Any) -> None:
        """Replace parts of the lookup room."""
        self.swap(lookups=replace(self.parts.lookups, **parts))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, as the register sees it."""
        self.parts.register.clock = lambda: since_boot() + seconds

    def get(self, path: str, role: str | None = None, **headers: str) -> TestResponse:
        return self._call("GET", path, role, headers)

    def post(self, body: Any, role: str | None = "custody", path: str = "/v1/lookups", **headers: str) -> TestResponse:
        """Post a body, as JSON unless it is bytes."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return self._call("POST", path, role, {"Content-Type": "application/json"} | headers, content)

    def ask(self, role: str = "custody", **changes: Any) -> dict[str, Any]:
        """Ask what the role may ask, and return the answer."""
        response = self.post(question(role, **changes), role)
        assert response.status_code == 200, response.text
        return response.get_json()

    def ask_many(self, *items: Any, role: str = "custody") -> list[dict[str, Any]]:
        response = self.post({"lookups": list(items)}, role, "/v1/lookups/batch")
        assert response.status_code == 200, response.text
        return response.get_json()["answers"]

    def entries(self) -> list[dict[str, Any]]:
        """Return the lookups that stand in the spool, oldest first."""
        return [entry for entry in self.all_entries() if entry["kind"] == EntryKind.LOOKUP]

    def access_entries(self) -> list[dict[str, Any]]:
        """Return who came, went or was refused, oldest first."""
        return [entry for entry in self.all_entries() if entry["kind"] != EntryKind.LOOKUP]

    def all_entries(self) -> list[dict[str, Any]]:
        segments = sorted(self.spool_dir.glob("*.spool"))
        return [orjson.loads(entry) for path in segments for entry in read_segment(path, self.keyring)]

    def _call(
        self, method: str, path: str, role: str | None, headers: dict[str, str], content: bytes | None = None
    ) -> TestResponse:
        signed = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client = self.app.test_client()
        return client.open(path, method=method, headers=signed | named, data=content, buffered=True)


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return _new_keyring(tmp_path_factory.mktemp("keys") / "keys.json")


@pytest.fixture(scope="session")
def other_keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """The keys of another installation."""
    return _new_keyring(tmp_path_factory.mktemp("other-keys") / "keys.json")


@pytest.fixture(scope="session")
def configuration() -> Configuration:
    """The shipped configuration."""
    return _configuration()


@pytest.fixture(scope="session")
def _started(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    place = tmp_path_factory.mktemp("service")
    keyring = _new_keyring(place / "keys.json")
    settings = Settings(
        redis_url=redis_server.url,
        config_dir=CONFIG,
        state_dir=place / "state",
        key_file=place / "keys.json",
        rate_limit=ENDLESS,
    )
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    publish(redis_server.url, keyring, PEOPLE, (CAVEAT,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flagging.app.Follower", Still)
        app = create_app(settings)
    service = Service(app, keyring, {}, settings.state_dir / "spool")
    service.parts.register.look(wait=True)
    issue_tokens(service)
    yield service
    service.parts.spool.close()


@pytest.fixture
def service(_started: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The application, its register loaded and current; with a spool of its own, and no limit to how often one asks.

    However long a lookup takes on a busy machine, nobody is charged for it.
    """
    monkeypatch.setattr("flagging.api.asking.CHARGED_FROM", math.inf)
    parts, register, access = _started.parts, _started.parts.register, _started.parts.access
    held, clock, access_list, book = register.held, register.clock, access.access_list, access.book
    spool = Spool(tmp_path / "spool", _started.keyring)
    counts = Counts(None, since_boot)
    fresh = replace(_started, spool_dir=tmp_path / "spool")
    fresh.swap(
        spool=spool,
        lookups=replace(parts.lookups, spool=spool, repeats=replace(parts.lookups.repeats, counts=counts)),
        records=AccessRecords(spool),
        limiter=RateLimiter(ENDLESS, since_boot),
        operator_limiter=RateLimiter(ENDLESS, since_boot, "operator"),
    )
    # What Redis said at the start counts as said just now: other tests may have taken their time.
    register.held = replace(
        held,
        vouched=replace(held.vouched, learned_at=since_boot()),
        in_reach_until=since_boot() + 3600,
    )
    yield fresh
    spool.close()
    register.held, register.clock = held, clock
    access.access_list, access.book = access_list, book
    fresh.app.extensions[EXTENSION] = parts


def nothing_held() -> Held:
    """What a process holds that has not found a register yet."""
    return Held(trouble="Redis: ConnectionError")


def issue_tokens(service: Service) -> None:
    """Give the service a token for each role."""
    now = datetime.now(UTC)
    for role in Role:

        def issue(known: Any, role: Role = role) -> Any:
            changed, service.tokens[role.value] = known.issue(f"{role} system", role, now, None)
            return changed

        service.parts.access.change(issue)


def _new_keyring(path: Path) -> Keyring:
    create_key_file(path)
    return load_keyring(path)
