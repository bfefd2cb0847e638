"""How a word written the Somali way is written in English: Xasan is Hasan, Cumar is Umar, Faarax is Farah.

Somali writes x for an h from the throat and c for a sound that English leaves out, and long vowels twice.
"""

import re
from typing import Final

_SILENT: Final = re.compile(r"(?<![^aeiou])c(?=[aeiou])|(?<=[aeiou])c(?![a-z])")
_LONG: Final = re.compile(r"([aeiou])\1")


def read_as_somali(word: str) -> tuple[str, ...]:
    """Return the word as English writes it, long vowels both ways; nothing where no letter is used the Somali way."""
    if "x" not in word and "c" not in word:
        return ()
    plain = _SILENT.sub("", word.replace("x", "h"))
    if plain == word or not plain:
        return ()
    return tuple(dict.fromkeys((plain, _LONG.sub(r"\1", plain))))
