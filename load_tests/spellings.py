"""What `name_forms.py` and `native_names.py` derive tables from: the names of the package rigour, and likeness.

    python -m pip download --no-deps rigour==1.8.2

brings the wheel whose path they are given. Its list `rigour/data/names/persons.txt` (OpenSanctions, MIT licence, made
from Wikidata, CC0) has for each name that is an item of Wikidata all its spellings in all scripts; 1.8 is the last
release that has it as plain text.
"""

import sys
import unicodedata
from functools import cache
from importlib import import_module
from pathlib import Path
from zipfile import ZipFile

from jellyfish import metaphone, nysiis
from nicknames import NickNamer
from rapidfuzz.distance import OSA, JaroWinkler

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from flagging.identity.other_scripts import one_spelling  # noqa: E402
from flagging.identity.plain_letters import fold, in_own_script  # noqa: E402

LIST = "rigour/data/names/persons.txt"
ARTICLES = ("al", "el")
NICKNAMES = NickNamer()


def items(wheel):
    """Yield of each item of the list its Latin words and its words in other scripts."""
    with ZipFile(wheel) as package:
        lines = package.read(LIST).decode().split("\n")
    for line in lines:
        latin, native = set(), set()
        for spelling in line.rpartition(" => ")[0].split(", "):
            if script(spelling) == "LATIN":
                latin |= latin_words(fold(spelling).split())
            else:
                words = in_own_script(spelling).split()
                native |= {one_spelling(words[0])} if len(words) == 1 else set()
        yield latin, native


def latin_words(words):
    """Return a name of one word, or with an Arabic article both without it and as one word."""
    if len(words) == 2 and words[0] in ARTICLES:
        words = [words[1], "".join(words)]
    elif len(words) != 1:
        return set()
    return {word for word in words if word.isascii() and word.isalpha()}


@cache
def script(word):
    """Return the script of the first letter."""
    return next((unicodedata.name(letter, "?").split()[0] for letter in word if letter.isalpha()), "?")


def listed(locales, *lists):
    """Return the names of these locales of Faker, on lists whose names begin like this."""
    words = set()
    for locale in locales:
        for name, values in vars(import_module(f"faker.providers.person.{locale}").Provider).items():
            if name.startswith(lists or ("first_names", "last_names")):
                words |= {fold(each).replace(" ", "") for each in values}
    return words


def likeness(one, other):
    """Return how alike two words begin or end (Jaro-Winkler)."""
    return max(JaroWinkler.similarity(one, other), JaroWinkler.similarity(one[::-1], other[::-1]))


def sound_alike(one, other):
    if metaphone(one) == metaphone(other) or nysiis(one) == nysiis(other):
        return True
    return one[0] == other[0] and OSA.distance(one, other, score_cutoff=1) <= 1


@cache
def long_forms(word):
    return frozenset({word} | NICKNAMES.canonicals_of(word))


def are_short_and_long(one, other):
    return not long_forms(one).isdisjoint(long_forms(other))


def write(name, lines):
    """Write a table of the package flagging: each line a word and what belongs to it, sorted by word."""
    text = "".join(f"{' '.join(line)}\n" for line in sorted(lines))
    (ROOT / name).write_text(text, encoding="utf-8")
    print(name, len(lines), "words,", len(text.encode()), "bytes")
