"""Runs the manuals: every command of README.md and docs/operations.md, in order, as it stands, against real services.

    story.py [--then COMMAND] [--in-place] [MANUAL ...]

Each block is a shell of its own, as at a terminal opened for it, and the first command that fails ends the story with
the place in the manual. What a block is and when it is not run: `blocks.py`; what stands in for what: `machine.py`.
`--then` runs one more command at the end, while everything still runs. Needs a redis-server and a package index.
"""

import argparse
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from blocks import Block, blocks_of
from machine import PATIENCE, Machine, running_units, stop

REPOSITORY = Path(__file__).resolve().parents[2]
MANUALS = (REPOSITORY / "README.md", REPOSITORY / "docs" / "operations.md")
LONGEST = 300.0


class Failed(Exception):
    """A command of the manual does not do what the manual says."""


class Story:
    """Goes through manuals on one machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.prelude = self.account = ""
        self.going_on: list[subprocess.Popen[bytes]] = []
        self.not_run: list[Block] = []

    def tell(self, manual: Path) -> None:
        self.prelude = self.account = ""
        for block in blocks_of(manual):
            if block.language != "sh":
                continue
            if not block.is_run:
                self.not_run.append(block)
                continue
            if "stop" in block.marks:
                self.end()
            began = time.monotonic()
            self._run(block)
            print(f"{time.monotonic() - began:6.1f} s  {block.place}", flush=True)
        self.end()

    def _run(self, block: Block) -> None:
        text = self.machine.here(block.text)
        if "prelude" in block.marks:
            self.prelude, self.account = text, block.marks["prelude"]
        script = text if "as" in block.marks else self.prelude + text
        if "until" in block.marks:
            self._go_on(block, script)
            return
        status, said = self._in_shell(script, block)
        if status:
            raise Failed(f"{block.place}: exit status {status}\n{said[-3000:]}")

    def _argv(self, script: str, block: Block) -> list[str]:
        argv = ["sh", "-euc", script]
        if self.machine.in_place and "as" not in block.marks and self.account:
            return ["runuser", "-u", self.account, "--", *argv]
        return argv

    def _in_shell(self, script: str, block: Block) -> tuple[int, str]:
        """Run at a terminal, as commands that ask for a password do so there alone."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.machine.source)
            argv = self._argv(script, block)
            os.execvpe(argv[0], argv, self.machine.environ())
        typed = block.marks.get("typed", "").split("|") if "typed" in block.marks else []
        said, deadline = b"", time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1.0)[0]:
                continue
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            said += part
            if typed and part.endswith(b": "):
                os.write(terminal, typed.pop(0).encode() + b"\n")
        else:
            os.kill(pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        return status, said.decode(errors="replace")

    def _go_on(self, block: Block, script: str) -> None:
        """Start what is left running, as in a terminal of its own, and wait until it has said so."""
        script = script.replace("make run", f"make run DEMO_ARGS='--port {self.machine.here('8000')}'")
        output = self.machine.root / "going-on.log"
        with output.open("wb") as log:
            child = subprocess.Popen(
                self._argv(script, block), cwd=self.machine.source, env=self.machine.environ(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.going_on.append(child)
        deadline = time.monotonic() + LONGEST
        while block.marks["until"] not in output.read_text(errors="replace"):
            if child.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{block.place}: never said {block.marks['until']!r}\n{output.read_text()[-3000:]}")
            time.sleep(0.2)

    def end(self) -> None:
        """Stop what goes on running, as by Ctrl-C."""
        while self.going_on:
            child = self.going_on.pop()
            os.killpg(child.pid, signal.SIGINT)
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)


def fresh_source(root: Path) -> Path:
    """Return a source tree in which nothing has been made but the environment."""
    source = root / "source"
    source.mkdir()
    for path in REPOSITORY.iterdir():
        if path.name not in {"state", "build", "dist"}:
            (source / path.name).symlink_to(path)
    return source


def main() -> int:
    parser = argparse.ArgumentParser(description="Run every command of the manuals.")
    parser.add_argument("manuals", nargs="*", type=Path, default=list(MANUALS))
    parser.add_argument("--then", help="one more command, in the operator's shell")
    parser.add_argument("--in-place", action="store_true", help="on the real root, for a machine made for the purpose")
    given = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="manuals-"))
    root.chmod(0o755)
    machine = Machine(root, REPOSITORY if given.in_place else fresh_source(root), given.in_place)
    story = Story(machine)
    try:
        for manual in given.manuals:
            story.tell(manual)
        if given.then:
            script = story.prelude + machine.here(given.then)
            subprocess.run(["sh", "-c", script], cwd=machine.source, env=machine.environ(), check=False)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        story.end()
        for name in reversed(running_units(machine)):
            stop(machine, name)
        shutil.rmtree(root, ignore_errors=True)
    for block in story.not_run:
        print(f"not run  {block.place}  {block.marks['not-run']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
