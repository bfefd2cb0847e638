"""The largest question that the form of a lookup lets through costs a bounded number of steps, whatever stands in it.

Counted, not timed: words looked up, records scored, parts of names compared.
"""

import queue
import threading
from collections import Counter
from datetime import date
from itertools import product

import pytest
from matching_people import person, persona, register

from flagging.api.lookup_schemas import MOST_ALIASES, PersonSchema
from flagging.identity.names import LONGEST_WORD, MOST_WORDS
from flagging.lookup.question import canonicalise
from flagging.matching.likes import WordLikes
from flagging.matching.name_parts import PartWeigher
from flagging.matching.score import Scorer
from flagging.matching.search import search

TODAY = date(2026, 11, 25)
PERSONAS = 1 + MOST_ALIASES
# The words of one part, the first two as one, all as one, all but the particles as one.
WAYS_TO_WRITE_A_PART = MOST_WORDS + 3
# Four fields of 100 characters, no entry shorter than one and what parts it from the next.
MOST_IDENTIFIERS = 4 * 100 // 2
# The commonest words, so that everybody is retrieved by each of them.
COMMON = ["mohammed", "khan", "ali", "john", "smith", "hussain", "singh", "begum", "ahmed", "jones"]
NAMESAKES = 60
# So many looks of one search at the clock lie between two times that another has to go on meanwhile.
LOOKS = 5


def filled(words, start, longest=100):
    """Return as many of the words as a field holds, starting with another one each time."""
    text = " ".join((words[start:] + words[:start]) * longest)[:longest]
    return text.rpartition(" ")[0]


MANY_COMMON_NAMES = {
    "given_names": filled(COMMON, 0),
    "family_name": filled(COMMON, 5),
    "aliases": [
        {"given_names": filled(COMMON, number), "family_name": filled(COMMON, number + 3)}
        for number in range(MOST_ALIASES)
    ],
}
LETTERS = [chr(ord("a") + number) for number in range(26)]
HOSTILE = {
    "many common names": MANY_COMMON_NAMES,
    "many common names with dates": {
        **MANY_COMMON_NAMES,
        "date_of_birth": "1987-01-01",
        "aliases": [{**alias, "date_of_birth": "1987"} for alias in MANY_COMMON_NAMES["aliases"]],
    },
    "initials only": {
        "given_names": filled(LETTERS, 0),
        "family_name": filled(LETTERS, 13),
        "aliases": [{"given_names": filled(LETTERS, at), "family_name": filled(LETTERS, at + 9)} for at in range(10)],
    },
    "one endless word": {
        "given_names": "m" * 100,
        "family_name": "ab" * 50,
        "aliases": [{"given_names": "mo" * 50, "family_name": "k" * number} for number in range(90, 100)],
    },
    "many identifiers": {
        **MANY_COMMON_NAMES,
        "pnc_id": ";".join(["01/1Z", "02/2Z", "3Z", "4Z"] * 5)[:100],
        "cro_number": ";".join(f"{number}Z" for number in range(100, 200))[:100],
        "prison_number": ";".join(f"A{number}BC" for number in range(1000, 1100))[:100],
        "crn": ";".join(f"A{number}" for number in range(100000, 100100))[:100],
    },
}


def hostile_register():
    """Namesakes of the question, each with two aliases in another order: whoever is retrieved resembles it."""
    people = [
        person(
            filled(COMMON, number, 60),
            filled(COMMON, number + 2, 60),
            f"{1950 + number % 50}-0{1 + number % 9}-1{number % 10}" if number % 3 else "",
            persona(COMMON[number % 10], COMMON[(number + 1) % 10]),
            persona(COMMON[(number + 4) % 10], "", "1987"),
        )
        for number in range(NAMESAKES)
    ]
    return register(*people, strangers=40)


@pytest.fixture
def steps(monkeypatch):
    """Count what a search does, by kind of step; `scored` by record."""
    done = Counter()

    def counted(owner, name, key):
        original = getattr(owner, name)

        def counting(self, *arguments):
            done[key(*arguments)] += 1
            return original(self, *arguments)

        monkeypatch.setattr(owner, name, counting)

    counted(WordLikes, "of_word", lambda *_: "looked up")
    counted(PartWeigher, "_compare", lambda *_: "compared")
    counted(Scorer, "score", lambda record: ("scored", record.ppo_ref))
    return done


@pytest.mark.interpreted
@pytest.mark.parametrize("asked", HOSTILE.values(), ids=HOSTILE)
def test_the_largest_question_looks_up_compares_and_scores_a_bounded_number(asked, model, steps):
    identity = canonicalise(PersonSchema().load(asked), TODAY).identity
    names = [part for each in identity.personas for part in (each.name.given, each.name.family)]
    assert len(identity.personas) <= PERSONAS
    assert max(map(len, names)) <= MOST_WORDS
    assert max(len(word) for part in names for word in part) <= LONGEST_WORD
    assert len(identity.identifiers) <= MOST_IDENTIFIERS

    index = hostile_register()
    search(identity, index, model, lambda: False)

    scored = {key: count for key, count in steps.items() if key[0] == "scored"}
    assert set(scored.values()) <= {1}, "nobody is scored twice, however many aliases find him"
    # Once to retrieve and once for the ceiling of each word; nothing grows with the register.
    assert steps["looked up"] <= 2 * 2 * PERSONAS * WAYS_TO_WRITE_A_PART
    parts_on_the_register = len({part for record in index.records for part in parts_of(record)})
    assert steps["compared"] <= 2 * len(set(names)) * parts_on_the_register, "each pair of parts once a side"


def parts_of(record):
    return [part for each in record.identity.personas if each.name for part in (each.name.given, each.name.family)]


@pytest.mark.interpreted
def test_the_hostile_questions_are_as_large_as_the_form_lets_through(model, steps):
    identity = canonicalise(PersonSchema().load(MANY_COMMON_NAMES), TODAY).identity
    assert len(identity.personas) == PERSONAS
    assert {len(each.name.given) for each in identity.personas} == {MOST_WORDS}
    search(identity, hostile_register(), model, lambda: False)
    assert sum(key[0] == "scored" for key in steps) >= NAMESAKES


def test_wherever_one_search_stands_still_another_goes_on(model):
    """Nothing is held by a search that others need: they would wait for the costliest one as long as it takes."""
    alike_in_one_name = [*product(COMMON, ["thistledown"]), *product(["rufus"], COMMON)] * 20
    names = [*product(COMMON, COMMON), *alike_in_one_name]
    index = register(*[person(given, family, "1980-01-01") for given, family in names], strangers=300)
    other_one = canonicalise(PersonSchema().load({"given_names": "John", "family_name": "Smith"}), TODAY).identity
    stands, goes_on = queue.SimpleQueue(), queue.SimpleQueue()

    def stand_still():
        stands.put(True)
        goes_on.get(timeout=60)
        return False

    def search_slowly():
        search(canonicalise(PersonSchema().load(MANY_COMMON_NAMES), TODAY).identity, index, model, stand_still)
        stands.put(False)

    slow = threading.Thread(target=search_slowly, daemon=True)
    slow.start()
    times = 0
    while stands.get(timeout=60):
        times += 1
        if times % LOOKS == 1:
            other = threading.Thread(target=search, args=(other_one, index, model, lambda: False), daemon=True)
            other.start()
            other.join(30)
            assert not other.is_alive(), f"held up at look {times}"
        goes_on.put(None)
    slow.join()
    assert times > 2 * LOOKS
