"""gunicorn's worker classes and numbers of threads, side by side: `python load_tests/worker_classes.py [PEOPLE …]`.

The service under each setting, one process each, all running at once; slices alternate among them, in another order
every round, so that whatever else the machine does hits all alike. Prints requests a second over four connections and
processor time a request, both with the median of the ratios to the first setting, round by round, and the 50th and 99th
percentile of asking one at a time. Requests are read by gunicorn's parser in Python, but in the one setting that has
the compiled one (`gunicorn_h1c`); it and gevent are left out where they are not installed. Nothing of it has a bar.
Never imports the service.
"""

import argparse
import importlib.util
import tempfile
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from random import Random

import asking
import contenders
import questions
from rounds import Round, paired_ratio, summarise

PATIENT = "--worker-class flagging.serving.patient_worker.PatientWorker"
SETTINGS = {
    "ours, 1 thread": f"{PATIENT} --threads 1",
    "ours, 2 threads": f"{PATIENT} --threads 2",
    "ours, 4 threads": f"{PATIENT} --threads 4",
    "ours, 4, fast parser": f"{PATIENT} --threads 4 --http-parser fast",
    "gthread, 1 thread": "--worker-class gthread --threads 1",
    "gthread, 4 threads": "--worker-class gthread --threads 4",
    "sync": "--worker-class sync",
    "gevent": "--worker-class gevent",
}
NEEDED = {"gevent": "gevent", "ours, 4, fast parser": "gunicorn_h1c"}
"""What a setting needs that is not installed with the service."""
SAY_WHO = {"identifier": questions.by_identifier, "name": questions.by_name}
ROUNDS, QUICK_ROUNDS = 11, 5
AT_ONCE, ONE_BY_ONE, WARMING = 400, 100, 300
ROW = "{:<20} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("people", nargs="*", type=int, default=[321, 10_000])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    installed = [name for name in SETTINGS if is_installed(NEEDED.get(name))]
    parser.add_argument("--only", action="append", choices=installed, help="these settings; the first is compared with")
    options = parser.parse_args()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    settings = {name: SETTINGS[name] for name in options.only or installed}
    for people in options.people:
        with tempfile.TemporaryDirectory(prefix="worker-classes-") as directory, ExitStack() as stack:
            place = Path(directory)
            contenders.synthesise(place / "strangers.csv", 6000, seed=99)
            running = {name: start(stack, place, name, people, setting) for name, setting in settings.items()}
            strangers = questions.people_of(place / "strangers.csv")
            known = questions.people_of(place / next(iter(settings)) / "register.csv")
            for how, say_who in SAY_WHO.items():
                bodies = iter(questions.bodies(strangers, known, say_who, people, len(running) * total(rounds)))
                tell(f"{people} records, by {how}", measure(running, bodies, rounds))


def is_installed(module):
    return module is None or importlib.util.find_spec(module) is not None


def start(stack, place, name, people, setting):
    own = place / name
    own.mkdir()
    return stack.enter_context(contenders.service(own, people, f"--workers 1 --http-parser python {setting}"))


def total(rounds):
    return WARMING + rounds * (AT_ONCE + ONE_BY_ONE)


def measure(running, bodies, rounds):
    """Return the rounds of each setting, in the order in which they were measured."""
    measured = {name: [] for name in running}
    for contender in running.values():
        contender.asker.all_at_once(list(islice(bodies, WARMING)))
    order, rng = list(running), Random(rounds)
    for _ in range(rounds):
        rng.shuffle(order)
        for name in order:
            measured[name].append(slice_of(running[name], list(islice(bodies, AT_ONCE + ONE_BY_ONE))))
    return measured


def slice_of(contender, bodies):
    before = asking.processor_seconds(contender.pid)
    taken = contender.asker.all_at_once(bodies[:AT_ONCE])
    used = asking.processor_seconds(contender.pid) - before
    return Round(AT_ONCE / taken, used / AT_ONCE, tuple(contender.asker.one_by_one(bodies[AT_ONCE:])))


def tell(what, measured):
    print(f"\n{what}")
    print(ROW.format("", "per s", "ratio", "µs CPU", "ratio", "p50 ms", "p99 ms"))
    first = next(iter(measured.values()))
    for name, rounds in measured.items():
        summary = summarise(rounds)
        faster = paired_ratio([each.per_second for each in rounds], [each.per_second for each in first])
        dearer = paired_ratio([each.processor for each in rounds], [each.processor for each in first])
        shown = (f"{summary.per_second:.0f}", f"{faster:.2f}", f"{summary.processor:.0f}", f"{dearer:.2f}")
        print(ROW.format(name, *shown, f"{summary.p50:.2f}", f"{summary.p99:.2f}"), flush=True)


if __name__ == "__main__":
    main()
