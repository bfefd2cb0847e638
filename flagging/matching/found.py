"""The rows retrieved for one persona asked about, and in which parts of the name each of them is alike."""

from collections.abc import Iterable
from typing import Final

from flagging.matching.rows import few_rows_of, rows_of

# In which parts people bear a word like one asked about, together one number.
GIVEN: Final = 1
FAMILY: Final = 2
GIVEN_AS_FAMILY: Final = 4
FAMILY_AS_GIVEN: Final = 8
STRAIGHT: Final = GIVEN | FAMILY
CROSSWISE: Final = GIVEN_AS_FAMILY | FAMILY_AS_GIVEN
# Added to it where a part of the name is missing, on either side.
PARTIAL: Final = 16


class Found:
    """The rows retrieved for one persona asked about, as sets of rows.

    `unlikely` have nothing but one name alike, and no date to compare; `same_date` have the very date of birth, or day
    and month of it swapped. `alike` may bear a word of the name asked about in another form, whether they are retrieved
    or not: of the given name as given name, of the family name as family name, of the given as family, the family as
    given name.
    """

    __slots__ = ("_bearers", "likely", "same_date", "unlikely")

    def __init__(self, likely: int, unlikely: int, alike: tuple[int, int, int, int], same_date: int) -> None:
        self.likely = likely
        self.unlikely = unlikely
        given, family, given_as_family, family_as_given = alike
        self._bearers = (
            (GIVEN, given),
            (FAMILY, family),
            (GIVEN_AS_FAMILY, given_as_family),
            (FAMILY_AS_GIVEN, family_as_given),
        )
        self.same_date = same_date

    def each_alike(self, rows: int) -> Iterable[tuple[int, int]]:
        """Return each of a set of rows and in which parts of the name it is alike, those parts together one number."""
        few = few_rows_of(rows)
        if few is None:
            return [(row, alike) for alike, members in self.by_alike(rows) for row in rows_of(members)]
        return self.few_alike(rows, few)

    def few_alike(self, rows: int, few: list[int]) -> Iterable[tuple[int, int]]:
        """Return the same of a few rows: the set of them, and each."""
        alike = dict.fromkeys(few, 0)
        for part, bearers in self._bearers:
            bearing = rows & bearers
            while bearing:
                row = bearing.bit_length() - 1
                alike[row] |= part
                bearing ^= 1 << row
        return alike.items()

    def by_alike(self, rows: int) -> list[tuple[int, int]]:
        """Part a set of rows by the parts of the name that are alike: the parts as one number, and whose they are."""
        parted = [(0, rows)]
        for part, bearers in self._bearers:
            if not rows & bearers:
                continue
            split = []
            for alike, members in parted:
                bearing = members & bearers
                split += [(alike, members ^ bearing), (alike | part, bearing)]
            parted = [each for each in split if each[1]]
        return parted


def is_alike_twice(alike: int) -> bool:
    """Tell whether two words at least may be alike, as they are where names are divided otherwise."""
    parts = alike & ~PARTIAL
    return parts & (parts - 1) > 0
