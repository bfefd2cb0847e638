"""One scenario of load, or all: `python load_tests/scenarios.py SCENARIO [--seconds 60] [--people 10000]`.

Starts the service (`flagging demo`, with as many server processes as it starts by itself) with a synthetic register,
and locust without its pages, for so many seconds: custody suites at shift change, reception vans, a mixed day. A soak
is the mixed day while the list changes, once a minute or `--every` so many seconds. Prints locust's figures, and fails
where any request failed, any answer was wrong, or nobody was answered. Never imports the service.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import contenders

HERE = Path(__file__).resolve().parent
MIXED = ("CustodySuite", "CustodyDesk", "ReceptionVan")
ENDING_SECONDS = 60


@dataclass(frozen=True)
class Scenario:
    """Who asks (classes of locustfile.py), how many of them, how many begin in a second, whether the list changes."""

    classes: tuple[str, ...]
    users: int
    begin: int
    is_list_changing: bool = False


SCENARIOS = {
    "shift-change": Scenario(("CustodySuite",), users=60, begin=60),
    "reception-vans": Scenario(("ReceptionVan",), users=8, begin=1),
    "mixed-day": Scenario(MIXED, users=40, begin=10),
    "soak": Scenario(MIXED, users=40, begin=10, is_list_changing=True),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scenario", choices=[*SCENARIOS, "all"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two changes of the list in a soak")
    parser.add_argument("--locust", default="locust", help="the program, where it has an environment of its own")
    options = parser.parse_args()
    if shutil.which(options.locust) is None:
        parser.error(f"{options.locust} is no program that can be started")
    options.locust = Path(shutil.which(options.locust)).absolute()
    names = list(SCENARIOS) if options.scenario == "all" else [options.scenario]
    return max([run(name, SCENARIOS[name], options) for name in names])


def run(name, scenario, options):
    """Run one scenario; return 0 if all was answered, and rightly."""
    with tempfile.TemporaryDirectory(prefix="scenario-") as directory:
        place = Path(directory)
        contenders.synthesise(place / "strangers.csv", 6000, seed=99)
        with contenders.service(place, options.people, setting="") as service:
            print(f"\n{name}: {scenario.users} users, {options.seconds} s, {options.people} records", flush=True)
            print(f"build: {contenders.build_of(service.port)}", flush=True)
            register = place / "register.csv"
            asked_about = place / "asked-about.csv"
            asked_about.write_bytes(register.read_bytes())  # as it was before it changes
            changing = list_changing(register, options.every) if scenario.is_list_changing else nullcontext()
            with changing:
                status = subprocess.call(
                    locust(options.locust, scenario, options.seconds, service.port),
                    env=environ_of(place, asked_about),
                    cwd=place,
                )
    print(f"{name}: {'FAIL' if status else 'pass'}: nothing failed, no answer was wrong", flush=True)
    return int(status != 0)


def locust(program, scenario, seconds, port):
    command = [program, "--headless", "--only-summary", "-f", HERE / "locustfile.py", *scenario.classes]
    command += ["-u", str(scenario.users), "-r", str(scenario.begin), "-t", f"{seconds}s", "--stop-timeout", "30"]
    return [*command, "--host", f"http://127.0.0.1:{port}"]


def environ_of(place, register):
    """Return what locustfile.py needs to know of the service, and nothing else that the shell has set of it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("FLAGGING_", "LOCUST_"))}
    return environ | {
        "FLAGGING_CREDENTIALS": str(place / "state" / "demo-credentials.json"),
        "FLAGGING_REGISTER": str(register),
        "FLAGGING_STRANGERS": str(place / "strangers.csv"),
    }


@contextmanager
def list_changing(register, every):
    """Have the list changed regularly; exit where that broke off."""
    command = [sys.executable, HERE / "soak_list.py", register, "--every", str(every)]
    process = subprocess.Popen(command)
    try:
        yield
        if process.poll() is not None:
            sys.exit("the list has not been changed to the end")
    finally:
        process.terminate()
        process.wait(ENDING_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
