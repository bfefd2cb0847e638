"""Names in Devanagari, Bengali or Gujarati letters, spelt as English documents spell them.

The three blocks of Unicode hold the same letters in the same places (ISCII), so one table does for all. An `a` that is
not written is spoken after a consonant, but not at the end of a word, and hardly between two syllables (Gadhvi).
"""

import unicodedata

BENGALI = 0x980
BLOCKS = (0x900, BENGALI, 0xA80)
LATIN = "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l l v sh sh s h"
CONSONANTS = dict(zip(range(0x15, 0x3A), LATIN.split(), strict=True))
DOTTED = {0x15: "q", 0x16: "kh", 0x17: "gh", 0x1C: "z", 0x21: "r", 0x22: "rh", 0x2B: "f", 0x2F: "y"}
VOWELS = {0x05: "a", 0x06: "a", 0x07: "i", 0x08: "i", 0x09: "u", 0x0A: "u", 0x0B: "ri", 0x0D: "e", 0x0F: "e"}
VOWELS |= {0x10: "ai", 0x11: "o", 0x13: "o", 0x14: "au"}
SIGNS = {0x3E: "a", 0x3F: "i", 0x40: "i", 0x41: "u", 0x42: "u", 0x43: "ri", 0x45: "e", 0x47: "e", 0x48: "ai"}
SIGNS |= {0x49: "o", 0x4B: "o", 0x4C: "au"}
OTHERS = {0x01: "n", 0x02: "n", 0x4E: "t"}
DOT, SILENCER = 0x3C, 0x4D
PALATAL_N, YA = 0x1E, 0x2F
# An `a` that is not written, until it is clear whether it is spoken.
UNWRITTEN = "·"


def romanise(name):
    """Return the name in plain Latin letters; words of other scripts come back as they are."""
    return " ".join(romanise_word(word) for word in unicodedata.normalize("NFC", name).split())


def romanise_word(word):
    block = next((block for block in BLOCKS if block <= ord(word[0]) < block + 0x80), None)
    return word if block is None else "".join(spoken(sounds([ord(each) - block for each in word], block))).capitalize()


def sounds(places, block):
    """Return the word sound by sound, every unwritten `a` marked."""
    found = []
    for at, place in enumerate(places):
        after = places[at + 1] if at + 1 < len(places) else None
        if place in CONSONANTS:
            found.append(consonant(place, after, is_initial_in_bengali=at == 0 and block == BENGALI))
        elif place != DOT:
            found.append(VOWELS.get(place) or SIGNS.get(place) or OTHERS.get(place, ""))
        if (place in CONSONANTS or place == DOT) and after not in (*SIGNS, SILENCER, DOT):
            found.append(UNWRITTEN)
    return [each for each in found if each]


def consonant(place, after, *, is_initial_in_bengali):
    if after == DOT:
        return DOTTED.get(place, CONSONANTS[place])
    if place == YA and is_initial_in_bengali:
        return "j"
    return "y" if place == PALATAL_N and after in SIGNS else CONSONANTS[place]


def spoken(found):
    """Decide about every unwritten `a`, from the end of the word to its beginning: silent at the end after vowel and
    consonant, and between vowel and consonant on one side, consonant and vowel on the other."""
    for at in reversed([at for at, each in enumerate(found) if each == UNWRITTEN]):
        is_between = at >= 2 and is_vowel(found[at - 2])
        is_end = at == len(found) - 1
        is_open = at + 2 < len(found) and not is_vowel(found[at + 1]) and is_vowel(found[at + 2])
        found[at] = "" if is_between and (is_end or is_open) else "a"
    return found


def is_vowel(sound):
    return sound == UNWRITTEN or sound[:1] in tuple("aeiou")
