"""An edition is asked about people of its own before anybody else may ask."""

from dataclasses import replace

import pytest
from editions import KEYRING, PEOPLE, SPECIMEN, build, configuration, person

from flagging.errors import EditionUnverified
from flagging.identity.person import Identity, Persona, PersonName
from flagging.matching.search import SearchResult, search
from flagging.register import rehearsal
from flagging.register.edition import load_edition
from flagging.register.rehearsal import MOST_TRIED, rehearse
from flagging.sealing import Purpose

NOBODY_FOUND = "nobody is found by what is known of them"


def rehearsed(*records, **changes):
    built = build(records, **changes)
    edition = load_edition(built.manifest, built.read, KEYRING.seal_for(Purpose.EDITION), lambda: None)
    rehearse(edition, configuration().matching)


@pytest.fixture
def overlook(monkeypatch):
    """Let searches, by some slip, not find whoever is asked about by this identity; return all that were asked about."""
    overlooked, asked = [], []

    def find(identity, *others):
        asked.append(identity)
        return SearchResult(()) if identity in overlooked else search(identity, *others)

    monkeypatch.setattr(rehearsal, "search", find)
    return lambda *records: overlooked.extend(record.identity for record in records) or asked


def test_every_canary_has_to_be_found(overlook):
    rehearsed(*PEOPLE)
    overlook(SPECIMEN)
    with pytest.raises(EditionUnverified, match="a canary lookup does not find its own record"):
        rehearsed(*PEOPLE)
    rehearsed(*PEOPLE, canaries=("T-1", "T-3"))


def test_without_canaries_one_who_is_found_is_enough(overlook):
    overlook(*PEOPLE[:3])
    rehearsed(*PEOPLE, canaries=())
    overlook(*PEOPLE)
    with pytest.raises(EditionUnverified, match=NOBODY_FOUND):
        rehearsed(*PEOPLE, canaries=())


def of_one_family(number):
    """People of whom nothing is known but one family name: asking for it leads to none of so many."""
    known = Identity((Persona(PersonName((), ("sampleton",)), None),))
    return [replace(person(f"N-{each}", "sampleton"), identity=known) for each in range(number)]


def test_an_edition_in_which_nobody_can_be_found_is_refused_as_it_could_do_nothing_but_say_no():
    with pytest.raises(EditionUnverified, match=NOBODY_FOUND):
        rehearsed(*of_one_family(50), canaries=())
    rehearsed(*of_one_family(50), SPECIMEN, canaries=())


@pytest.mark.parametrize("number", [MOST_TRIED - 1, MOST_TRIED, MOST_TRIED + 1, 3 * MOST_TRIED])
def test_no_more_are_tried_than_a_server_that_loads_can_spare_time_for(number, overlook):
    people = of_one_family(number)
    asked = overlook(*people)
    with pytest.raises(EditionUnverified, match=NOBODY_FOUND):
        rehearsed(*people, canaries=())
    assert MOST_TRIED // 2 <= len(asked) <= MOST_TRIED


def test_an_edition_of_nobody_has_nobody_to_be_found():
    rehearsed(canaries=())
