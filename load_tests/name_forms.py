"""Derives `flagging/matching/name_forms.txt`: words of names, and the groups of forms of one name they belong to.

    python load_tests/name_forms.py rigour-1.8.2-py3-none-any.whl

`spellings.py` tells where the wheel comes from. A group is

- a name that is an item of Wikidata, as far as its spellings are of one making;
- words like each other that some language writes the same: all spellings of Mohammed share one word of Arabic, as
  short vowels and the choice between s, ss and z are the West's; Aleksandr and Oleksandr share one of Russian;
- words that sound alike and that most languages write the same (Stephen and Steven).

Short syllables of Chinese, Korean and Vietnamese names are left out. Well-known English names are told apart unless
they sound alike and are not a man's and a woman's, or the package nicknames knows one as short for the other.
"""

import sys
from collections import defaultdict
from functools import cache
from itertools import combinations

from spellings import are_short_and_long, items, likeness, listed, script, sound_alike, write

ENGLISH = ("en_GB", "en_IE", "en_US")
WESTERN = (*ENGLISH, "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "sv_SE", "pt_PT", "cs_CZ", "sk_SK", "hu_HU", "hr_HR",
           "ro_RO", "lv_LV", "lt_LT", "pl_PL")  # fmt: skip
EASTERN = ("en_PK", "tr_TR", "az_AZ", "uz_UZ")
# Scripts that leave vowels out, or that nobody writes English names in by ear: one shared word is enough.
NATIVE = frozenset({"ARABIC", "BENGALI", "DEVANAGARI", "GURMUKHI"})
PHONETIC = NATIVE | {"CYRILLIC", "GREEK", "HEBREW", "ARMENIAN", "GEORGIAN"}
BY_EAR = PHONETIC | {"HANGUL", "KATAKANA"}

SHORTEST, SHORTEST_OF_SYLLABLES, SHORTEST_SOUND, SHORTEST_NATIVE = 3, 6, 5, 3
ONE_MAKING, NATIVE_ALIKE, ALIKE, SPELT_ALIKE = 0.6, 0.75, 0.8, 0.85
MOST, FEW_SCRIPTS = 0.6, 3


def long_enough(latin, native):
    """Return the Latin words that are more than a syllable of Chinese, Korean or Vietnamese, or an abbreviation."""
    is_syllable = any(len(word) == 1 and script(word) == "CJK" for word in native)
    return {word for word in latin if len(word) >= (SHORTEST_OF_SYLLABLES if is_syllable else SHORTEST)}


def connected(words, are_linked):
    """Yield the words in sets that hang together by links."""
    words = set(words)
    while words:
        found = {words.pop()}
        new = set(found)
        while new:
            word = new.pop()
            linked = {other for other in words if are_linked(word, other)}
            words -= linked
            new |= linked
            found |= linked
        yield found


@cache
def of_one_sex():
    """Return the English given names that only men have, and those that only women have."""
    men, women = (listed(ENGLISH, f"first_names_{sex}") for sex in ("male", "female"))
    return men - women, women - men


def of_other_sex(one, other):
    of_men, of_women = of_one_sex()
    return (one in of_men and other in of_women) or (one in of_women and other in of_men)


def apart(words, english):
    """Return the words as groups without two English names that nobody takes for one, or a man's and a woman's."""
    for one, other in combinations(sorted(words & english), 2):
        if not are_short_and_long(one, other) and (not sound_alike(one, other) or of_other_sex(one, other)):
            return apart(words - {one}, english) | apart(words - {other}, english)
    return {frozenset(words)} if len(words) > 1 else set()


def pairs(words):
    return set(combinations(sorted(words), 2))


def of_one_making(one, other):
    return likeness(one, other) >= ONE_MAKING or are_short_and_long(one, other)


def item_groups(known, english):
    groups = set()
    for latin, _ in known:
        for words in connected(latin, of_one_making):
            groups |= apart(words, english)
    return groups


def native_spellings(known):
    """Return of each Latin word how other scripts write it, as far as they write by ear."""
    spellings = defaultdict(set)
    for latin, native in known:
        heard = {word for word in native if len(word) >= SHORTEST_NATIVE and script(word) in BY_EAR}
        for word in latin:
            spellings[word] |= heard
    return spellings


def in_common(spellings):
    """Return each native word with the Latin ones it is written for, and each pair of these with what they share."""
    written_for, shared = defaultdict(set), defaultdict(set)
    for word, native in spellings.items():
        for each in native:
            written_for[each].add(word)
    for native, words in written_for.items():
        for pair in pairs(words):
            shared[pair].add(native)
    return written_for, shared


def eastern_names(groups, shared, english):
    """Return the names of Muslim traditions, whatever list of English names has them too."""
    names = listed(EASTERN)
    likely = names.union(*[group for group in groups if not group.isdisjoint(names)])
    own = names - english
    for pair, native in shared.items():
        if not own.isdisjoint(pair) and any(script(word) == "ARABIC" for word in native) and likeness(*pair) >= ALIKE:
            likely.update(pair)
    return likely


def same_in_other_scripts(groups, spellings, shared, english):
    """Yield the pairs of words that are forms of one name because other scripts write them the same."""
    western, eastern = listed(WESTERN), eastern_names(groups, shared, english)
    for pair, native in shared.items():
        if sounds_the_same(pair, native, spellings):
            yield pair
            continue
        english_ones = english.intersection(pair)
        if not eastern.issuperset(english_ones) and eastern.isdisjoint(set(pair) - english_ones):
            continue
        if len(english_ones) == 2 and not eastern.issuperset(pair):
            continue
        if western.issuperset(pair) and eastern.isdisjoint(pair):
            continue
        alike, scripts = likeness(*pair), [script(word) for word in native]
        phonetic = sum(each in PHONETIC for each in scripts)
        if (alike >= NATIVE_ALIKE and not NATIVE.isdisjoint(scripts)) or (alike >= ALIKE and phonetic > 1):
            yield pair


def sounds_the_same(pair, native, spellings):
    """Tell whether most languages write both words the same, and they sound alike in English."""
    one, other = pair
    if min(len(one), len(other)) < SHORTEST_SOUND or likeness(one, other) < SPELT_ALIKE or not sound_alike(one, other):
        return False
    scripts = {script(word) for word in native}
    most = MOST * min(len(spellings[one]), len(spellings[other]))
    return len(scripts) >= FEW_SCRIPTS and len(native) > max(most, FEW_SCRIPTS)


def bridges(groups, known, english):
    """Return further groups: words that hang together by what other scripts write the same."""
    spellings = native_spellings(known)
    written_for, shared = in_common(spellings)
    linked = set().union(*map(pairs, groups))
    links = linked | set(same_in_other_scripts(groups, spellings, shared, english))
    neighbours = defaultdict(set)
    for one, other in links:
        neighbours[one].add(other)
        neighbours[other].add(one)
    found = set()
    for words in written_for.values():
        for hanging in connected(words, lambda one, other: other in neighbours[one]):
            found |= apart(hanging, english)
    for group in sorted(found, key=lambda group: (-len(group), sorted(group))):
        if (pairs(group) & links) - linked:
            linked |= pairs(group)
            yield group


def largest(groups):
    """Return the groups that are not part of another, in order."""
    kept, held_by = [], defaultdict(set)
    for group in sorted(groups, key=lambda group: (-len(group), sorted(group))):
        if not set.intersection(*[held_by[word] for word in group]):
            for word in group:
                held_by[word].add(len(kept))
            kept.append(sorted(group))
    return sorted(kept)


def main():
    english = listed(ENGLISH)
    known = [(long_enough(latin, native), native) for latin, native in items(sys.argv[1])]
    groups = item_groups(known, english)
    forms = defaultdict(list)
    for number, group in enumerate(largest(groups.union(bridges(groups, known, english)))):
        for word in group:
            forms[word].append(str(number))
    write("flagging/matching/name_forms.txt", [(word, *numbers) for word, numbers in forms.items()])


if __name__ == "__main__":
    main()
