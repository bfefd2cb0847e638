"""The rest of `flagging`: configuration, synthetic lists, and what every command does with a bad environment."""

import shutil
import subprocess
import sys

import click
import pytest
from service import CONFIG

from flagging import __version__
from flagging.cli import main
from flagging.cli.main import COMMANDS

FAILED, USAGE = 1, 2


def every_command(group=main, path=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


@pytest.mark.parametrize("words", [(), *every_command()], ids=" ".join)
def test_every_command_says_what_it_is_for(words, installation):
    result = installation.run(*words, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()[2].strip()) > 10


def imported_by(*modules: str) -> set[str]:
    said = "\n".join([*(f"import {each}" for each in modules), "import sys; print(*sys.modules)"])
    return set(subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout.split())


def test_a_command_is_imported_without_the_others():
    imported = imported_by("flagging.cli.synth")
    assert {f"flagging.cli.{module}" for module in COMMANDS.values()} & imported == {"flagging.cli.synth"}
    assert {"redis", "sqlalchemy"} & imported == set()


def test_no_command_but_a_lookup_imports_the_web_application():
    imported = imported_by(*(f"flagging.cli.{module}" for module in COMMANDS.values() if module != "lookup"))
    assert {"flask", "flagging.app"} & imported == set()


def test_the_version_is_told(installation):
    assert __version__ in installation.run("--version").stdout


def test_a_command_that_is_not_there_is_a_fault_of_usage(installation):
    result = installation.run("wrker")
    assert result.exit_code == USAGE
    assert "Did you mean 'worker'?" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("sync",), ("serve",), ("worker",), ("check-config",), ("register", "show"), ("register", "editions"),
        ("register", "rollback", "1"), ("access", "list"), ("access", "revoke", "x"),
        ("access", "issue-token", "--role", "custody", "--name", "x"), ("demo",),
        ("lookup", "--operator", "1", "--purpose", "custody_booking_in"),
    ],
    ids=" ".join,
)  # fmt: skip
class TestEnvironment:
    def test_a_setting_that_does_not_exist_stops_it_and_the_nearest_is_named(self, words, installation):
        installation.set("REDDIS_URL", "secret")
        result = installation.run(*words)
        assert (result.exit_code, result.stdout) == (FAILED, "")
        assert result.stderr == "Error: FLAGGING_REDDIS_URL: no such setting; the nearest is FLAGGING_REDIS_URL\n"

    def test_a_bad_value_stops_it_and_is_not_repeated(self, words, installation):
        installation.set("SYNC_SECONDS", "hunter2")
        result = installation.run(*words)
        assert (result.exit_code, result.stdout) == (FAILED, "")
        assert result.stderr.startswith("Error: FLAGGING_SYNC_SECONDS: ")
        assert result.stderr.count("\n") == 1
        assert "hunter2" not in result.stderr


@pytest.mark.parametrize("missing", ["KEY_FILE", "REDIS_URL"])
def test_the_server_says_once_what_it_cannot_do_without(missing, synced):
    synced.unset(missing)
    result = synced.run("serve")
    assert (result.exit_code, result.stderr) == (FAILED, f"Error: FLAGGING_{missing}: is not set\n")


def test_the_server_does_not_make_a_key_file(installation):
    result = installation.run("serve")
    assert result.exit_code == FAILED
    assert "keys.json" in result.stderr
    assert not (installation.directory / "keys").exists()


# -- check-config ----------------------------------------------------------------------------------------------------


def test_the_shipped_configuration_has_no_fault(installation):
    result = installation.run("check-config")
    assert (result.exit_code, result.stdout) == (0, f"{CONFIG}: no fault found\n")


def test_every_fault_is_named_by_file_key_and_reason(installation):
    broken = installation.directory / "config"
    shutil.copytree(CONFIG, broken)
    (broken / "routing.toml").write_text("flag = 1")
    (broken / "actions.toml").write_text("not toml")
    (broken / "disclosure.toml").unlink()
    directory = (broken / "directory.toml").read_text()
    (broken / "directory.toml").write_text(directory.replace("[ocus.F1]\n", "[ocus.F1]\nnickname = 'x'\n"))
    installation.set("CONFIG_DIR", broken)
    result = installation.run("check-config")
    told = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (FAILED, "")
    assert {line.split(":")[0] for line in told} == {
        "routing.toml", "actions.toml", "disclosure.toml", "directory.toml",
    }  # fmt: skip
    assert "directory.toml: ocus.F1.nickname: Unknown field." in told


def test_settings_are_shown_with_their_meaning_and_without_their_secrets(installation):
    installation.set("REDIS_URL", "redis://server:hunter2@redis.example:6379/0")
    installation.set("SESSIONS_URL", "rediss://people:hunter3@redis.example:6380/0?ssl_password=hunter4")
    (installation.directory / "client-secret").write_text("hunter5")
    installation.set("OIDC_ISSUER", "https://login.example")
    installation.set("OIDC_CLIENT_ID", "flagging")
    installation.set("OIDC_CLIENT_SECRET_FILE", str(installation.directory / "client-secret"))
    result = installation.run("check-config", "--show")
    told = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert result.exit_code == 0
    assert "hunter" not in result.output
    assert "rediss://people:***@redis.example:6380/0?***" in told["FLAGGING_SESSIONS_URL"]
    assert "redis://server:***@redis.example:6379/0" in told["FLAGGING_REDIS_URL"]
    assert "(set)" in told["FLAGGING_STATE_DIR"]
    assert "(set)" not in told["FLAGGING_STALE_AFTER"]


# -- synth -----------------------------------------------------------------------------------------------------------


def test_a_synthetic_list_is_written_and_the_same_seed_makes_the_same_people(installation):
    lists = []
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        out = installation.directory / f"{name}.csv"
        result = installation.run("synth", "--people", "30", "--seed", seed, "--out", str(out))
        assert (result.exit_code, result.stdout) == (0, f"30 people in {out}\n")
        lists.append(out.read_text())
    assert lists[0] == lists[1] != lists[2]
    assert len(lists[0].splitlines()) >= 31


def test_a_synthetic_list_can_be_synced(installation):
    installation.run("synth", "--people", "30", "--out", str(installation.master_list))
    assert installation.sync().exit_code == 0
    told = installation.run("register", "show").stdout.splitlines()[1].split()
    assert int(told[1]) + int(told[3]) == 30  # active and former ones


@pytest.mark.parametrize(
    "words", [["--people", "0", "--out", "x.csv"], ["--people", "30"], ["--people", "many", "--out", "x.csv"]]
)
def test_a_list_nobody_could_mean_is_a_fault_of_usage(words, installation):
    assert installation.run("synth", *words).exit_code == USAGE
