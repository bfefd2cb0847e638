"""Whom an edition is tried out with before it is served."""

import pytest
from editions import FORMER, MISSING, PEOPLE, SAMPLE, person

from flagging.identity.person import BirthDate, Identity, Persona, PersonName
from flagging.record import Record
from flagging.sync.canaries import MOST_CANARIES, choose_canaries
from flagging.terms import Status


def nameless(ref):
    return Record(ref, Status.ACTIVE, Identity((Persona(None, BirthDate(1980, 1, 1)),)))


def test_canaries_are_spread_over_the_edition():
    people = tuple(person(f"T-{number:03}", "sampleton") for number in range(100))
    assert choose_canaries(people) == ("T-000", "T-020", "T-040", "T-060", "T-080")


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((), ()),
        (PEOPLE, ("T-1", "T-2", "T-3", "T-4")),
        ((SAMPLE, nameless("N-1"), FORMER, MISSING), ("T-1", "T-3", "T-4")),
        ((nameless("N-1"), Record("N-2", Status.ACTIVE, Identity(()))), ()),
        ((person("N-3", "sampleton", BirthDate(1980)), person("N-4", "sampleton", BirthDate(1980, 2))), ()),
        ((Record("N-5", Status.ACTIVE, Identity((Persona(PersonName((), ("x",)), BirthDate(1980, 1, 2)),))),), ()),
    ],
    ids=["nobody", "all-fit", "one-nameless", "none-fit", "dates-incomplete", "one-name"],
)
def test_canaries_have_a_name_and_a_whole_date_of_birth(people, expected):
    assert choose_canaries(people) == expected


@pytest.mark.parametrize("number", range(1, 30))
def test_there_are_never_more_canaries_than_asked_for(number):
    chosen = choose_canaries(tuple(person(f"T-{each}", "sampleton") for each in range(number)))
    assert len(chosen) == min(number, MOST_CANARIES)
