"""The words around names: titles, suffixes, particles, and what forms say in the place of a name."""

from typing import Final

TITLES: Final = frozenset({
    "mr", "mrs", "ms", "miss", "mx", "mister", "mstr", "messrs", "dr", "prof", "professor", "rev", "revd", "reverend",
})  # fmt: skip

SUFFIXES: Final = frozenset({"jr", "jnr", "sr", "snr", "ii", "iii", "iv", "esq", "esquire"})
FAMILY_SUFFIXES: Final = SUFFIXES | {"junior", "senior"}

# Written apart from the rest of a family name by some, joined to it by others: O Brien, D Souza, Mc Donald.
PREFIXES: Final = frozenset({"o", "d", "mc", "mac"})

# Belong to a name and come and go: articles, prepositions, son or daughter of. Some are names themselves (Ben, Bin).
PARTICLES: Final = frozenset({
    "al", "el", "ul", "ud", "ur", "us", "uz", "as", "ad", "ar", "az", "an", "ash", "ibn", "bin", "ben", "bint", "binti",
    "binte", "bte", "van", "von", "vom", "zu", "zum", "zur", "der", "den", "ter", "ten", "te", "af", "av", "de", "del",
    "della", "di", "da", "do", "dos", "das", "du", "des", "la", "le", "les", "las", "los", "y", "e", "i", "ap", "ab",
    "ferch", "ni", "nic",
})  # fmt: skip

# Nobody is called these, alone or beside other words. Null, Nil, Test, Given and Doe are missing as people are.
NEVER_NAMES: Final = frozenset({
    "unknown", "unkown", "unknwn", "unknow", "unk", "refused", "refuses", "withheld", "anonymous", "undisclosed",
    "unspecified", "unidentified", "unnamed", "undefined", "noname", "nosurname", "noforename", "notknown", "notgiven",
    "notstated", "notrecorded", "notdisclosed", "notobtained", "notprovided", "nfn", "nln", "nmn", "fnu", "lnu", "tbc",
    "tba", "mr", "mrs",
})  # fmt: skip

# Forms and programs write these for the whole of a name they do not know; beside other words some are names.
PLACEHOLDERS: Final = frozenset({
    "n/a", "n/k", "n/s", "n/g", "n\\a", "n\\k", "nk", "n.k.", "nfa", "none", "null", "declined", "declined to give",
    "declined to say", "declines to give", "to give", "to give name", "to say", "name", "details", "details not given",
    "details not known", "would not give", "would not give name", "would not say", "will not give", "will not say",
    "wont give", "wont say", "did not give", "did not say", "does not say", "prefer not to say", "no comment",
    "no reply", "no answer", "no details", "no details given", "to be confirmed", "to be advised", "to follow",
    "no fixed abode", "no trace", "not traced", "not known", "not yet known", "not given", "not provided",
    "not supplied", "not stated", "not recorded", "not disclosed", "not obtained", "not established", "not available",
    "not applicable", "none given", "none known", "none stated", "none recorded", "no name", "no name given",
    "no first name", "no forename", "no surname", "no last name", "no family name", "no given name", "no middle name",
    "name not known", "name not given", "as above", "see above", "same as above", "ditto", "male", "female", "adult",
    "adult male", "adult female", "male adult", "female adult", "unknown person", "unknown man", "unknown woman",
})  # fmt: skip


def without_particles(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what of a name's words is left without particles, or all of them where nothing would be left.

    Al Hassan, bin Hassan and Hassan come to the same, as do van der Berg and Berg. Two names that agree in this and
    not in the particles are alike, not the same.
    """
    if PARTICLES.isdisjoint(words):
        return words
    return tuple(word for word in words if word not in PARTICLES) or words
