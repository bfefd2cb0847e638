"""From a word asked about to the people on the register who bear a word like it.

Answers are kept per word, as words repeat; what a word costs the first time matters as much, as new ones come all day.
"""

from collections.abc import Iterable, Mapping, Sequence

from flagging.matching.derived import written
from flagging.matching.rows import RowSets
from flagging.matching.tokens import sought_of

# Words whose answers are kept, and beginnings of words, of which there are fewer.
_REMEMBERED = 1 << 13


class Likes:
    """The rows that bear a word like one asked about, as a given or as a family name; all are sets of rows.

    `begun_given` and `begun_family` share its beginning or an initial, whatever else they share; the same may be among
    them. `lone` are those of one name only who are found by it.
    """

    __slots__ = ("begun_family", "begun_given", "lone", "same_family", "same_given")

    def __init__(self, same_given: int, same_family: int, begun_given: int, begun_family: int, lone: int) -> None:
        self.same_given = same_given
        self.same_family = same_family
        self.begun_given = begun_given
        self.begun_family = begun_family
        self.lone = lone


_NO_LIKES = Likes(0, 0, 0, 0, 0)


class WordLikes:
    """The likes of words among `words`, the words of the register by their keys, and `rows`, the rows by word."""

    def __init__(self, rows: RowSets, words: Mapping[int, Sequence[int]]) -> None:
        self._rows = rows
        self._words = words
        # Remembered while searching; one lost to another thread is only worked out again.
        # What was not asked about while half of them came is forgotten with the older half.
        self._likes: dict[str, Likes] = {}
        self._older: dict[str, Likes] = {}
        self._begun: dict[tuple[int, int], int] = {}

    def of_part(self, words: tuple[str, ...]) -> Likes:
        """Return the rows that bear a word like one of these, however they are written."""
        if len(words) == 1:
            return self.of_word(words[0])
        if not words:
            return _NO_LIKES
        same_given = same_family = begun_given = begun_family = lone = 0
        for word in written(words):
            likes = self.of_word(word)
            same_given |= likes.same_given
            same_family |= likes.same_family
            begun_given |= likes.begun_given
            begun_family |= likes.begun_family
            lone |= likes.lone
        return Likes(same_given, same_family, begun_given, begun_family, lone)

    def of_word(self, word: str) -> Likes:
        """Return the rows that bear a word like this one."""
        likes = self._likes.get(word)
        if likes is None:
            likes = self._older.get(word) or self._find(word)
            if len(self._likes) >= _REMEMBERED // 2:
                self._older, self._likes = self._likes, {}
            self._likes[word] = likes
        return likes

    def behind(self, keys: Iterable[int]) -> set[int]:
        """Return the words of the register filed under any of the keys."""
        return set[int]().union(*filter(None, map(self._words.get, keys)))

    def _find(self, word: str) -> Likes:
        given, family, lone = sought_of(word)
        return Likes(
            self._bearers(given.same),
            self._bearers(family.same),
            self._beginning(given.begun),
            self._beginning(family.begun),
            self._rows.united(lone),
        )

    def _bearers(self, keys: Iterable[int]) -> int:
        words = self.behind(keys)
        return self._rows.united(words) if words else 0

    def _beginning(self, keys: tuple[int, int]) -> int:
        """Return who bears a word with a beginning or an initial; kept, as many words begin alike."""
        bearers = self._begun.get(keys)
        if bearers is None:
            if len(self._begun) >= _REMEMBERED:
                self._begun = {}
            bearers = self._begun[keys] = self._bearers(keys)
        return bearers
