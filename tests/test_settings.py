"""Settings: each declared once, bad values named in one line, secrets never shown, a running demo found."""

import fcntl
import logging
import math
import os
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from environs import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from flagging.errors import SettingInvalid
from flagging.setting_values import PARSERS, Rate, mask_secrets
from flagging.settings import (
    DEMO_ENV,
    DEMO_LOCK,
    Settings,
    describe,
    find_config_dir,
    is_demo_running,
    needed,
    read_settings,
    variable_of,
)

REPOSITORY = Path(__file__).resolve().parent.parent


def reading(**variables: str) -> Settings:
    return read_settings({variable_of(name): value for name, value in variables.items()})


def test_everything_has_the_documented_default():
    settings = read_settings({})
    assert settings == Settings(config_dir=settings.config_dir, state_dir=Path.cwd() / "state")
    assert (settings.redis_url, settings.master_list, settings.key_file) == (None, None, None)
    assert (settings.sync_seconds, settings.stale_after, settings.refuse_after) == (60, 3600, 86400)
    assert settings.list_stale_after == 7 * 24 * 3600
    assert (settings.former_days, settings.keep_editions, settings.lookup_seconds) == (365, 5, 2)
    assert (settings.guard_count_drop, settings.guard_reject_rate) == (0.10, 0.05)
    assert settings.rate_limit == Rate(100, 1)


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        (
            "redis_url",
            "rediss://server:secret@redis.example.org:6380/1",
            "rediss://server:secret@redis.example.org:6380/1",
        ),
        ("redis_url", "unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("redis_url", "redis+sentinel://a.example:1,b.example/main/0", "redis+sentinel://a.example:1,b.example/main/0"),
        ("master_list", "https://lists.example.org/ppo.csv", "https://lists.example.org/ppo.csv"),
        ("master_list", "/srv/ppo.csv", "/srv/ppo.csv"),
        ("master_list", "ppo.csv", str(Path("ppo.csv").absolute())),
        ("master_list_token_file", "/run/secrets/list-token", Path("/run/secrets/list-token")),
        ("key_file", "/etc/flagging/keys", Path("/etc/flagging/keys")),
        ("sync_seconds", "30", 30.0),
        ("sync_seconds", "0.5", 0.5),
        ("list_stale_after", "14d", 14 * 86400.0),
        ("stale_after", "90 m", 5400.0),
        ("rate_limit", "30 per minute", Rate(30, 60)),
        ("guard_count_drop", "0", 0.0),
        ("log_level", "warning", logging.WARNING),
    ],
)
def test_value_is_read_as_what_it_means(name, written, read):
    assert getattr(reading(**{name: written}), name) == read


@pytest.mark.parametrize(
    ("name", "written", "reason"),
    [
        ("redis_url", "http://redis.example.org", "redis://"),
        ("redis_url", "redis://", "redis://"),
        ("redis_url", "unix://", "redis://"),
        ("redis_url", "redis://[::1", "is not an address"),
        ("redis_url", "redis+sentinel://a.example:1,b.example:2", "must be redis+sentinel://"),
        ("redis_url", "redis://host:port/0", "is not an address"),
        ("master_list", "http://lists.example.org/ppo.csv", "https"),
        ("master_list", "https://", "https"),
        ("master_list", "https://reader@lists.example.org/ppo.csv", "must not carry a user or password"),
        ("master_list", "https://:geheim@lists.example.org/ppo.csv", "must not carry a user or password"),
        ("master_list_key_file", "/etc/flagging/list.key", "without FLAGGING_MASTER_LIST_CERT_FILE"),
        ("sync_seconds", "0", "seconds"),
        ("sync_seconds", "-1", "seconds"),
        ("sync_seconds", "a minute", "seconds"),
        ("sync_seconds", "nan", "seconds"),
        ("former_days", "0", "greater than or equal to 1"),
        ("former_days", "a year", "integer"),
        ("guard_count_drop", "1.5", "less than or equal to 1"),
        ("guard_reject_rate", "nan", "Special numeric values"),
        ("rate_limit", "100", "100 per second"),
        ("rate_limit", "0 per second", "100 per second"),
        ("log_level", "chatty", "log level"),
        ("stale_after", "30", "longer than FLAGGING_SYNC_SECONDS"),
        ("key_file", "state/keys", "must not lie in the state directory"),
    ],
)
def test_bad_value_is_named_in_one_line(name, written, reason):
    with pytest.raises(SettingInvalid, match=re.escape(reason)) as raised:
        reading(**{name: written})
    assert raised.value.name == variable_of(name)
    assert "\n" not in str(raised.value)


def test_refusing_before_being_stale_makes_no_sense():
    with pytest.raises(SettingInvalid, match="longer than FLAGGING_STALE_AFTER") as raised:
        reading(stale_after="2d")
    assert raised.value.name == "FLAGGING_REFUSE_AFTER"


def test_unknown_setting_is_refused_with_the_nearest_known_one():
    with pytest.raises(
        SettingInvalid, match="FLAGGING_SYNC_SECOND: no such setting; the nearest is FLAGGING_SYNC_SECONDS"
    ):
        read_settings({"FLAGGING_SYNC_SECOND": "30"})


def test_what_tests_set_and_what_others_own_is_left_alone():
    assert read_settings({"FLAGGING_TEST_NO_SKIPS": "1", "HOME": "/root", "OTHER_FLAGGING_X": "1"}) == read_settings({})


def test_empty_variable_counts_as_not_set():
    assert reading(redis_url="", sync_seconds=" ") == read_settings({})


def test_setting_that_is_needed_and_missing_is_named():
    assert needed("a", "FLAGGING_REDIS_URL") == "a"
    with pytest.raises(SettingInvalid, match="FLAGGING_REDIS_URL: is not set"):
        needed(None, "FLAGGING_REDIS_URL")


def test_key_file_reached_through_a_link_still_lies_in_the_state_directory(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "state")
    with pytest.raises(SettingInvalid, match="must not lie"):
        reading(state_dir=str(tmp_path / "state"), key_file=str(tmp_path / "elsewhere" / "keys"))


# -- showing ---------------------------------------------------------------------------------------------------------


def test_every_setting_is_described_once_with_a_meaning():
    rows = describe(read_settings({}))
    assert [row.variable for row in rows] == [
        variable_of(each.name) for each in fields(Settings) if each.name != "is_demo"
    ]
    assert all(row.says for row in rows)


def test_password_is_never_shown():
    settings = reading(
        redis_url="redis://server:geheim@redis.example.org/0?password=geheim",
        master_list="https://lists.example.org/ppo.csv?token=geheim",
    )
    shown = {row.variable: row.value for row in describe(settings)}
    assert shown["FLAGGING_REDIS_URL"] == "redis://server:***@redis.example.org/0?***"
    assert shown["FLAGGING_MASTER_LIST"] == "https://lists.example.org/ppo.csv?***"
    assert "geheim" not in repr(settings)


def test_faulty_address_is_not_repeated_in_the_message():
    with pytest.raises(SettingInvalid) as raised:
        reading(redis_url="redis:/geheim@redis.example.org:x")
    assert "geheim" not in str(raised.value)


@given(st.text(st.characters(exclude_characters="@/?#[]:\\", categories=("L", "N", "P")), min_size=6))
def test_mask_hides_any_password(password):
    assert password not in mask_secrets(f"redis://u:{password}@redis.example.org/0")


def test_values_are_shown_as_they_are_written():
    shown = {row.variable: row.value for row in describe(reading(log_level="DEBUG", list_stale_after="7d"))}
    assert shown["FLAGGING_LOG_LEVEL"] == "debug"
    assert shown["FLAGGING_LIST_STALE_AFTER"] == "604800"
    assert shown["FLAGGING_RATE_LIMIT"] == "100 per second"
    assert shown["FLAGGING_KEY_FILE"] == "(not set)"


NEARLY = st.from_regex(r"\d*\.?\d* ?(s|m|h|d|y| per second| per minute| per day)?", fullmatch=True)


@given(st.sampled_from(["duration", "rate"]), NEARLY | st.text(max_size=8))
def test_parser_returns_something_usable_or_refuses(kind, written):
    try:
        value = PARSERS[kind](written)
    except ValidationError:
        return
    assert 0 < (value.count if isinstance(value, Rate) else value) < math.inf


# -- where things lie ------------------------------------------------------------------------------------------------


def test_configuration_of_the_working_directory_comes_first(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "disclosure.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).config_dir == tmp_path / "config"


def test_configuration_of_the_source_tree_is_found_from_anywhere(tmp_path):
    (tmp_path / "config").mkdir()  # somebody else's
    assert find_config_dir(tmp_path) == REPOSITORY / "config"


def test_a_directory_that_this_account_may_not_enter_is_passed_over(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "disclosure.toml").touch()
    (tmp_path / "config").chmod(0)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(65534)
        find_config_dir(tmp_path)  # raises nothing; what else is found depends on where the source tree lies
    finally:
        if is_root:
            os.seteuid(0)
        (tmp_path / "config").chmod(0o700)


def test_named_configuration_directory_is_taken_as_it_is(tmp_path):
    assert reading(config_dir=str(tmp_path)).config_dir == tmp_path


# -- a running demo --------------------------------------------------------------------------------------------------


@pytest.fixture
def demo_state(tmp_path) -> Iterator[Path]:
    """A state directory as a running demo holds it."""
    (tmp_path / DEMO_ENV).write_text(
        f"FLAGGING_REDIS_URL='unix://{tmp_path}/redis.sock'\n"
        f"FLAGGING_MASTER_LIST='{tmp_path}/it\\'s a list.csv'\n"
        f"FLAGGING_KEY_FILE='{tmp_path}/demo.keys'\n"
    )
    with (tmp_path / DEMO_LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield tmp_path


def test_running_demo_is_found_by_its_state_directory(demo_state):
    settings = reading(state_dir=str(demo_state))
    assert settings.is_demo
    assert settings.redis_url == f"unix://{demo_state}/redis.sock"
    assert settings.master_list == f"{demo_state}/it's a list.csv"
    assert settings.key_file == demo_state / "demo.keys"


def test_demo_that_no_longer_runs_is_not_found(demo_state):
    with (demo_state / DEMO_LOCK).open("rb"):
        assert is_demo_running(demo_state)
        (demo_state / DEMO_LOCK).unlink()
        (demo_state / DEMO_LOCK).touch()
    assert not is_demo_running(demo_state)
    settings = reading(state_dir=str(demo_state))
    assert (settings.is_demo, settings.redis_url) == (False, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redis_url", "redis://redis.example.org/0"),
        ("master_list", "https://lists.example.org/ppo.csv"),
        ("key_file", "/etc/flagging/keys"),
    ],
)
def test_nothing_of_a_demo_mixes_with_another_redis_list_or_key(demo_state, name, value):
    settings = reading(state_dir=str(demo_state), **{name: value})
    found = {each: getattr(settings, each) for each in ("redis_url", "master_list", "key_file")}
    assert not settings.is_demo
    assert {each for each, is_set in found.items() if is_set} == {name}


def test_other_settings_may_be_given_beside_a_demo(demo_state):
    settings = reading(state_dir=str(demo_state), log_level="debug", redis_url=f"unix://{demo_state}/redis.sock")
    assert settings.is_demo
    assert settings.log_level == logging.DEBUG
