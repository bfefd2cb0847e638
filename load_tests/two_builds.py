"""Two builds of the service side by side: `python load_tests/two_builds.py OTHER [--by HOW] [--people N] [--pairs N]`.

OTHER is the Python of an environment with the other build; `make two-builds OLD=commit` makes one. Each build has a
process, a register and a Redis of its own, and both are asked the same, in alternating slices; two that make other
people of the same seed are not compared. Prints what the
processor time that a lookup adds to a bare request, and the time it takes in process, come to as a part of the other's.

That holds on a busy machine, where microseconds do not. Two processes of the very same build differ by a thirtieth, by
where their memory happens to lie: run it more than once.
"""

import argparse
import contextlib
import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import bare_endpoint
import questions
from in_process import SLICE, Slice, serving
from measured_build import tell_build
from rounds import paired_ratio, percentile

WAYS = {"identifier": questions.by_identifier, "name": questions.by_name}
WARMING = 4


@dataclass
class Build:
    """One build, asked in a process of its own: what its slices came to, in µs, and what their single requests took."""

    python: str
    process: subprocess.Popen[str]
    added: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)

    def ask(self) -> None:
        """Ask the next slice of questions."""
        with contextlib.suppress(BrokenPipeError):  # what has ended has no line to read either
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        slice_ = json.loads(self._line())
        self.added.append(slice_["service"] - slice_["bare"])
        self.bare.append(slice_["bare"])
        self.walls += slice_["walls"]

    def await_ready(self) -> str:
        """Show which build it is; return the digest of the questions when it has answered enough to be measured."""
        print(self._line(), end="", flush=True)
        return self._line()

    def _line(self) -> str:
        return self.process.stdout.readline() or sys.exit(f"{self.python}: the process that measures has ended")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("other", help="the Python that has the other build")
    parser.add_argument("--by", choices=WAYS, default="name")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, default=40, help="of slices, one of each build")
    parser.add_argument("--asked", action="store_true", help=argparse.SUPPRESS)  # be the process that is asked
    options = parser.parse_args()
    if options.asked:
        be_asked(options.people, WAYS[options.by], options.pairs)
        return
    if options.pairs < 1:
        parser.error("at least one pair of slices is needed")
    if shutil.which(options.other) is None:
        parser.error(f"{options.other} is no program that can be started")
    how = ("--by", options.by, "--people", str(options.people), "--pairs", str(options.pairs))
    with contextlib.ExitStack() as both:
        other, this = (both.enter_context(started(python, how)) for python in (options.other, sys.executable))
        if other.await_ready() != this.await_ready():
            sys.exit("the two builds make other people of the same seed: what they take cannot be compared")
        for number in range(options.pairs):
            for build in (other, this) if number % 2 else (this, other):
                build.ask()
    report(f"by {options.by}, {options.people} records", other, this)


@contextlib.contextmanager
def started(python, how):
    command = [python, __file__, python, "--asked", *how]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Build(python, process)
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()  # so it ends, its Redis too
        process.wait()


def be_asked(people, say_who, pairs):
    """Ask the build that this Python has a slice for each line read, and write what that came to."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # before anything of the service is imported
        tell_build()
        with serving(Path(directory), people) as (app, token):
            strangers, known = (questions.people_of(app.place / f"{name}.csv") for name in ("strangers", "register"))
            asked = questions.bodies(strangers, known, say_who, seed=people, count=SLICE * (pairs + WARMING))
            slices = [asked[at : at + SLICE] for at in range(0, len(asked), SLICE)]
            for warming in slices[:WARMING]:
                Slice(app, token, warming)
                Slice(bare_endpoint.app, token, warming)
            gc.collect()
            print(sha256(b"".join(asked)).hexdigest(), flush=True)
            for each, _ in zip(slices[WARMING:], sys.stdin, strict=False):
                service, bare = Slice(app, token, each), Slice(bare_endpoint.app, token, each)
                walls = [wall / 1000 for wall in service.walls]
                print(json.dumps({"service": service.processor, "bare": bare.processor, "walls": walls}), flush=True)


def report(what, other, this):
    """Print both builds, and this one as a part of the other."""
    for name, build in (("other", other), ("this", this)):
        p50, p99 = (percentile(build.walls, part) / 1000 for part in (0.5, 0.99))
        print(
            f"{name:<6} {what}: {statistics.median(build.added):.0f} µs of processor time added, "
            f"bare {statistics.median(build.bare):.0f}; p50 {p50:.3f}, p99 {p99:.3f} ms"
        )
    p50, p99 = (percentile(this.walls, part) / percentile(other.walls, part) for part in (0.5, 0.99))
    print(
        f"this as a part of the other: {paired_ratio(this.added, other.added):.2f} of the processor time added "
        f"(median of {len(this.added)} pairs), {p50:.2f} of p50, {p99:.2f} of p99"
    )


if __name__ == "__main__":
    main()
