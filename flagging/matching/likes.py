"""From a word asked about to the people on the register who bear a word like it.

Answers are kept per word, as words repeat; what a word costs the first time matters as much, as new ones come all day.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from flagging.matching.derived import written
from flagging.matching.rows import RowSets, file_under, union
from flagging.matching.tokens import Side, side_of, sought_of, without_side

# Words whose answers are kept, and beginnings of words, of which there are fewer.
_REMEMBERED: Final = 1 << 13
# Parts of several words whose answers are kept: each is wanted twice for one question, and hardly ever again.
_AT_HAND: Final = 1 << 4


# A tuple, not an object of a class of its own: those a replaced edition holds are waited for one by one as it is freed.
class Likes(NamedTuple):
    """The rows that bear a word like one asked about, as a given or as a family name; all are sets of rows.

    `begun_given` and `begun_family` share its beginning or an initial, whatever else they share; the same may be among
    them. They are kept apart, as many words begin alike and have them in common. `lone` are those of one name only who
    are found by it. `short_family` bear as a family name what is short for it as a given name, or the other way round.
    """

    same_given: int
    same_family: int
    begun_given: int
    begun_family: int
    lone: int
    short_family: int


# Functions, not methods: those of a named tuple are called by way of the interpreter.
def given_bearers(likes: Likes) -> int:
    """Return whoever bears a word like it as a given name."""
    return union(likes.same_given, likes.begun_given)


def family_bearers(likes: Likes) -> int:
    """Return whoever bears a word like it as a family name."""
    return union(likes.same_family, likes.begun_family)


_NO_LIKES: Final = Likes(0, 0, 0, 0, 0, 0)


class WordLikes:
    """The likes of words among those of the register; `rows` are the rows by word."""

    def __init__(self, rows: RowSets) -> None:
        self._rows = rows
        # The words of the register by their keys, those of both sides together: each key is looked up once.
        self._words: dict[int, Sequence[int]] = {}
        # Remembered while searching; one lost to another thread is only worked out again.
        # What was not asked about while half of them came is forgotten with the older half.
        self._likes: dict[str, Likes] = {}
        self._older: dict[str, Likes] = {}
        self._begun: dict[tuple[int, int], tuple[int, int]] = {}
        self._parts: dict[tuple[str, ...], Likes] = {}

    def file(self, word: int, keys: Iterable[int]) -> None:
        """File a word of the register under its keys; not to be called once anything is looked up."""
        file_under(self._words, without_side(keys), (word,))

    def of_part(self, words: tuple[str, ...]) -> Likes:
        """Return the rows that bear a word like one of these, however they are written."""
        if len(words) == 1:
            return self.of_word(words[0])
        if not words:
            return _NO_LIKES
        known = self._parts.get(words)
        if known is not None:
            return known
        likes = self._united(written(words))
        if len(self._parts) >= _AT_HAND:
            self._parts = {}
        self._parts[words] = likes
        return likes

    def of_word(self, word: str) -> Likes:
        """Return the rows that bear a word like this one."""
        likes = self._likes.get(word)
        if likes is None:
            likes = self._older.get(word) or self._find(word)
            if len(self._likes) >= _REMEMBERED // 2:
                self._older, self._likes = self._likes, {}
            self._likes[word] = likes
        return likes

    def behind(self, keys: Iterable[int], side: Side) -> list[int]:
        """Return the words of the register on one side of a name that are filed under any of the keys."""
        return _parted(self._behind(without_side(keys)))[side]

    def _united(self, words: Iterable[str]) -> Likes:
        same_given = same_family = begun_given = begun_family = lone = short_family = 0
        for word in words:
            likes = self.of_word(word)
            same_given = union(same_given, likes.same_given)
            same_family = union(same_family, likes.same_family)
            begun_given = union(begun_given, likes.begun_given)
            begun_family = union(begun_family, likes.begun_family)
            lone = union(lone, likes.lone)
            short_family = union(short_family, likes.short_family)
        return Likes(same_given, same_family, begun_given, begun_family, lone, short_family)

    def _find(self, word: str) -> Likes:
        sought = sought_of(word)
        given, family = self._behind(sought.given_forms), self._behind(sought.family_forms)
        for like in self._behind(sought.same):
            (family if side_of(like) else given).add(like)
        same_given, same_family = self._rows.united(given), self._rows.united(family)
        lone = self._rows.united(sought.lone)
        short_family = self._rows.united((*self._behind(sought.longer_forms), *sought.short_as_family))
        return Likes(same_given, same_family, *self._beginning(sought.begun), lone, short_family)

    def _behind(self, keys: Iterable[int]) -> set[int]:
        """Return the words of either side filed under any of the keys."""
        found: set[int] = set()
        for key in keys:
            words = self._words.get(key)
            if words is not None:
                found.update(words)
        return found

    def _beginning(self, keys: tuple[int, int]) -> tuple[int, int]:
        """Return who bears a word with a beginning or an initial, as given and as family name; kept, as many words
        begin alike.
        """
        bearers = self._begun.get(keys)
        if bearers is None:
            if len(self._begun) >= _REMEMBERED:
                self._begun = {}
            given, family = _parted(self._behind(keys))
            bearers = self._begun[keys] = self._rows.united(given), self._rows.united(family)
        return bearers


def _parted(words: Iterable[int]) -> tuple[list[int], list[int]]:
    """Part words of the register by their sides: given names, family names."""
    given: list[int] = []
    family: list[int] = []
    for word in words:
        (family if side_of(word) else given).append(word)
    return given, family
