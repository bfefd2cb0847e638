"""Lists of names by Faker locale, each name as common as Faker draws it; none is typed in.

Some of Faker's lists come with the share of each name, most without. Names in Indic scripts are romanised.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules

from faker import Faker
from faker.providers import person
from people.indic import romanise

SEXES = ("male", "female")
DRAWS = 2000
ROMANISED = ("zh_CN", "zh_TW")
# Where sons take a name of their father's, any man's name is a family name.
FATHERS_NAMES = ("en_PK",)
# Where what stands in the middle is not a given name.
MIDDLE_NAMES = ("vi_VN",)


@dataclass(frozen=True)
class Names:
    """How often each name is borne, by sex."""

    given: dict[str, Counter]
    family: dict[str, Counter]
    middle: dict[str, Counter]


@cache
def names_of(locale, less=(), only=(), crowding=0.0):
    """Return the names of a locale, the same at every call.

    Left out are the given names of the locales `less`, and, unless `only` is empty, whatever none of those locales
    lists. Where the bearers of a list without shares crowd on few names, `crowding` is the exponent of Zipf's law; the
    commonest are then those that most of Faker's locales list.
    """
    names = drawn(locale)
    foreign = {name for other in less for sex in SEXES for name in drawn(other).given[sex]}
    parts = [part for other in only for part in (drawn(other).given, drawn(other).family)]
    shared = set(chain.from_iterable(chain.from_iterable(part.values() for part in parts)))

    def shaped(counted):
        own = {name: count for name, count in counted.items() if name not in foreign and (not only or name in shared)}
        if crowding:
            ranked = sorted(own, key=lambda name: (-listed()[name], -own[name], name))
            own = {name: rank**-crowding for rank, name in enumerate(ranked, start=1)}
        return Counter(own)

    given, family = ({sex: shaped(part[sex]) for sex in SEXES} for part in (names.given, names.family))
    return Names(given, family, names.middle)


@cache
def drawn(locale):
    fake = Faker(locale, providers=["faker.providers.person"])
    fake.seed_instance(locale)
    if locale in ROMANISED:
        given, family = draw(fake.first_romanized_name), draw(fake.last_romanized_name)
        return Names(dict.fromkeys(SEXES, given), dict.fromkeys(SEXES, family), {})
    given = {"male": draw(fake.first_name_male), "female": draw(fake.first_name_female)}
    family = {"male": draw(fake.last_name_male), "female": draw(fake.last_name_female)}
    if locale in FATHERS_NAMES:
        family = {sex: family[sex] + given["male"] for sex in SEXES}
    return Names(given, family, dict.fromkeys(SEXES, draw(fake.middle_name)) if locale in MIDDLE_NAMES else {})


def draw(name):
    return Counter(tidied(romanise(name())) for _ in range(DRAWS))


def tidied(name):
    """Write what is all in capitals as names are written, and every apostrophe alike."""
    return (name.title() if name.isupper() else name).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()


@cache
def listed():
    """Return by how many of Faker's locales each name is listed."""
    lists = Counter()
    for module in iter_modules(person.__path__):
        provider = import_module(f"{person.__name__}.{module.name}").Provider
        names = set()
        for attribute in dir(provider):
            values = getattr(provider, attribute)
            if attribute.startswith(("first_", "last_")) and isinstance(values, list | tuple | dict):
                names.update(values)
        lists.update(names)
    return lists
