"""The composition root: an application that starts whatever Redis does, and says plainly what it cannot start with."""

import shutil
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from redis import Redis
from service import ASKED_PPO, ASKED_STRANGER, CONFIG, PEOPLE, Service, Still, publish, question, record

from flagging import wsgi
from flagging.access.live import LiveAccess
from flagging.api.services import EXTENSION
from flagging.app import create_app
from flagging.errors import ConfigurationInvalid, KeyFileFault, SettingInvalid
from flagging.key_file import create_key_file, load_keyring
from flagging.lookup.costly import LENGTHY
from flagging.register.edition import load_edition
from flagging.settings import Settings
from flagging.terms import Role

ASKED_NAMED = {"family_name": "Larkwhistle", "given_names": "Tobias", "date_of_birth": "1961-02-17"}
NOWHERE = "unix:///nonexistent/redis.sock"


@pytest.fixture
def settings(tmp_path, redis_url):
    create_key_file(tmp_path / "keys.json")
    return Settings(
        redis_url=redis_url, config_dir=CONFIG, state_dir=tmp_path / "state", key_file=tmp_path / "keys.json"
    )


@pytest.fixture
def start(settings, monkeypatch):
    """Start an application that follows Redis only when told to look."""
    monkeypatch.setattr("flagging.app.Follower", Still)
    started = []

    def start(**changes):
        app = create_app(replace(settings, **changes))
        started.append(app)
        return Service(app, load_keyring(settings.key_file), {}, settings.state_dir / "spool")

    yield start
    for app in started:
        app.extensions[EXTENSION].spool.close()


def look(service):
    service.parts.access.look()
    service.parts.register.look(wait=True)


def issue_token(settings):
    """Issue a token as an administrator would, on another host."""
    issued = []

    def alter(known):
        changed, token = known.issue("custody system", Role.CUSTODY, datetime.now(UTC), None)
        issued.append(token)
        return changed

    with Redis.from_url(settings.redis_url) as client:
        LiveAccess(client, load_keyring(settings.key_file), settings.state_dir.parent / "office").change(alter)
    return issued[-1]


def test_it_starts_without_redis_and_answers_that_it_cannot_say(start):
    service = start(redis_url=NOWHERE)
    look(service)
    assert service.get("/health/live").status_code == 200
    assert service.get("/health/ready").get_json()["missing"] == ["register", "access"]
    response = service.post(question(person=ASKED_PPO), role=None, Authorization="Bearer flg_a_b")
    assert (response.status_code, response.get_json()["outcome"]) == (503, "cannot_confirm")


def test_it_answers_from_what_redis_holds_once_it_has_looked(start, settings):
    service = start()
    service.tokens["custody"] = issue_token(settings)
    publish(settings.redis_url, service.keyring, PEOPLE)
    assert service.post(question()).status_code == 503
    look(service)
    assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"
    assert service.ask(person=ASKED_STRANGER)["outcome"] == "not_on_register"


def test_a_process_that_starts_without_redis_still_knows_its_callers(start, settings):
    token = issue_token(settings)
    look(start())
    alone = start(redis_url=NOWHERE)
    alone.tokens["custody"] = token
    look(alone)
    assert alone.post(question()).get_json()["detail"] == "No verified edition of the register is held."
    assert alone.post(question(), role=None).status_code == 401


def test_a_caller_who_has_asked_much_lately_needs_a_turn_sooner_for_a_search_that_goes_on(start):
    parts = start(redis_url=NOWHERE).parts
    assert not parts.lookups.costly.is_needed("caller", LENGTHY)
    parts.limiter.spend("caller", 100)
    assert parts.lookups.costly.is_needed("caller", LENGTHY)
    assert not parts.lookups.costly.is_needed("another", LENGTHY)


def test_a_token_issued_or_revoked_counts_from_the_next_look(start, settings):
    service = start()
    service.tokens["custody"] = issue_token(settings)
    look(service)
    assert service.get("/v1/register", "custody").status_code == 200
    token_id = service.tokens["custody"].split("_")[1]
    LiveAccess(Redis.from_url(settings.redis_url), service.keyring, settings.state_dir.parent / "office").change(
        lambda known: known.revoke(token_id, datetime.now(UTC))
    )
    look(service)
    assert service.get("/v1/register", "custody").status_code == 401


def test_the_follower_brings_it_up_to_date_by_itself(settings):
    """The one test with the real follower: a new edition is answered from within a second or so."""
    keyring = load_keyring(settings.key_file)
    app = create_app(settings)
    try:
        service = Service(app, keyring, {"custody": issue_token(settings)}, settings.state_dir / "spool")
        publish(settings.redis_url, keyring, PEOPLE)
        deadline = time.monotonic() + 20
        while service.get("/health/ready").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"
    finally:
        stop(app)


def stop(app):
    app.extensions[EXTENSION].follower.stop()
    app.extensions[EXTENSION].spool.close()


@pytest.fixture
def loading(monkeypatch):
    """Editions load no further than to here until this is set."""
    go_on = threading.Event()

    def load_late(*arguments):
        assert go_on.wait(20)
        return load_edition(*arguments)

    monkeypatch.setattr("flagging.register.live.load_edition", load_late)
    yield go_on
    go_on.set()


def test_a_process_that_starts_answers_nobody_before_it_has_the_register_that_there_is(settings, loading):
    """Another process died and this one takes its place: callers are left to the others meanwhile."""
    keyring = load_keyring(settings.key_file)
    publish(settings.redis_url, keyring, PEOPLE)
    token = issue_token(settings)
    threading.Timer(0.3, loading.set).start()
    app = create_app(settings)
    try:
        service = Service(app, keyring, {"custody": token}, settings.state_dir / "spool")
        assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"
    finally:
        stop(app)


def test_a_process_whose_register_is_long_in_coming_says_so_rather_than_let_everybody_wait(
    settings, loading, monkeypatch
):
    monkeypatch.setattr("flagging.app.START_SECONDS", 0.1)
    publish(settings.redis_url, load_keyring(settings.key_file), PEOPLE)
    app = create_app(settings)
    try:
        assert app.test_client().get("/health/ready").get_json()["status"] == "not ready"
    finally:
        loading.set()
        stop(app)


NAMED = record("TST-0006", "Larkwhistle", "Tobias", "1961-02-17")
ONLY_YEAR_KNOWN = record("TST-0007", "Larkwhistle", "Tobias", "1961")
REHEARSED = {"with a canary": NAMED, "with nobody fit for one": ONLY_YEAR_KNOWN}


@pytest.mark.parametrize("somebody", REHEARSED.values(), ids=REHEARSED)
def test_a_process_is_ready_only_once_it_finds_people_of_the_register_by_their_own_identity(
    somebody, start, settings, monkeypatch
):
    """One that recognises nobody, by whatever slip, would say of everybody that they are on no register."""
    token = issue_token(settings)
    publish(settings.redis_url, load_keyring(settings.key_file), (somebody,))
    with monkeypatch.context() as slip:
        slip.setattr("flagging.matching.search._find_told", lambda *_: [])
        service = start()
        service.tokens["custody"] = token
        look(service)
        assert service.get("/health/ready").get_json()["missing"] == ["register"]
        assert service.post(question(person=ASKED_NAMED)).get_json()["outcome"] == "cannot_confirm"
    service = start()
    service.tokens["custody"] = token
    before = service.all_entries()
    look(service)
    assert service.get("/health/ready").status_code == 200
    assert service.all_entries() == before, "it has looked people up and nobody has asked: nothing to record"
    assert service.ask(person=ASKED_NAMED)["outcome"] != "not_on_register"


def broken_configuration(settings, tmp_path):
    shutil.copytree(CONFIG, tmp_path / "config")
    (tmp_path / "config" / "routing.toml").write_text("flag = 1")
    return replace(settings, config_dir=tmp_path / "config")


UNSTARTABLE = {
    "no key file set": (lambda settings, _: replace(settings, key_file=None), SettingInvalid),
    "no Redis set": (lambda settings, _: replace(settings, redis_url=None), SettingInvalid),
    "no key file there": (lambda settings, at: replace(settings, key_file=at / "nowhere.json"), KeyFileFault),
    "broken configuration": (broken_configuration, ConfigurationInvalid),
}


@pytest.mark.parametrize(("spoil", "error"), UNSTARTABLE.values(), ids=UNSTARTABLE)
def test_what_it_cannot_start_with_is_named_and_no_key_file_made(spoil, error, settings, tmp_path):
    with pytest.raises(error):
        create_app(spoil(settings, tmp_path))
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["keys.json"]


# -- what gunicorn calls ---------------------------------------------------------------------------------------------


@pytest.fixture
def environment(settings, monkeypatch):
    monkeypatch.setattr("flagging.wsgi.set_up_logs", lambda _: None)
    monkeypatch.setattr("flagging.app.Follower", Still)
    for name in ("redis_url", "key_file", "state_dir", "config_dir"):
        monkeypatch.setenv(f"FLAGGING_{name.upper()}", str(getattr(settings, name)))
    return monkeypatch


def test_gunicorn_is_given_the_application_of_the_environment(environment):
    app = wsgi.create()
    app.extensions[EXTENSION].spool.close()
    assert app.test_client().get("/health/live").status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KEY_FILE", "", "FLAGGING_KEY_FILE: is not set"),
        ("LOG_LEVEL", "loud", "FLAGGING_LOG_LEVEL: "),
        ("REDDIS_URL", "x", "FLAGGING_REDDIS_URL: no such setting"),
    ],
)
def test_a_fault_of_the_set_up_stops_gunicorn_with_one_line(name, value, said, environment, capsys):
    environment.setenv(f"FLAGGING_{name}", value)
    with pytest.raises(SystemExit) as ended:
        wsgi.create()
    told = capsys.readouterr().err
    assert ended.value.code == wsgi.HALT
    assert told.startswith(f"flagging: {said}")
    assert told.count("\n") == 1
