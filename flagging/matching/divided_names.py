"""Evidence from two names whose words are divided otherwise between given and family name.

Harpreet Singh Gill as Harpreet Singh, Mohammed Asif Khan as Asif Mohammed, a whole name in one field: where a tradition
knows no family name, or a form has no room, the parts say little, and the words all the more.
"""

from typing import Final

from flagging.identity.person import PersonName
from flagging.matching.derived import MOST_WORDS
from flagging.matching.model import MiddleLevel, Model, NameLevel
from flagging.matching.name_parts import Part, PartWeigher
from flagging.matching.tokens import SIDES, Side
from flagging.matching.words import compare_words

_NEAREST_FIRST = (NameLevel.EXACT, NameLevel.VARIANT, NameLevel.ONE_EDIT, NameLevel.PHONETIC)
_LEAST_WORDS: Final = 2
# Two whole names of two words each can only be swapped.
_WORDS_OF_TWO: Final = 4


def may_be_divided_otherwise(asked: PersonName, recorded: PersonName) -> bool:
    """Tell whether two names have words enough to be divided in another way than given and family name swapped."""
    ours, theirs = len(asked.given) + len(asked.family), len(recorded.given) + len(recorded.family)
    whole = [name for name in (asked, recorded) if name.given and name.family]
    if min(ours, theirs) < _LEAST_WORDS or not whole:
        return False
    return ours + theirs > _WORDS_OF_TWO or len(whole) == 1


def are_words_shared(asked: PersonName, recorded: PersonName) -> bool:
    """Tell whether every word of the shorter of two names is also one of the other's, whichever part it stands in."""
    return _shared(_words(asked), _words(recorded)) is not None


def are_as_many_words(asked: PersonName, recorded: PersonName) -> bool:
    """Tell whether two names have as many words, without which they do not agree throughout."""
    return len(_words(asked)) == len(_words(recorded))


def compare_divided(
    asked: PersonName, recorded: PersonName, weigher: PartWeigher, model: Model
) -> tuple[Part, Part, float] | None:
    """Return what the first word shared and the others say, and the bits of all together, at the price of the order.

    None unless every word of the shorter name is also one of the other's, whichever part it stands in.
    """
    ours, theirs = _words(asked), _words(recorded)
    shared = _shared(ours, theirs)
    if shared is None:
        return None
    # A word might stand on either side: as common as it is on the side where it is commoner.
    given, *others = [
        Part(level, min(weigher.word_bits.of(word, side, level) for side in SIDES)) for level, word in shared
    ]
    family = max(others, key=lambda part: part.bits)
    # Names go together: the rarest stands for the family name, and adds up with the others as that does.
    rarest, second, *more = sorted((part.bits for part in (given, *others)), reverse=True)
    third = min(more[0], model.middle_name_bits[MiddleLevel.AGREE]) if more else 0.0
    bits = rarest + min(second + third, model.most_given_bits) + model.divided_names_bits
    if len(ours) != len(theirs):
        family = Part(NameLevel.PART, family.bits)
    return given, family, bits


def _words(name: PersonName) -> list[tuple[str, Side]]:
    given, family = name.given[:MOST_WORDS], name.family[:MOST_WORDS]
    return [*[(word, Side.GIVEN) for word in given], *[(word, Side.FAMILY) for word in family]]


def _shared(ours: list[tuple[str, Side]], theirs: list[tuple[str, Side]]) -> list[tuple[NameLevel, str]] | None:
    """Return how near each word of the shorter name is to one of the other's, none of which is taken twice, and which
    of the two was asked about; None where one is no such word.
    """
    asked_is_shorter = len(ours) <= len(theirs)
    shorter, left = (ours, list(theirs)) if asked_is_shorter else (theirs, list(ours))
    shared = []
    for word, side in shorter:
        found = [(level, other) for other in left if (level := compare_words(word, other[0], side)) in _NEAREST_FIRST]
        if not found:
            return None
        level, other = min(found, key=lambda each: _NEAREST_FIRST.index(each[0]))
        left.remove(other)
        shared.append((level, word if asked_is_shorter else other[0]))
    return shared
