"""What a lookup costs in process, against the bars of the house: `python load_tests/service_time.py [--quick]`.

Calls the application as gunicorn would, with everything on: authentication, schema, register from a real Redis, ledger
spool on disk, metrics shared between processes, disclosure and receipt. Beside it, in alternating slices, a bare Flask
endpoint that reads the body and returns as much. Prints the processor time a lookup adds to the bare request (median of
the slices' differences), the time it takes in process, and the memory the process holds. One process for each size of
the register.

The bars are times, set where a bare request takes 40 µs. While others use the host of this machine it may take several
times as long: a bar that is missed then says nothing of the service, and is told as such, nor is it passed.
"""

import argparse
import gc
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import asking
import bare_endpoint
import questions
from measured_build import tell_build
from service_command import FLAGGING

ROOT = Path(__file__).resolve().parent.parent
ADDED_BARS = {"identifier": 170, "name": 230}  # µs of processor time, at ADDED_AT records
ADDED_AT = 10_000
BARE = 40  # µs of a bare request where the bars were set; what is told beside it is for comparison, and decides nothing
SLOWED = 1.25  # a machine on which it takes so much longer, or more, is slower than the one the bars are for
P99_BARS = {321: 1.0, 10_000: 1.0, 50_000: 3.0}  # ms, by name
SLICE = 250
LOADED_WITHIN = 180  # seconds
ROUNDS, QUICK_ROUNDS = 21, 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("people", nargs="*", type=int, default=[321, 10_000, 50_000])
    parser.add_argument("--quick", action="store_true", help="fewer slices")
    parser.add_argument("--profile", metavar="HOW", choices=["identifier", "name"], help="print a profile instead")
    options = parser.parse_args()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    if len(options.people) > 1:
        statuses = [
            subprocess.call([sys.executable, __file__, str(people), *(["--quick"] if options.quick else [])])
            for people in options.people
        ]
        return max(statuses)
    (people,) = options.people
    tell_build()
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # before anything of the service is imported
        with serving(Path(directory), people) as (app, token):
            if options.profile:
                return profile(app, token, people, options.profile)
            return measure(app, token, people, rounds)


@contextmanager
def serving(place, people, register_seed=1, strangers_seed=99):
    """Publish a synthetic register of so many people, and yield an application that has loaded it, and a token.

    What the shell has set of the service does not count.
    """
    from flagging.app import create_app
    from flagging.embedded_redis import start_redis
    from flagging.settings import read_settings
    from flagging.wsgi import set_up_logs

    redis = start_redis(place / "redis")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FLAGGING_")} | {
        "FLAGGING_REDIS_URL": redis.url,
        "FLAGGING_MASTER_LIST": str(place / "register.csv"),
        "FLAGGING_STATE_DIR": str(place / "state"),
        "FLAGGING_KEY_FILE": str(place / "keys.json"),
        "FLAGGING_CONFIG_DIR": str(ROOT / "config"),
        "FLAGGING_RATE_LIMIT": "10000000 per second",
        "FLAGGING_LOG_LEVEL": "warning",
        "FLAGGING_LOOKUP_SECONDS": "30",  # a machine that stands still for a moment breaks nothing off
    }
    try:
        run(
            environ,
            "synth",
            "--people",
            str(people),
            "--seed",
            str(register_seed),
            "--out",
            str(place / "register.csv"),
        )
        run(environ, "synth", "--people", "6000", "--seed", str(strangers_seed), "--out", str(place / "strangers.csv"))
        run(environ, "sync")
        tokens = {role: issue(environ, role) for role in ("custody", "prison")}
        settings = read_settings(environ)
        set_up_logs(settings.log_level)
        app = create_app(settings)
        client = app.test_client()
        patience = time.monotonic() + LOADED_WITHIN
        while client.get("/health/ready").status_code != 200:
            if time.monotonic() > patience:
                sys.exit(f"the register was not loaded within {LOADED_WITHIN} s")
            time.sleep(0.05)
        app.place, app.tokens = place, tokens
        yield app, tokens["custody"]
        services = app.extensions["flagging"]
        services.follower.stop()
        services.spool.close()
    finally:
        redis.stop()


def issue(environ, role):
    return run(environ, "access", "issue-token", "--role", role, "--name", "measuring").strip()


def run(environ, *command):
    done = subprocess.run([*FLAGGING, *command], env=environ, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"flagging {command[0]}: {done.stderr.decode()}")
    return done.stdout.decode()


def environ_of(body, token):
    """Return what gunicorn hands over for one request."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/v1/lookups",
        "QUERY_STRING": "",
        "RAW_URI": "/v1/lookups",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "measuring",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "40000",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


class Slice:
    """What asking a list of bodies one after the other came to."""

    def __init__(self, app, token, bodies):
        asked = [environ_of(body, token) for body in bodies]
        self.walls = []
        statuses = set()

        def start_response(status, _headers, _error=None):
            statuses.add(status)

        started = time.thread_time_ns()
        for environ in asked:
            began = time.perf_counter_ns()
            answer = app.wsgi_app(environ, start_response)
            for _ in answer:
                pass
            getattr(answer, "close", int)()
            self.walls.append(time.perf_counter_ns() - began)
        self.processor = (time.thread_time_ns() - started) / len(asked) / 1000
        if statuses != {"200 OK"}:
            sys.exit(f"not every question was answered: {statuses}")


def measure(app, token, people, rounds):
    bare = bare_endpoint.app
    strangers, known = (questions.people_of(app.place / f"{name}.csv") for name in ("strangers", "register"))
    statuses = []
    for how, say_who in (("identifier", questions.by_identifier), ("name", questions.by_name)):
        asked = questions.bodies(strangers, known, say_who, seed=people, count=SLICE * (rounds + 4))
        slices = [asked[at : at + SLICE] for at in range(0, len(asked), SLICE)]
        for warming in slices[:4]:
            Slice(app, token, warming)
            Slice(bare, token, warming)
        gc.collect()
        pairs = []
        for number, each in enumerate(slices[4:]):
            order = (bare, app) if number % 2 else (app, bare)
            done = {which: Slice(which, token, each) for which in order}
            pairs.append((done[app], done[bare]))
        statuses += report(people, how, pairs)
    statuses.append(report_memory(people))
    return max(statuses)


def report(people, how, pairs):
    added = statistics.median(service.processor - bare.processor for service, bare in pairs)
    bare = statistics.median(bare.processor for _, bare in pairs)
    walls = sorted(wall for service, _ in pairs for wall in service.walls)
    p50, p99 = (walls[int(len(walls) * part)] / 1e6 for part in (0.5, 0.99))
    missed = "cannot tell" if bare >= BARE * SLOWED else "FAIL"
    bar = ADDED_BARS[how] if people == ADDED_AT else None
    alike = f"bare {bare:.0f} µs; {added / bare * BARE:.0f} beside {BARE}"
    yield told(f"processor time added by {how}, {people} records", added, "µs", bar, alike, missed)
    bar = P99_BARS.get(people) if how == "name" else None
    yield told(f"time in process p99 by {how}, {people} records", p99, "ms", bar, f"p50 {p50:.3f} ms", missed)


def report_memory(people):
    return told(f"memory held, {people} records", asking.memory_mib("self"), "MiB", None, "this script included")


def told(what, figure, unit, bar, remark="", missed="FAIL"):
    """Print one figure with its bar; return 1 if it misses it, whatever that means."""
    verdict = "" if bar is None else f"bar {bar} {unit}: {'pass' if figure <= bar else missed}"
    digits = 0 if figure >= 10 else 3
    print(f"{what:<58} {figure:8.{digits}f} {unit:<4} {verdict:<24} {remark}", flush=True)
    return int(bar is not None and figure > bar)


def profile(app, token, people, how):
    import cProfile
    import pstats

    say_who = getattr(questions, f"by_{how}")
    strangers, known = (questions.people_of(app.place / f"{name}.csv") for name in ("strangers", "register"))
    asked = questions.bodies(strangers, known, say_who, seed=people, count=6000)
    Slice(app, token, asked[:2000])
    watch = cProfile.Profile()
    watch.runcall(Slice, app, token, asked[2000:])
    pstats.Stats(watch).sort_stats("tottime").print_stats(70)
    return 0


if __name__ == "__main__":
    sys.exit(main())
