"""Questions about people on a register and about others, at the rates of the development sets.

Measured on those sets: how often each kind of error occurs, how often a second one, and who the others are. Two kinds
are told otherwise here: `nickname`, `swap`, `spacing`, `middle_as_given` and `family_part` are English slips, and
their rates together go, evenly, to the slips of a person's own tradition; `given_phonetic` and `family_phonetic` become
`given_respelt` and `family_respelt`, by the rules of the tradition. Everything else is alike in all traditions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

from people import damage, population
from people.traditions import TRADITIONS

SLIP, ALIAS, STRANGER = "slip", "alias_known", "neg_stranger"
# Custody suites have English keyboards.
MARKS_LEFT_OUT = 0.5


@dataclass(frozen=True)
class Mix:
    """`errors` are rates among questions about people on the register, `others` among those about others.

    `second` is how many of the damaged questions have a second error.
    """

    clean: float
    errors: Mapping[str, float]
    second: float
    others: Mapping[str, float]


# queries_realistic.
REALISTIC = Mix(
    clean=0.872,
    errors={
        "given_typo": 0.0285, "family_typo": 0.0275, "given_respelt": 0.0160, "family_respelt": 0.0240, SLIP: 0.0105,
        "dob_within5y": 0.0120, "dob_1digit": 0.0055, "family_changed": 0.0055, "dob_missing": 0.0020,
        "dob_daymonth_swap": 0.0015, "given_initial": 0.0015, "dob_transpose": 0.0010, ALIAS: 0.0015,
    },
    second=0.07,
    others={STRANGER: 0.8500, "neg_namesake": 0.0670, "neg_samedob": 0.0340, "neg_sibling": 0.0310,
            "neg_twin": 0.0105, "neg_parentchild": 0.0075},
)  # fmt: skip
# queries_321 and queries_5000 together.
STRESS = Mix(
    clean=0.225,
    errors={
        "given_typo": 0.1005, "family_typo": 0.0860, "given_respelt": 0.0730, "family_respelt": 0.0780, SLIP: 0.1740,
        "dob_1digit": 0.1090, "dob_year_wrong": 0.0510, "dob_daymonth_swap": 0.0445, "family_changed": 0.0440,
        "dob_missing": 0.0405, "dob_jan1": 0.0380, "given_initial": 0.0310, "dob_transpose": 0.0270,
        "given_missing": 0.0195, ALIAS: 0.0060,
    },
    second=0.19,
    others={STRANGER: 0.3945, "neg_samedob": 0.1540, "neg_sibling": 0.1530, "neg_namesake": 0.1430,
            "neg_twin": 0.1010, "neg_parentchild": 0.0545},
)  # fmt: skip
RELATIVES = {
    "neg_twin": population.twin,
    "neg_sibling": population.sibling,
    "neg_namesake": population.namesake,
    "neg_parentchild": population.parent_or_child,
    "neg_samedob": population.born_the_same_day,
}


@dataclass(frozen=True)
class Registered:
    """Somebody on the register: the reference, the person, and under what other name, if any, they are known."""

    ref: str
    person: population.Person
    alias: population.Person | None


@dataclass(frozen=True)
class Question:
    person: population.Person
    true_id: str
    tags: tuple[str, ...]


def ask_about(registered, number, mix, rng):
    """Return so many questions about people on the register, everybody asked about as often as everybody else."""
    kinds = deal({"exact": mix.clean} | scaled(mix.errors, 1 - mix.clean), number, rng)
    rounds = number // len(registered) + 1
    waiting = list(chain.from_iterable(rng.sample(registered, len(registered)) for _ in range(rounds)))
    known_otherwise = [each for each in registered if each.alias]
    asked = []
    for kind in kinds:
        if kind == ALIAS and known_otherwise:
            other = rng.choice(known_otherwise)
            asked.append(Question(other.alias, other.ref, (ALIAS,)))
            continue
        each = waiting.pop(next((at for at, one in enumerate(waiting) if can_happen(kind, one.person, rng)), 0))
        asked.append(Question(*spoilt(each.person, kind, mix, rng, each.ref)))
    return asked


def ask_about_others(registered, number, mix, rng):
    """Return so many questions about people who are on no register; they are mistyped as in life, whatever the mix."""
    errors = deal({"exact": REALISTIC.clean} | scaled(REALISTIC.errors, 1 - REALISTIC.clean), number, rng)
    asked = []
    for who, error in zip(deal(mix.others, number, rng), errors, strict=True):
        anchor = rng.choice(registered).person
        made = RELATIVES[who](anchor, rng) if who in RELATIVES else population.person_of(anchor.tradition, rng)
        person, _, _ = spoilt(made, error, REALISTIC, rng, "")
        asked.append(Question(person, "", (who,)))
    return asked


def spoilt(person, kind, mix, rng, ref):
    """Return the person with the error and maybe a second one, the reference, and what was done."""
    if kind in ("exact", ALIAS):
        return person, ref, ("exact",)
    person, done = put_in(person, kind, rng)
    tags = [done]
    if rng.random() < mix.second:
        others = {each: rate for each, rate in mix.errors.items() if each != ALIAS and not clash(each, kind)}
        person, done = put_in(person, rng.choices(list(others), list(others.values()))[0], rng)
        tags.append(done)
    return person, ref, tuple(tags)


def can_happen(kind, person, rng):
    return kind in ("exact", ALIAS, SLIP) or getattr(damage, kind)(person, rng) is not None


def clash(one, other):
    """Tell whether two errors would meet in the same field; what befalls whole names meets all but dates."""
    fields = {one[:3], other[:3]}
    return len(fields) == 1 or ("dob" not in fields and SLIP in (one, other))


def put_in(person, kind, rng):
    """Return the person with an error of the kind, or, where it cannot happen, with the nearest that can."""
    if kind == SLIP:
        for slip in rng.sample(TRADITIONS[person.tradition].slips, len(TRADITIONS[person.tradition].slips)):
            name = slip(rng, *person.name)
            if name is not None and name != person.name and any((name[0], name[2])):
                return person.named(*name), slip.__name__
        kind = "family_typo"
    for each in (kind, *INSTEAD[kind[:3]]):
        other = getattr(damage, each)(person, rng)
        if other is not None:
            return other, each
    raise AssertionError(kind)


INSTEAD = {
    "dob": ("dob_1digit", "dob_missing"),
    "giv": ("family_respelt", "family_typo", "given_typo", "dob_missing"),
    "fam": ("given_respelt", "given_typo", "family_typo", "dob_missing"),
}


def scaled(rates, whole):
    total = sum(rates.values())
    return {kind: rate * whole / total for kind, rate in rates.items()}


def deal(rates, number, rng):
    """Return a kind for each of so many, exactly at the rates as far as whole ones allow, shuffled."""
    dealt, ends = [], 0.0
    for kind, rate in rates.items():
        ends += rate / sum(rates.values())
        dealt += [kind] * (round(ends * number) - len(dealt))
    rng.shuffle(dealt)
    return dealt


def as_typed(question, rng):
    """Leave out accents in half of the questions: on a register that has them, neither way is an error."""
    if rng.random() >= MARKS_LEFT_OUT:
        return question
    return replace(question, person=question.person.named(*map(damage.without_marks, question.person.name)))
