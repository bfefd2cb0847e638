"""Made-up people, and their relatives: of a tradition, with a name and a date of birth. They are nobody."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from people.forms import chain
from people.traditions import MEN, TRADITIONS

# Of the people of the synthetic development register, how many were born in each decade.
DECADES = {1950: 0.005, 1960: 0.017, 1970: 0.091, 1980: 0.295, 1990: 0.476, 2000: 0.116}
LATEST = date(2008, 1, 1)
DAYS_IN_YEAR = 365.25


@dataclass(frozen=True)
class Person:
    tradition: str
    sex: str
    given: str
    middle: str
    family: str
    born: date

    @property
    def name(self):
        return self.given, self.middle, self.family

    def named(self, given, middle, family):
        return replace(self, given=given, middle=middle, family=family)


def person_of(tradition, rng):
    """Make somebody up."""
    sex = "male" if rng.random() < MEN else "female"
    born = birthday(rng)
    if rng.random() < TRADITIONS[tradition].first_of_january:
        born = born.replace(month=1, day=1)
    return Person(tradition, sex, *TRADITIONS[tradition].name(rng, sex), born)


def birthday(rng):
    decade = rng.choices(list(DECADES), list(DECADES.values()))[0]
    first = date(decade, 1, 1)
    return first + timedelta(rng.randrange((min(date(decade + 10, 1, 1), LATEST) - first).days))


def years_off(born, years, rng):
    """Return a day in a year so many years from the one given."""
    return date(born.year + years, 1, 1) + timedelta(rng.randrange(365))


def twin(person, rng):
    return replace(other_child(person, rng), born=person.born)


def sibling(person, rng):
    return replace(other_child(person, rng), born=years_off(person.born, rng.choice((-1, 1)) * rng.randint(1, 12), rng))


def other_child(person, rng):
    """Return another child of the same parents: of the same family name; in a chain, of the same father too."""
    while (other := person_of(person.tradition, rng)).given == person.given:
        pass
    is_chain = TRADITIONS[person.tradition].form is chain
    return replace(other, middle=person.middle if is_chain else other.middle, family=person.family)


def namesake(person, rng):
    """Return somebody else of the same given and family name."""
    other = person_of(person.tradition, rng)
    return other.named(person.given, person.middle if rng.random() < 1 / 3 else other.middle, person.family)


def parent_or_child(person, rng):
    """Return a parent or child: of the same given and family name; in a chain, the father, whose name is the second."""
    generation = rng.randint(17, 35)
    is_parent = person.born.year + generation > LATEST.year or rng.random() < 0.5
    born = years_off(person.born, -generation if is_parent else generation, rng)
    other = person_of(person.tradition, rng)
    if TRADITIONS[person.tradition].form is chain:
        return replace(other, given=person.middle, middle=person.family, born=born)
    return replace(other, given=person.given, family=person.family, born=born)


def born_the_same_day(person, rng):
    return replace(person_of(person.tradition, rng), born=person.born)
