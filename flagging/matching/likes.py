"""From a word asked about to the people on the register who bear a word like it.

Answers are kept per word, as words repeat; what a word costs the first time matters as much, as new ones come all day.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from flagging.matching.derived import written
from flagging.matching.rows import RowSets
from flagging.matching.tokens import Side, keys_of

# Answers about words that are kept, by their number and by the bits of all their sets (64 MiB at most); when there are
# more, all are forgotten and worked out afresh.
_REMEMBERED = 1 << 14
_REMEMBERED_BITS = 1 << 29
_SETS_A_WORD = 5


class Likes(NamedTuple):
    """The rows that bear a word like one asked about, as a given or as a family name; all are sets of rows.

    `same_given` and `same_family` leave out who shares no more than its beginning or an initial. `lone` are those of
    one name only who are found by it.
    """

    given: int
    family: int
    same_given: int
    same_family: int
    lone: int


_NO_LIKES = Likes(0, 0, 0, 0, 0)


class WordLikes:
    """The likes of words among `words`, the words of the register by their keys, and `rows`, the rows by word."""

    def __init__(self, rows: RowSets, words: Mapping[int, Sequence[int]]) -> None:
        self._rows = rows
        self._words = words
        # Remembered while searching; one lost to another thread is only worked out again.
        self._likes: dict[str, Likes] = {}

    def of_part(self, words: tuple[str, ...], people: int) -> Likes:
        """Return the rows, of so many people, that bear a word like one of these, however they are written."""
        if len(words) == 1:
            return self.of_word(words[0], people)
        if not words:
            return _NO_LIKES
        given = family = same_given = same_family = lone = 0
        for word in written(words):
            likes = self.of_word(word, people)
            given |= likes.given
            family |= likes.family
            same_given |= likes.same_given
            same_family |= likes.same_family
            lone |= likes.lone
        return Likes(given, family, same_given, same_family, lone)

    def of_word(self, word: str, people: int) -> Likes:
        """Return the rows, of so many people, that bear a word like this one."""
        likes = self._likes.get(word)
        if likes is None:
            if len(self._likes) >= min(_REMEMBERED, _REMEMBERED_BITS // _SETS_A_WORD // max(people, 1)):
                self._likes = {}
            likes = self._likes[word] = self._find(word)
        return likes

    def behind(self, keys: Iterable[int]) -> set[int]:
        """Return the words of the register filed under any of the keys."""
        return set[int]().union(*filter(None, map(self._words.get, keys)))

    def _find(self, word: str) -> Likes:
        given, family = keys_of(word, Side.GIVEN), keys_of(word, Side.FAMILY)
        all_given, same_given = self._bearers(given.sought)
        all_family, same_family = self._bearers(family.sought)
        return Likes(all_given, all_family, same_given, same_family, self._rows.united(given.lone))

    def _bearers(self, sought: tuple[int, ...]) -> tuple[int, int]:
        """Return who bears a word filed under one of the keys, and who one that shares more than its beginning."""
        first, *same_keys, last = sought
        same = self.behind(same_keys)
        same_bearers = self._rows.united(same) if same else 0
        others = self.behind((first, last)) - same
        return same_bearers | self._rows.united(others) if others else same_bearers, same_bearers
