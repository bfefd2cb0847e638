"""One question asked as a lookup asks it."""

from itertools import count
from pathlib import Path

import pytest

from flagging.configuration.matching import load_matching
from flagging.identity.names import parse_name
from flagging.identity.person import BirthDate, Identity, Persona
from flagging.matching.derived import derive
from flagging.matching.index import CandidateIndex
from flagging.measure.asking import ask
from flagging.measure.people import Query
from flagging.record import Record
from flagging.terms import Outcome, Status


def person(given, family, *born):
    return Identity((Persona(parse_name(given, family), BirthDate(*born)),))


@pytest.fixture(scope="module")
def model():
    return load_matching(Path(__file__).parents[2] / "config" / "matching.toml")


@pytest.fixture(scope="module")
def index():
    index = CandidateIndex()
    people = (("R1", person("Jasper", "Quillfeather", 1983, 2, 1)), ("R2", person("Rufus", "Larkspur", 1983, 2, 1)))
    for ref, identity in people:
        index.add(Record(ref, Status.ACTIVE, identity), derive(identity))
    return index


@pytest.fixture
def put(index, model):
    def put(identity, true_id):
        return ask(Query("q", identity, true_id, ()), index, model, map(float, count()).__next__)

    return put


def test_the_person_meant_is_flagged_and_told_first(put):
    answer = put(person("Jasper", "Quillfeather", 1983, 2, 1), "R1")
    assert (answer.outcome, answer.told) == (Outcome.FLAGGED, ("R1",))
    assert answer.is_flagged
    assert answer.is_right_first
    assert answer.is_told


def test_the_best_candidates_are_kept_though_nobody_is_told_of_them(put):
    answer = put(person("Jasper", "Quillfeather", 1983, 2, 1), "R1")
    assert [each.record.ppo_ref for each in answer.best] == ["R1", "R2"]


def test_blocking_is_measured_apart_from_scoring(put):
    answer = put(person("Aurelia", "Wolverstone", 1983, 2, 1), "R2")  # R2 under quite another name
    assert (answer.outcome, answer.told, answer.is_retrieved) == (Outcome.NOT_ON_REGISTER, (), True)


def test_whom_blocking_does_not_bring_up_is_not_retrieved(put):
    assert not put(person("Aurelia", "Wolverstone", 1961, 11, 21), "R2").is_retrieved


def test_nobody_meant_is_nobody_right_retrieved_or_told(put):
    answer = put(person("Aurelia", "Wolverstone", 1961, 11, 21), None)
    assert (answer.is_right_first, answer.is_told, answer.is_retrieved) == (False, False, False)


def test_only_the_way_from_identity_to_outcome_is_timed(put):
    assert put(person("Jasper", "Quillfeather", 1983, 2, 1), "R1").seconds == 1.0
