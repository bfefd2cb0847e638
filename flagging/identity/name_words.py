"""The words around names: titles, suffixes, and what forms say in a name's place. Data only."""

TITLES = frozenset({
    "mr", "mrs", "ms", "miss", "mx", "mister", "mstr", "messrs", "dr", "prof", "professor", "rev", "revd", "reverend",
})  # fmt: skip

SUFFIXES = frozenset({"jr", "jnr", "sr", "snr", "ii", "iii", "iv", "esq", "esquire"})
FAMILY_SUFFIXES = SUFFIXES | {"junior", "senior"}

# Written apart from the rest of a family name by some, joined to it by others: O Brien, D Souza, Mc Donald.
PREFIXES = frozenset({"o", "d", "mc", "mac"})

# Nobody is called these, alone or beside other words. Null, Nil, Test, Given and Doe are missing as people are.
NEVER_NAMES = frozenset({
    "unknown", "unkown", "unknwn", "unk", "refused", "withheld", "anonymous", "undisclosed", "unspecified",
    "unidentified", "unnamed", "noname", "notknown", "notgiven", "nfn", "nln", "nmn", "fnu", "lnu", "tbc", "tba",
    "mr", "mrs",
})  # fmt: skip

# Forms and programs write these for the whole of a name they do not know; beside other words some are names.
PLACEHOLDERS = frozenset({
    "n/a", "n/k", "n\\a", "n\\k", "nk", "n.k.", "nfa", "none", "null", "declined", "declined to give",
    "refused to give", "refused to give name", "would not give", "to be confirmed", "no fixed abode", "not known",
    "not given", "not provided", "not stated", "not recorded", "not disclosed", "not available", "not applicable",
    "none given", "none known", "none stated", "no name", "no name given", "no first name", "no forename", "no surname",
    "no family name", "no given name", "no middle name", "name", "name not known", "name not given", "male", "female",
})  # fmt: skip
