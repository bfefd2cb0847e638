"""What goes wrong between a person and the words typed about them: dates, typing, spelling, whole names.

Every kind of error takes a person and returns another, or None where it cannot happen to this one.
"""

import unicodedata
from dataclasses import replace
from datetime import date

from people.population import years_off
from people.respelling import respell
from people.traditions import TRADITIONS

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
WITHOUT_MARKS = str.maketrans("łŁđĐøØıɔƆε", "lLdDoOioOe")
TRIES = 20


def given_typo(person, rng):
    return replace(person, given=mistyped(person.given, rng)) if len(person.given) > 2 else None


def family_typo(person, rng):
    return replace(person, family=mistyped(person.family, rng)) if len(person.family) > 2 else None


def mistyped(name, rng):
    """Return the name with a letter left out, doubled, put before its neighbour, or hit beside its key."""
    for _ in range(TRIES):
        at = rng.randrange(len(name) - 1) + (rng.random() < 0.8)
        at = min(at, len(name) - 1)
        letter, rest = name[at], name[at + 1 :]
        typed = {
            "left out": rest,
            "doubled": letter * 2 + rest,
            "before": rest[:1] + letter + rest[1:],
            "beside": beside(letter, rng) + rest,
        }[rng.choice(("left out", "doubled", "before", "beside"))]
        if name[:at] + typed != name:
            return name[:at] + typed
    return name + name[-1]


def beside(letter, rng):
    row = next((row for row in KEYBOARD if letter.lower() in row), None)
    if row is None:
        return rng.choice("aeiou")
    at = row.index(letter.lower())
    return rng.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])


def given_respelt(person, rng):
    spelt = respell(person.given, TRADITIONS[person.tradition].spelling, rng)
    return replace(person, given=spelt) if spelt else None


def family_respelt(person, rng):
    spelt = respell(person.family, TRADITIONS[person.tradition].spelling, rng) if person.family else None
    return replace(person, family=spelt) if spelt else None


def family_changed(person, rng):
    family = TRADITIONS[person.tradition].name(rng, person.sex)[2]
    return replace(person, family=family) if family != person.family else None


def given_initial(person, _rng):
    return replace(person, given=person.given[0]) if len(person.given) > 1 else None


def given_missing(person, _rng):
    return replace(person, given="") if person.family else None


def dob_missing(person, _rng):
    return replace(person, born=None)


def dob_1digit(person, rng):
    """Another digit at one place, as long as there is such a day."""
    digits = person.born.strftime("%Y%m%d")
    for _ in range(TRIES):
        at = rng.randrange(2, len(digits))
        wrong = day_of(digits[:at] + rng.choice("0123456789") + digits[at + 1 :])
        if wrong not in (None, person.born):
            return replace(person, born=wrong)
    return None


def dob_transpose(person, rng):
    """Two digits side by side in each other's place."""
    digits = person.born.strftime("%Y%m%d")
    others = {day_of(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]) for at in range(2, len(digits) - 1)}
    possible = sorted(other for other in others if other not in (None, person.born))
    return replace(person, born=rng.choice(possible)) if possible else None


def dob_daymonth_swap(person, _rng):
    day, month = person.born.day, person.born.month
    return replace(person, born=person.born.replace(day=month, month=day)) if day <= 12 and day != month else None


def dob_jan1(person, _rng):
    other = person.born.replace(month=1, day=1)
    return replace(person, born=other) if other != person.born else None


def dob_year_wrong(person, rng):
    year = person.born.year + rng.choice((-10, -2, -1, 1, 2, 10))
    return replace(person, born=day_of(f"{year}{person.born:%m%d}") or person.born.replace(year=year, day=28))


def dob_within5y(person, rng):
    return replace(person, born=years_off(person.born, rng.choice((-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)), rng))


def day_of(digits):
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def without_marks(name):
    """Return the name as a keyboard without accents writes it."""
    return "".join(
        each for each in unicodedata.normalize("NFKD", name.translate(WITHOUT_MARKS)) if not unicodedata.combining(each)
    )
