"""What happens to whole names, by naming tradition: put in each other's place, dropped, joined, parted, shortened.

Every slip takes a person's given, middle and family name and returns three others, or None where it cannot happen.
"""

import re
from functools import cache

from nicknames import NickNamer
from people.forms import PROPHET, SIKH_NAMES

GOD_FEARING = re.compile(r"^(oluwa|olu|ade|chukwu)(?=.{4})", re.IGNORECASE)
SERVANT_OF = re.compile(r"^(abd[eu]l?)[ -]?(?=[a-z]{4})", re.IGNORECASE)
SON_OF = re.compile(r"^(ben|bou|bel)(?=[a-z]{4})", re.IGNORECASE)
PREFIX = re.compile(r"^(?i:o'|mac|mc|de |van )(?=[A-Z])")


def swap(_rng, given, middle, family):
    return family, middle, given


def middle_as_given(_rng, _given, middle, family):
    return (middle, "", family) if middle else None


def middle_missing(_rng, given, middle, family):
    return (given, "", family) if middle else None


def middle_as_family(_rng, given, middle, family):
    return (given, "", middle) if middle and middle != family else None


def family_missing(_rng, given, middle, _family):
    return (given, middle, "")


def both_as_family(_rng, given, middle, family):
    return (given, "", f"{middle} {family}") if middle else None


def family_part(rng, given, middle, family):
    parts = re.split(r"[ -]", family)
    return (given, middle, rng.choice(parts)) if len(parts) > 1 else None


def spacing(rng, given, middle, family):
    """A name written in two words, at its prefix if it has one; or two words written as one."""
    if re.search(r"[ '-]", family):
        return given, middle, re.sub(r"[ '-]", "", family)
    if PREFIX.search(family):
        return given, middle, PREFIX.sub(r"\g<0> ", family)
    if len(given) < 6:
        return None
    at = rng.randint(3, len(given) - 2)
    return f"{given[:at]} {given[at:]}", middle, family


def prefix_dropped(_rng, given, middle, family):
    bare = PREFIX.sub("", family)
    return (given, middle, bare) if bare != family else None


def nickname(rng, given, middle, family):
    known = sorted(nicknames().nicknames_of(given))
    return (rng.choice(known).title(), middle, family) if known else None


def names_joined(_rng, given, middle, family):
    return (given + middle.lower(), "", family) if middle and len(given + middle) < 14 else None


def prophet_added(rng, given, middle, family):
    return (rng.choice(PROPHET), given, family) if not middle and given not in PROPHET else None


def clan_dropped(_rng, given, middle, _family):
    return (given, "", middle) if middle in SIKH_NAMES.values() else None


def sikh_name_added(_rng, given, middle, family):
    """Singh where the family name is Singh already: written twice, as middle and family name."""
    return (given, family, family) if not middle and family in SIKH_NAMES.values() else None


def compound_parted(_rng, given, middle, family):
    """Abdelkader, Abd El Kader; Benali, Ben Ali."""
    if SERVANT_OF.search(given):
        return SERVANT_OF.sub(r"\1 ", given), middle, family
    return (given, middle, SON_OF.sub(r"\1 ", family)) if SON_OF.search(family) else None


def article_added(rng, given, middle, family):
    return (given, middle, rng.choice(("Al ", "Al-", "El ")) + family) if not SON_OF.search(family) else None


def clipped(_rng, given, middle, family):
    """Oluwafemi, Femi; Chukwuemeka, Emeka."""
    short = GOD_FEARING.sub("", given)
    return (short.capitalize(), middle, family) if short != given else None


def syllables_parted(_rng, given, middle, family):
    """Weijie, Wei Jie, the second syllable taken for a middle name."""
    parts = re.split(r"-|(?<=[ngaeiou])(?=[bcdfghjklmpqrstwxyz][aeiou])", given, maxsplit=1)
    return (parts[0], parts[1].capitalize(), family) if len(parts) > 1 and not middle and all(parts) else None


def syllable_missing(rng, given, middle, family):
    parted = syllables_parted(rng, given, middle, family)
    return (parted[rng.randrange(2)], "", family) if parted else None


@cache
def nicknames():
    return NickNamer()
