"""The matching policy as data: weights, thresholds, expected share. Loaded from `config/matching.toml`.

Weights follow Fellegi and Sunter (1969): at each level, `m` is how often the same person stands there, `u` how often
somebody else does; the evidence is log2(m/u) bits. Where `u` is None it is measured on the register.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flagging.matching.name_shares import NameShares


class NameLevel(StrEnum):
    """How near two words of a name stand, nearest first."""

    # Not hashed by name, as members of an Enum are: they are looked up by all the time.
    __hash__ = str.__hash__

    EXACT = "exact"
    VARIANT = "variant"
    ONE_EDIT = "one_edit"
    PHONETIC = "phonetic"
    NEAR = "near"
    INITIAL = "initial"
    MIDDLE = "middle"
    PART = "part"
    DIFFERENT = "different"


GIVEN_LEVELS = tuple(level for level in NameLevel if level is not NameLevel.PART)
FAMILY_LEVELS = tuple(level for level in NameLevel if level is not NameLevel.MIDDLE)
UNMEASURED_NAME_LEVELS = (NameLevel.NEAR, NameLevel.DIFFERENT)
"""The levels whose share of the population no count on the register tells."""


AGREEING_NAMES: Final = frozenset({NameLevel.EXACT, NameLevel.VARIANT})
"""The levels at which two words are forms of one name."""


class MiddleLevel(StrEnum):
    """How the middle names of two people compare, where both have some."""

    AGREE = "agree"
    CLOSE = "close"
    INITIAL = "initial"
    DIFFERENT = "different"


class DateLevel(StrEnum):
    """How near two dates of birth stand."""

    __hash__ = str.__hash__

    EXACT = "exact"
    SWAPPED = "swapped"
    TRANSPOSED = "transposed"
    ONE_DIGIT = "one_digit"
    PLACEHOLDER = "placeholder"
    PLACEHOLDER_YEAR = "placeholder_year"
    SAME_DAY_AND_MONTH = "same_day_and_month"
    TWO_DIGITS = "two_digits"
    SAME_YEAR = "same_year"
    NEAR = "near"
    PARTIAL = "partial"
    PARTIAL_NEAR = "partial_near"
    APPROXIMATE = "approximate"
    APPROXIMATE_NEAR = "approximate_near"
    APPROXIMATE_FAR = "approximate_far"
    DIFFERENT = "different"


AGREEING_DATES: Final = frozenset({DateLevel.EXACT, DateLevel.PARTIAL, DateLevel.APPROXIMATE})
"""The levels at which nothing known of either date speaks against the other."""

COUNTED_DATE_LEVELS = tuple(
    level
    for level in DateLevel
    if level
    not in (
        DateLevel.EXACT,
        DateLevel.SAME_DAY_AND_MONTH,
        DateLevel.PLACEHOLDER_YEAR,
        DateLevel.APPROXIMATE_FAR,
        DateLevel.DIFFERENT,
    )
)
"""The levels whose share is reckoned from how many dates or years stand there."""


class IdentifierAgreement(StrEnum):
    """What the identifiers of a question and a record say together."""

    VERIFIED = "verified"
    UNLETTERED = "unlettered"
    WRONG_LETTER = "wrong_letter"
    SILENT = "silent"
    CONTRADICT = "contradict"


class PostcodeLevel(StrEnum):
    SAME = "same"
    SAME_DISTRICT = "same_district"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class NameWeight:
    """`m`, and `u` where the register does not tell it."""

    m: float
    u: float | None = None


@dataclass(frozen=True, slots=True)
class DateWeight:
    """`m`, and how many dates or whole years stand at this level from a given date; `u` is their share of births."""

    m: float
    dates: float = 0.0
    years: float = 0.0


@dataclass(frozen=True, slots=True)
class Rarity:
    """How shares of the population are estimated from counts on the register.

    A count is lowered by `discount` (the very record compared is among those counted) and blended with
    `pseudo_people` further people, of whom `typical_word` bear any one word and `typical_year` are born in any one
    year. A word is at least as common as the table `names` says.
    """

    discount: float
    pseudo_people: float
    typical_word: float
    typical_year: float
    names: NameShares


@dataclass(frozen=True, slots=True)
class Model:
    """The whole matching policy. Probabilities are of being that very person, given all evidence.

    `twins` and `namesakes`: for each time that somebody on the register is asked about, how often it is a relative of
    his in his place, who is on no register and shares all but the given name, or all but the date of birth. Of what
    middle names say that agree, `twins_middle_bits` at most speak for a twin as much as for the person himself.
    """

    expected_share: float
    study_register: int
    twins: float
    namesakes: float
    twins_middle_bits: float
    definite: float
    possible: float
    most_told: int
    rarity: Rarity
    given_name: Mapping[NameLevel, NameWeight]
    family_name: Mapping[NameLevel, NameWeight]
    middle_name_bits: Mapping[MiddleLevel, float]
    swapped_names_bits: float
    divided_names_bits: float
    most_given_bits: float
    date_of_birth: Mapping[DateLevel, DateWeight]
    identifier_bits: Mapping[IdentifierAgreement, float]
    postcode_bits: Mapping[PostcodeLevel, float]
