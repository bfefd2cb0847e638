"""How much of the population stands at a level from a name or a date: the `u` of Fellegi and Sunter, measured.

Names are as common as the register or a table of the population at large says, whichever is more; years and days of
birth are as the register says. Nothing else knows where shares come from.
"""

from typing import Final

from flagging.identity.person import BirthDate
from flagging.matching.derived import date_keys
from flagging.matching.index import CandidateIndex
from flagging.matching.model import NameLevel, Rarity
from flagging.matching.tokens import Side, initial_key, keys_of, word_key

_DAYS_IN_YEAR: Final = 365.25


class Population:
    """Shares of the population, from counts on one register."""

    def __init__(self, index: CandidateIndex, rarity: Rarity) -> None:
        self._index = index
        self._rarity = rarity
        self._names = rarity.names
        self._people = len(index) + rarity.pseudo_people
        # Remembered while searching; one lost to another thread is only worked out again.
        self._years_shares: dict[tuple[int, int], float] = {}
        self._birthday_shares: dict[tuple[int | None, int | None], float] = {}

    def word_share(self, word: str, side: Side, level: NameLevel) -> float:
        """Return the share of people whose name stands at this level from `word` and not nearer."""
        own = word_key(word, side)
        # Few words are asked for by the levels that take all of their keys, which cost more than the rest.
        match level:
            case NameLevel.VARIANT:
                return self._alike_share(keys_of(word, side).group, own)
            case NameLevel.ONE_EDIT:
                return self._alike_share(keys_of(word, side).deletions, own)
            case NameLevel.PHONETIC:
                return self._alike_share(keys_of(word, side).sound, own)
            case NameLevel.INITIAL:
                return self._alike_share((initial_key(word, side),), own)
            case _:
                return self._word_share(self._index.count(own), self._names.share(own))

    def _alike_share(self, keys: tuple[int, ...], word: int) -> float:
        return self._word_share(self._index.count_alike(keys, word), self._names.share_alike(keys, word))

    def _word_share(self, count: int, at_large: float) -> float:
        """Return the larger share: a name that is common anywhere is no proof of being one person."""
        return max(at_large, self._share(count, self._rarity.typical_word))

    def years_share(self, born: BirthDate) -> float:
        """Return the share of people born in the year, or one of the years, that a date of birth means."""
        years = (born.year, born.year_spread)
        share = self._years_shares.get(years)
        if share is None:
            typical = self._rarity.typical_year
            share = sum([self._share(self._index.count(key), typical) for key in date_keys(born).years])
            self._years_shares[years] = share
        return share

    def day_and_month_share(self, born: BirthDate) -> float:
        """Return the share of people with this birthday: 1 January is everybody's of whom no more is known."""
        birthday = (born.month, born.day)
        share = self._birthday_shares.get(birthday)
        if share is None:
            share = sum([self._share(self._index.count(key), 1 / _DAYS_IN_YEAR) for key in date_keys(born).month_day])
            self._birthday_shares[birthday] = share
        return share

    def _share(self, count: int, typical: float) -> float:
        seen = max(count - self._rarity.discount, 0.0)
        return (seen + self._rarity.pseudo_people * typical) / self._people
