"""Tables of words that come with the code, each kept as the text it is read from: no more memory than the file."""

from bisect import bisect_right
from importlib.resources import files
from typing import Final

# Letters of the text between two of the words by which a place is found: a few dozen lines.
_STRIDE: Final = 1024


class WordTable:
    """Lines of a word and what belongs to it, parted by spaces, sorted by word; searched as they are, never parsed."""

    def __init__(self, package: str, name: str) -> None:
        self._text = "\n" + files(package).joinpath(name).read_text(encoding="utf-8").strip("\n") + "\n"
        places = range(0, len(self._text) - 1, _STRIDE)
        self._starts = sorted({self._text.rfind("\n", 0, place + 1) for place in places})
        self._firsts = [self._text[start + 1 : self._text.find(" ", start)] for start in self._starts]

    def belonging_to(self, word: str) -> list[str]:
        """Return what belongs to a word, nothing where the table does not have it; takes a microsecond."""
        near = bisect_right(self._firsts, word) - 1
        if near < 0:
            return []
        end = self._starts[near + 1] + 1 if near + 1 < len(self._starts) else len(self._text)
        at = self._text.find(f"\n{word} ", self._starts[near], end)
        if at < 0:
            return []
        return self._text[at + len(word) + 2 : self._text.find("\n", at + 1)].split(" ")
