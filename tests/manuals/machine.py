"""A machine for the commands of a manual: a directory that stands for its root, and stand-ins for what boots it.

Programs of the service, Redis and everything else a command names are the real ones. Stand-ins are put in the place of
`systemctl` (starts what the real unit files say), `journalctl`, `adduser`, `chown`, `install -o` and `apt-get`. Paths
and ports of the manual become ones of this machine alone. With `in_place` it is the real root, as on a machine that is
made for the purpose: then only `systemctl` and `journalctl` are stood in for.
"""

import itertools
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PLACES = (
    "/opt/flagging", "/etc/flagging", "/etc/redis", "/etc/systemd/system", "/var/lib/flagging", "/var/lib/redis",
    "/var/backups/flagging", "/srv/ppo", "/media/keys",
)  # fmt: skip
PORTS = ("8000", "8001", "6379")
UNITS = "/etc/systemd/system"
PATIENCE = 60.0

_STAND_INS = {
    "adduser": "exit 0",
    "apt-get": "exit 0",
    "chown": "exit 0",
    "sudo": 'shift 2\nexec "$@"',
    "install": """
for word; do
    shift
    case $word in -o | -g) skip=1 ;; *) [ "${skip:-}" ] || set -- "$@" "$word"; skip= ;; esac
done
exec /usr/bin/install "$@"
""",
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Machine:
    """`root` is an empty directory; `source` the source tree, in which commands are run."""

    root: Path
    source: Path
    in_place: bool = False
    moved: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.in_place:
            self.moved |= {place: f"{self.root}{place}" for place in PLACES}
            self.moved |= {port: str(_free_port()) for port in PORTS}
            for place in PLACES:
                Path(self.moved[place]).parent.mkdir(parents=True, exist_ok=True)
            for place in ("/etc/redis", UNITS, "/var/lib/redis", "/media/keys"):
                Path(self.moved[place]).mkdir(parents=True, exist_ok=True)
        self.stand_ins = self.root / "stand-ins"
        self.stand_ins.mkdir(parents=True, exist_ok=True)
        own = f'exec {shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).resolve()))} "$0" "$@"'
        scripts = {"systemctl": own, "journalctl": own} | ({} if self.in_place else _STAND_INS)
        for name, script in scripts.items():
            path = self.stand_ins / name
            path.write_text(f"#!/bin/sh\n{script.strip()}\n", encoding="utf-8")
            path.chmod(0o755)

    def here(self, text: str) -> str:
        """Return a text with the manual's paths and ports replaced by those of this machine."""
        for said, meant in self.moved.items():
            pattern = rf"(?<![\w/.-]){re.escape(said)}(?![\w-])" if said.startswith("/") else rf"(?<!\d){said}(?!\d)"
            text = re.sub(pattern, meant.replace("\\", r"\\"), text)
        return text

    def environ(self) -> dict[str, str]:
        """Return what commands find: none of our own settings, the stand-ins first."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLAGGING_", "GUNICORN_"))}
        return kept | {
            "PATH": f"{self.stand_ins}:{os.environ['PATH']}",
            "MACHINE_ROOT": str(self.root),
            "MACHINE_MOVED": "\n".join(f"{said}={meant}" for said, meant in self.moved.items()),
        }


# -- the stand-in of systemctl, which is this file run as a program ----------------------------------------------------


def _machine() -> Machine:
    moved = dict(line.split("=", 1) for line in os.environ["MACHINE_MOVED"].splitlines())
    machine = Machine.__new__(Machine)
    machine.root, machine.moved, machine.in_place = Path(os.environ["MACHINE_ROOT"]), moved, not moved
    return machine


def _unit(machine: Machine, name: str) -> dict[str, list[str]]:
    """Return the settings of a unit file, or of the one that Debian's redis-server brings."""
    stem, _, instance = name.removesuffix(".service").partition("@")
    if stem == "redis-server" and instance:
        conf = Path(machine.here(f"/etc/redis/redis-{instance}.conf"))
        here = machine.root / f"redis-{instance}.conf"
        here.write_text(machine.here(conf.read_text(encoding="utf-8")), encoding="utf-8")
        return {"ExecStart": [f"redis-server {here} --daemonize no"]}
    path = Path(machine.here(UNITS)) / (f"{stem}@.service" if instance else f"{stem}.service")
    if not path.is_file():
        return {}
    settings: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, found, value = line.partition("=")
        if found and not line.startswith("#"):
            settings.setdefault(key, []).append(value.replace("%i", instance))
    return {key: [machine.here(value) for value in values] for key, values in settings.items()}


def _start(machine: Machine, name: str) -> None:
    unit = _unit(machine, name)
    if not unit:
        sys.exit(f"Unit {name} not found.")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("FLAGGING_", "GUNICORN_"))}
    for path in unit.get("EnvironmentFile", []):
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                environ[line.partition("=")[0]] = line.partition("=")[2]
    for value in unit.get("Environment", []):
        environ.update([value.strip('"').split("=", 1)])
    argv = shlex.split(unit["ExecStart"][0])
    if machine.in_place and unit.get("User"):
        argv = ["setpriv", "--reuid", unit["User"][0], "--regid", unit["User"][0], "--init-groups", *argv]
    with (machine.root / f"{name}.log").open("ab") as log:
        child = subprocess.Popen(
            argv, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
    (machine.root / f"{name}.pid").write_text(str(child.pid))


def _is_running(machine: Machine, name: str) -> int | None:
    try:
        pid = int((machine.root / f"{name}.pid").read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    return pid if state != "Z" else None


def stop(machine: Machine, name: str) -> None:
    """End what a unit started, and wait until it is gone."""
    pid = _is_running(machine, name)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while _is_running(machine, name) is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        if _is_running(machine, name) is not None:
            os.killpg(pid, signal.SIGKILL)
    (machine.root / f"{name}.pid").unlink(missing_ok=True)


def running_units(machine: Machine) -> list[str]:
    return sorted(path.stem for path in machine.root.glob("*.pid"))


def _systemctl(machine: Machine, words: list[str]) -> None:
    verb, *names = [word for word in words if word not in ("--now", "--quiet")]
    is_now = "--now" in words
    for name in names:
        if verb in ("stop", "restart") or (verb == "disable" and is_now):
            stop(machine, name)
        if verb in ("start", "restart") or (verb == "enable" and is_now):
            _start(machine, name)
        if verb in ("status", "is-active"):
            print(f"{name}: {'active' if _is_running(machine, name) else 'inactive'}")


def _journalctl(machine: Machine, words: list[str]) -> None:
    names = [word for before, word in itertools.pairwise(words) if before == "-u"]
    for path in sorted(machine.root.glob("*.log")):
        if any(path.stem.startswith(name.rstrip("*")) for name in names):
            print(path.read_text(encoding="utf-8", errors="replace")[-4000:])


if __name__ == "__main__":
    called = Path(sys.argv[1]).name
    (_systemctl if called == "systemctl" else _journalctl)(_machine(), sys.argv[2:])
