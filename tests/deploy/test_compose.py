"""The compose file is one, asks only for what there is, and hands nothing out that is secret."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose

from flagging.cli.main import COMMANDS
from flagging.settings import read_settings

DEPLOY = Path(__file__).resolve().parent.parent.parent / "config" / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(re.sub(r"\$\{FLAGGING_MASTER_LISTS:\?[^}]+\}", "/srv/ppo", TEXT))
SERVICES = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "flagging"]
every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory) -> Path:
    """What `make_secrets.sh` makes, run twice."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl is installed (Debian: apt install openssl): no secrets were made to look at")
    place = tmp_path_factory.mktemp("deploy") / "secrets"
    for _ in range(2):
        subprocess.run([DEPLOY / "make_secrets.sh", place], check=True, capture_output=True)
    return place


def test_it_keeps_to_the_specification_of_compose():
    compose = PyCompose.from_json(json.dumps(COMPOSE))
    assert set(compose.service_names()) == set(SERVICES)
    for verify in (compose.validate, compose.validate_secrets, compose.validate_volumes, compose.validate_networks):
        verify()
    with pytest.raises(ValueError, match="comand"):
        PyCompose.from_json(json.dumps({"services": {"server": {"image": "flagging", "comand": ["serve"]}}}))


@every_service
def test_a_service_has_no_more_than_it_needs_and_says_how_it_is(service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"privileged", "cap_add", "pid", "network_mode", "devices"}.isdisjoint(service)
    assert service["healthcheck"]["test"][0] == "CMD"
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["restart"] == "unless-stopped"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service["image"] == "flagging" or re.fullmatch(
        r"[a-z]+(/[a-z]+)?:v?\d+(\.\d+)+(-bookworm)?", service["image"]
    )


def test_the_worker_gives_way_to_the_servers_and_nothing_else_does():
    shares = {name: service["cpu_shares"] for name, service in SERVICES.items() if "cpu_shares" in service}
    assert shares.keys() == {"worker"}
    assert shares["worker"] < 1024
    assert "CPUWeight" in (DEPLOY.parent / "systemd" / "flagging-worker.service").read_text()


def test_the_worker_has_as_long_to_end_wherever_it_runs():
    unit = (DEPLOY.parent / "systemd" / "flagging-worker.service").read_text()
    assert SERVICES["worker"]["stop_grace_period"] == "60s"
    assert "TimeoutStopSec=60\n" in unit


@every_service
def test_a_service_waits_for_what_says_that_it_is_well(service):
    for name, what in service.get("depends_on", {}).items():
        assert what["condition"] == "service_healthy"
        assert "healthcheck" in SERVICES[name]


@every_service
def test_what_is_mounted_from_here_is_here_and_read_only(service):
    for volume in service.get("volumes", []):
        source, _, *mode = volume.split(":") if isinstance(volume, str) else (volume["source"], "", "ro")
        if source.startswith("."):
            assert (DEPLOY / source).exists(), source
            assert mode == ["ro"]
        elif not source.startswith("/"):
            assert source in COMPOSE["volumes"]
        else:
            assert volume["read_only"] is True


def test_every_secret_is_made_and_used_and_none_stands_in_the_file(secrets):
    made = {path.name for path in secrets.iterdir()}
    named = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert named == used == set(COMPOSE["secrets"])
    assert used <= made
    for service in SERVICES.values():
        for variable in service.get("environment", {}):
            assert not re.search("PASSWORD|SECRET|TOKEN", variable) or variable.endswith("_FILE"), variable


def test_whoever_may_not_read_a_secret_cannot(secrets):
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert (secrets / "ca.key").stat().st_mode & 0o777 == 0o400
    passwords = [path.read_text() for path in secrets.glob("*.password")]
    assert len(set(passwords)) == len(passwords) >= 6
    assert all(len(password.strip()) == 64 for password in passwords)


@pytest.mark.parametrize("name", OURS)
def test_server_and_worker_are_set_up_by_settings_that_there_are(name, secrets):
    service = SERVICES[name]
    environment = {key: value.replace("/run/secrets", str(secrets)) for key, value in service["environment"].items()}
    read = {Path(value).name for key, value in service["environment"].items() if key.endswith("_FILE")}
    settings = read_settings(environment)
    assert settings.redis_url.startswith("rediss+sentinel://")
    assert settings.ledger_url.startswith("postgresql://")
    addresses = " ".join(filter(None, (settings.redis_url, settings.sessions_url, settings.ledger_url)))
    read |= {Path(place).name for place in re.findall(r"/run/secrets/[a-z.]+", addresses)}
    assert read == set(service["secrets"])
    hosts = set(re.findall(r"(?:@|,)([a-z0-9-]+)(?=[:/])", addresses))
    assert hosts == {"sentinel-1", "sentinel-2", "sentinel-3", "ledger"} <= set(SERVICES)


def test_every_command_is_one():
    assert {command for name in OURS for command in SERVICES[name]["command"]} == {"serve", "worker"} <= set(COMMANDS)


def test_without_a_master_list_nothing_starts():
    assert TEXT.count("${") == 1
    assert "${FLAGGING_MASTER_LISTS:?" in TEXT


@pytest.mark.parametrize("missing", ["redis-users.acl", "redis.key", "redis-replication.password"])
def test_redis_does_not_start_without_a_secret(missing, secrets, tmp_path):
    shutil.copytree(secrets, tmp_path / "secrets")
    (tmp_path / "secrets" / missing).unlink()
    done = subprocess.run(
        ["/bin/sh", DEPLOY / "redis.sh", "primary"],
        env=os.environ | {"SECRETS": str(tmp_path / "secrets"), "DATA": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert f"the secret {missing} is missing or empty" in done.stderr
    assert not (tmp_path / "redis.conf").exists()
