"""What measures the service from outside: it imports nothing of it, and its figures are what they say they are."""

import subprocess
import sys
from pathlib import Path

import asking
import pytest
import questions
import soak_list
from imports import imported_by_way_of
from rounds import Round, order_of, paired_ratio, percentile, summarise
from trigrams import looked_for

TESTS = Path(__file__).resolve().parent.parent
LOAD_TESTS = TESTS.parent / "load_tests"
OUR_OWN = {path.stem: path for place in (TESTS, TESTS / "system", LOAD_TESTS) for path in place.glob("*.py")}
"""Whatever of the repository a measurement may import but the service, as some put the tests on their path."""

FROM_OUTSIDE = (
    "asking",
    "bare_endpoint",
    "compare",
    "contenders",
    "judging",
    "locustfile",
    "questions",
    "rounds",
    "scenarios",
    "service_command",
    "soak_list",
    "trigrams",
    "worker_classes",
)


@pytest.mark.parametrize("name", FROM_OUTSIDE)
def test_whoever_asks_from_outside_imports_nothing_of_the_service_neither_by_way_of_anything_else(name):
    importer = imported_by_way_of(LOAD_TESTS / f"{name}.py", OUR_OWN)
    assert importer.get("flagging") is None, f"imported by {importer['flagging']}"


def test_comparing_has_nothing_of_the_service_in_its_own_process_by_any_way():
    script = "import sys, compare; print([name for name in sys.modules if name.split('.')[0] == 'flagging'])"
    done = subprocess.run([sys.executable, "-c", script], cwd=LOAD_TESTS, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_whoever_is_measured_beside_a_pair_is_never_between_the_two_nor_always_next_to_the_same():
    orders = [order_of(number, ("service", "bare"), ("other",)) for number in range(4)]
    assert {order.index("other") for order in orders} == {0, 2}
    assert len(set(orders)) == 4
    assert [tuple(each for each in order if each != "other") for order in orders] == [
        order_of(number, ("service", "bare")) for number in range(4)
    ]


def test_who_goes_first_of_a_pair_changes_every_time():
    assert [order_of(number, ("service", "bare"))[0] for number in range(4)] == ["bare", "service"] * 2


def test_a_name_is_looked_up_elsewhere_as_the_service_is_asked_about_it():
    row = {"family_name": "Sample", "given_names": "Alex", "date_of_birth": "1983-02-01"}
    (body,) = questions.bodies([row], [row], questions.by_name, seed=1, count=1)
    assert looked_for(body) == {"name": "alex sample", "born": "1983-02-01"}


def test_a_ratio_is_the_median_of_pairs():
    assert paired_ratio([50, 10, 80], [100, 10, 100]) == 0.8, "the median ratio, not the ratio of medians"


@pytest.mark.parametrize(("part", "expected"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_measured(part, expected):
    assert percentile(range(100, 0, -1), part) == expected


def test_a_summary_is_of_rounds_in_the_units_it_is_told_in():
    rounds = [Round(100.0 * n, n / 1e6, (n / 1e3,)) for n in (1, 2, 9)]
    told = summarise(rounds)
    assert (told.per_second, told.processor, told.p50, told.p99) == (200.0, 2.0, 2.0, 2.0)


def test_no_two_bodies_are_alike_and_three_in_a_hundred_are_known():
    person = {"pnc_id": "2001/0171310W", "family_name": "Sample", "given_names": "Alex", "date_of_birth": "1983-02-01"}
    strangers, known = [person], [person | {"family_name": "Known"}]
    bodies = questions.bodies(strangers, known, questions.by_name, seed=1, count=4000)
    assert len(set(bodies)) == 4000
    assert 0.02 < sum(b"Known" in body for body in bodies) / 4000 < 0.04


def test_an_answer_in_pieces_is_read_to_its_end(answering):
    port = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd")
    assert len(asking.Asker(port).one_by_one([b"{}"])) == 1


def test_whoever_closes_after_each_answer_is_asked_on_another_connection(answering):
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    assert len(asking.Asker(answering(closing, 4)).one_by_one([b"{}"] * 3)) == 3
    assert asking.Asker(answering(closing, 6)).all_at_once([b"{}"] * 6) > 0


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", ValueError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nabcd", ConnectionError),
    ],
    ids=["refused", "cut short"],
)
def test_what_is_no_answer_is_never_counted_as_one(answer, fault, answering):
    with pytest.raises(fault):
        asking.Asker(answering(answer)).one_by_one([b"{}"])


def test_a_soak_adds_a_person_to_the_list_each_time(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "ppo_ref,status,family_name,given_names,date_of_birth,scheme\nA,active,Sample,Alex,1983-02-01,PPO\n"
    )
    soak_list.add_one(path, 1)
    soak_list.add_one(path, 2)
    lines = path.read_text().splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("A,active,Sample")
