"""Two words of a name: how near they stand. Says nothing about how rare either is."""

from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from flagging.matching.model import NameLevel
from flagging.matching.name_forms import forms_of
from flagging.matching.tokens import CACHED_WORDS, Side, codes_of

SHORTEST_FOR_ONE_EDIT: Final = 3
SHORTEST_FOR_TWO_EDITS: Final = 6
SHORTEST_BEGINNING: Final = 3
LONGEST_ABBREVIATION: Final = 4
NEAR_SIMILARITY: Final = 0.9
# Words no longer than this that begin otherwise and are as similar as that differ by one edit, so they share a key.
LONGEST_BUT_ONE_EDIT_APART: Final = 4
# Edits that were not counted, since words so short may not be that many apart.
_UNMEASURED: Final = 3
_HERS: Final = frozenset({"a", "ah"})
# Looked up once, not for each pair of words.
_edits: Final = OSA.distance
_similarity: Final = JaroWinkler.similarity


def compare_words(one: str, other: str, side: Side) -> NameLevel:
    """Return the nearest level at which two normalised words of one side stand."""
    return NameLevel.EXACT if one == other else _compare_different(one, other, side)


@lru_cache(maxsize=4 * CACHED_WORDS)
def _compare_different(one: str, other: str, side: Side) -> NameLevel:
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    if len(shorter) == 1:
        return NameLevel.INITIAL if shorter == longer[0] else NameLevel.DIFFERENT
    is_given = side is Side.GIVEN
    is_hers = is_given and _is_his_and_hers(shorter, longer)
    if not is_hers and not forms_of(one, is_given=is_given).isdisjoint(forms_of(other, is_given=is_given)):
        return NameLevel.VARIANT
    edits = _edits(one, other, score_cutoff=2)
    if edits == 1 and len(shorter) >= SHORTEST_FOR_ONE_EDIT:
        return NameLevel.ONE_EDIT
    if not codes_of(one).isdisjoint(codes_of(other)):
        return NameLevel.PHONETIC
    return _compare_unlike(shorter, longer, edits)


def is_near(one: str, other: str) -> bool:
    """Tell whether two words that share no key of retrieval stand nearer than just different."""
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    if len(shorter) == 1:
        return shorter == longer[0]
    if len(shorter) <= LONGEST_BUT_ONE_EDIT_APART and shorter[0] != longer[0]:
        return False
    is_long = len(shorter) >= SHORTEST_FOR_TWO_EDITS
    edits = _edits(one, other, score_cutoff=2) if is_long else _UNMEASURED
    return _compare_unlike(shorter, longer, edits) is not NameLevel.DIFFERENT


def _compare_unlike(shorter: str, longer: str, edits: int) -> NameLevel:
    if edits == 2 and len(shorter) >= SHORTEST_FOR_TWO_EDITS:  # noqa: PLR2004
        return NameLevel.NEAR
    if len(shorter) >= SHORTEST_BEGINNING and longer.startswith(shorter):
        return NameLevel.NEAR
    if _similarity(shorter, longer, score_cutoff=NEAR_SIMILARITY):
        return NameLevel.NEAR
    return NameLevel.INITIAL if _is_abbreviation(shorter, longer) else NameLevel.DIFFERENT


def _is_his_and_hers(shorter: str, longer: str) -> bool:
    """Tell whether two given names may be a man's and a woman's (Samir, Samira): brother and sister, not one person."""
    return longer.startswith(shorter) and longer[len(shorter) :] in _HERS


def _is_abbreviation(shorter: str, longer: str) -> bool:
    """Tell a written abbreviation (Md, Wm, Chas): a few letters of the name in order, its first and last among them."""
    if shorter[0] != longer[0] or shorter[-1] != longer[-1]:
        return False
    if len(shorter) > LONGEST_ABBREVIATION or len(longer) <= len(shorter) + 1:
        return False
    letters = iter(longer)
    return all(letter in letters for letter in shorter)
