"""What the service is compared with does find people: otherwise it would be fast for nothing."""

import csv
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

LOAD_TESTS = Path(__file__).resolve().parent.parent.parent / "load_tests"
sys.path.insert(0, str(LOAD_TESTS))

import asking  # noqa: E402
import questions  # noqa: E402
from trigrams import Trigrams, looked_for, trigrams  # noqa: E402

PERSON = {"ppo_ref": "A", "given_names": "Alex", "family_name": "Sample", "date_of_birth": "1983-02-01"}
OTHER = {"ppo_ref": "B", "given_names": "Jasper", "family_name": "Quillfeather", "date_of_birth": "1979-05-17"}


@pytest.fixture(scope="module")
def finding(needs_postgresql: None) -> Iterator[Trigrams]:
    with tempfile.TemporaryDirectory() as directory:  # where another account may look for its files
        register = Path(directory) / "register.csv"
        with register.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(PERSON))
            writer.writeheader()
            writer.writerows([PERSON, OTHER])
        with trigrams(Path(directory), register) as found:
            yield found


def test_somebody_is_found_by_a_name_that_is_a_little_different(finding):
    (body,) = questions.bodies([PERSON | {"family_name": "Sampel"}], [PERSON], questions.by_name, seed=1, count=1)
    assert [row[0] for row in finding._ask(looked_for(body)).fetchall()] == ["A"]


def test_each_question_is_answered_and_by_the_process_whose_time_is_counted(finding):
    bodies = questions.bodies([PERSON], [OTHER], questions.by_name, seed=1, count=300)
    before = asking.processor_seconds(finding.pid)
    assert len(finding.one_by_one(bodies)) == 300
    assert finding.all_at_once(bodies) > 0
    assert asking.processor_seconds(finding.pid) > before
