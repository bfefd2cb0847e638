"""The servers that are compared, each a process of its own under one and the same setting of gunicorn.

The service is started as its users start it (`flagging demo`) and spoken to over HTTP; nothing of it is imported.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import asking
from service_command import FLAGGING

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SETTING = "--workers 1 --threads 1 --worker-class gthread"
READY_WITHIN = 300.0


class Contender:
    """A server under way: how it is called, who asks it, and which process answers."""

    def __init__(self, name, port, headers, pid):
        self.name = name
        self.port = port
        self.asker = asking.Asker(port, headers)
        self.pid = pid


@contextmanager
def service(place, people, setting=SETTING):
    """Run the service with a synthetic register of so many people, in `place`/register.csv."""
    synthesise(place / "register.csv", people, seed=1)
    port = free_port()
    environ = os.environ | {"GUNICORN_CMD_ARGS": setting, "FLAGGING_RATE_LIMIT": "10000000 per second"}
    environ |= {"FLAGGING_OPERATOR_RATE_LIMIT": "10000000 per second", "FLAGGING_CONFIG_DIR": str(ROOT / "config")}
    options = ["--master-list", place / "register.csv", "--port", str(port), "--state-dir", place / "state"]
    with running([*FLAGGING, "demo", *options], environ, place / "demo.log") as demo:
        credentials = place / "state" / "demo-credentials.json"
        await_true(lambda: "ready:" in (place / "demo.log").read_text(), demo, place / "demo.log")
        token = json.loads(credentials.read_text())["tokens"]["custody"]
        yield Contender("service", port, [("Authorization", f"Bearer {token}")], worker_of(demo.pid))


@contextmanager
def bare(place, setting=SETTING):
    """Run the bare Flask endpoint."""
    port = free_port()
    gunicorn = [Path(sys.executable).parent / "gunicorn", "--bind", f"127.0.0.1:{port}", "bare_endpoint:app"]
    environ = os.environ | {"GUNICORN_CMD_ARGS": setting, "PYTHONPATH": str(HERE)}
    with running(gunicorn, environ, place / "bare.log") as master:
        await_true(lambda: is_listening(port) and worker_of(master.pid), master, place / "bare.log")
        yield Contender("bare Flask endpoint", port, [("Authorization", "Bearer " + "x" * 60)], worker_of(master.pid))


def build_of(port):
    """Return how the service says it was built, by its metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as got:
        lines = got.read().decode().splitlines()
    return next(line.partition("{")[2].partition("}")[0] for line in lines if line.startswith("flagging_build_info{"))


def synthesise(path, people, seed):
    command = [*FLAGGING, "synth", "--people", str(people), "--seed", str(seed), "--out", path]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def running(command, environ, log):
    with log.open("wb") as output:
        # gunicorn puts the directory it is started in before all others: a clone would hide what is installed.
        process = subprocess.Popen(command, env=environ, cwd=log.parent, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_true(is_so, process, log):
    deadline = time.monotonic() + READY_WITHIN
    while not is_so():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"{process.args[0]} does not get ready:\n{log.read_text()}")
        time.sleep(0.1)


def worker_of(pid):
    """Return the process of gunicorn, below this one, that answers: it has the command line of the one above it."""
    for child in children_of(pid):
        if b"gunicorn" in command_line(child) and command_line(child) == command_line(pid):
            return child
        found = worker_of(child)
        if found:
            return found
    return None


def children_of(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
