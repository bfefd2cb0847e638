"""How common names are in the population at large, by a table.

On a register of a few hundred people John and Zbigniew may stand once each; only a table tells which is rare.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from flagging.matching.tokens import Side, keys_of

# Words asked about whose likes are kept; when there are more, all are forgotten and worked out afresh.
_REMEMBERED: Final = 1 << 14


class NameShares:
    """Shares of the population by word and side; nought for a word the table does not have."""

    def __init__(self, table: Mapping[tuple[str, Side], float]) -> None:
        self._shares: dict[int, float] = {}
        self._filed: dict[int, list[int]] = {}
        self._alike: dict[tuple[int, ...], float] = {}
        for (text, side), share in table.items():
            keys = keys_of(text, side)
            self._shares[keys.word] = share
            for key in keys.stored:
                self._filed.setdefault(key, []).append(keys.word)

    def share(self, word: int) -> float:
        """Return the share of people with this word in their name."""
        return self._shares.get(word, 0.0)

    def share_alike(self, keys: tuple[int, ...], word: int) -> float:
        """Return the share of people with a word filed under one of the keys, all keys of `word`, but not it."""
        known = self._alike.get(keys)
        if known is None:
            known = sum(self._shares[other] for other in self._behind(keys))
            if len(self._alike) >= _REMEMBERED:
                self._alike = {}
            self._alike[keys] = known
        return known - self.share(word)

    def _behind(self, keys: Iterable[int]) -> set[int]:
        return {word for key in keys for word in self._filed.get(key, ())}
