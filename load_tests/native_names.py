"""Derives `flagging/identity/native_names.txt`: words in Arabic, Hebrew and Indian scripts, in Latin letters.

    python load_tests/native_names.py rigour-1.8.2-py3-none-any.whl

`spellings.py` tells where the wheel comes from. Scripts that write all vowels are read letter by letter instead.
"""

import sys
from collections import Counter, defaultdict

from rapidfuzz.distance import JaroWinkler
from spellings import ARTICLES, items, likeness, listed, script, write

from flagging.identity.other_scripts import letter_by_letter

SCRIPTS = frozenset({"ARABIC", "HEBREW", "BENGALI", "DEVANAGARI", "GURMUKHI", "GUJARATI", "TAMIL", "TELUGU", "KANNADA",
                     "MALAYALAM", "ORIYA", "SINHALA"})  # fmt: skip
IN_BRITAIN = ("en_GB", "en_PK", "en_IN")
SAME_CONSONANTS = 0.7
NO_VOWELS = str.maketrans("", "", "aeiouyhw")


def same_consonants(one, other):
    one, other = (word.translate(NO_VOWELS) for word in (one, other))
    return JaroWinkler.similarity(one, other) >= SAME_CONSONANTS


def native_names(known, in_britain):
    """Yield words of these scripts with their commonest spelling in Latin letters.

    A spelling has the consonants that are written. Commonest is one that is usual in Britain, then the one nearest to
    what is written, then what most items say. Left out is what reading letter by letter brings about, and names with an
    Arabic article, which is read as a word of its own.
    """
    votes, scripts = defaultdict(Counter), Counter()
    for latin, native in known:
        scripts.update(dict.fromkeys(latin, len(native)))
        for word in native:
            votes[word].update(latin)
    for word, spellings in sorted(votes.items()):
        if script(word) not in SCRIPTS or any(f"{each}{name}" in spellings for name in spellings for each in ARTICLES):
            continue
        read = letter_by_letter(word)
        fitting = [each for each in sorted(spellings) if same_consonants(read, each)]
        if fitting:
            ranks = {
                each: (each in in_britain, likeness(each, read), spellings[each], scripts[each]) for each in fitting
            }
            best = max(fitting, key=ranks.__getitem__)
            if best != read:
                yield word, best


if __name__ == "__main__":
    write("flagging/identity/native_names.txt", list(native_names(list(items(sys.argv[1])), listed(IN_BRITAIN))))
