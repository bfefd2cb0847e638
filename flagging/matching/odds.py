"""From bits of evidence to probabilities: the prior, and every other candidate as a rival.

Prior: the share of register people among those asked about, spread evenly over the register; on a smaller register
than the one it was counted on, nobody is likelier to be asked about. Names and dates are reckoned apart from
identifiers, since the table in `verdict` joins the two, not a sum.
"""

from collections.abc import Sequence
from math import log2
from typing import Final, NamedTuple

from flagging.matching.index import CandidateIndex
from flagging.matching.model import Model
from flagging.matching.score import Scored
from flagging.record import Record

# Beyond this, odds say nothing more and only lose precision.
_MOST_BITS: Final = 60.0
# Of everybody together, nobody included, however much is taken away.
_LEAST_ODDS: Final = 1e-9


class Unscored(NamedTuple):
    """What rivals who were not scored add to the odds, by name, date and postcode: all together, their relatives
    included, and the likeliest of them alone.
    """

    together: float
    likeliest: float


NOBODY_UNSCORED: Final = Unscored(0.0, 0.0)


class Weighed:
    """A candidate and his odds against the person being nobody on the register: by all evidence, and by name, date and
    postcode alone; `kin` are the odds, against him, of a relative of his who is on no register.
    """

    __slots__ = ("candidate", "demographic", "kin", "odds")

    def __init__(self, candidate: Scored, odds: float, demographic: float, kin: float) -> None:
        self.candidate: Final = candidate
        self.odds: Final = odds
        self.demographic: Final = demographic
        self.kin: Final = kin


def weigh(candidate: Scored, model: Model, index: CandidateIndex) -> Weighed:
    """Weigh a scored candidate against nobody; what others come to is reckoned in `Odds`."""
    prior = prior_bits(model, len(index))
    odds = odds_of(candidate.bits + prior)
    has_identifiers = candidate.bits != candidate.demographic_bits
    demographic = odds_of(candidate.demographic_bits + prior) if has_identifiers else odds
    return Weighed(candidate, odds, demographic, _kin(candidate, model))


def against_nobody(weighed: Weighed, model: Model) -> float:
    """Return how probable it is, by name, date and postcode alone, that the person is this candidate if he has no
    rival: no `Odds` make him likelier.
    """
    own = weighed.demographic
    return own / (1.0 - model.expected_share + own * (1.0 + weighed.kin))


class Odds:
    """The odds of every candidate against the person being nobody on the register. Candidates go by position."""

    def __init__(
        self, weighed: Sequence[Weighed], model: Model, index: CandidateIndex, unscored: Unscored = NOBODY_UNSCORED
    ) -> None:
        self._index = index
        self._prior = prior_bits(model, len(index))
        self._weighed = weighed
        self._nobody = 1.0 - model.expected_share
        kin = odds = demographic = second = 0.0
        best = unscored.likeliest
        for each in weighed:
            own = each.demographic
            kin += own * each.kin
            odds += each.odds
            demographic += own
            if own > best:
                best, second = own, best
            elif own > second:
                second = own
        others = kin + unscored.together
        self._all_sum = max(odds + others, _LEAST_ODDS - self._nobody)
        self._demographic_sum = max(demographic + others, _LEAST_ODDS - self._nobody)
        # By name, date and postcode alone: of the likeliest, scored or not, and of the next.
        self._best, self._second = best, second

    def probability(self, position: int) -> float:
        """Return how probable it is that the person is this candidate, everything weighed in."""
        return self._weighed[position].odds / (self._nobody + self._all_sum)

    def weight_of_evidence(self, position: int) -> float:
        """Return by how many bits the evidence, rivals and relatives included, moved the odds from the prior."""
        own = self._weighed[position].odds
        against = self._nobody + self._all_sum - own
        return log2(own / against) - self._prior if against > 0.0 else _MOST_BITS

    def demographic_probability(self, position: int) -> float:
        """Return the same by name, date and postcode alone; somebody held twice is no rival to himself."""
        own = self._weighed[position].demographic
        if len(self._weighed) > 1:
            record = self._weighed[position].candidate.record
            keys = {key for identifier in record.identity.identifiers for key in identifier.keys}
            refs = {record.ppo_ref, *(other.ppo_ref for other in self._index.others_of(record))}
            own = 0.0
            for each in self._weighed:
                if _is_one_of(each.candidate.record, refs, keys):
                    own += each.demographic
        return own / (self._nobody + self._demographic_sum)

    def against_best_rival(self, position: int) -> float:
        """Return the same with only the strongest rival weighed in: thirty namesakes do not rule each other out."""
        weighed = self._weighed[position]
        own = weighed.demographic
        rival = self._best if self._best != own else self._second
        return own / (self._nobody + own * (1.0 + weighed.kin) + rival)

    def is_another(self, position: int, at_least: float) -> bool:
        """Tell whether the person is somebody else on the register, by name, date and postcode, as probably as this."""
        own = self._weighed[position].demographic
        rival = self._best
        if rival == own:
            rival = self._second if self._second != own else 0.0
        return rival / (self._nobody + self._demographic_sum) >= at_least


def _is_one_of(record: Record, refs: set[str], keys: set[str]) -> bool:
    """Tell whether a record is under one of the references, or has one of the identifiers."""
    if record.ppo_ref in refs:
        return True
    return not all(map(keys.isdisjoint, [identifier.keys for identifier in record.identity.identifiers]))


def prior_bits(model: Model, people: int) -> float:
    """Return the bits for the person being one given record of a register of so many people."""
    return log2(model.expected_share / max(people, model.study_register))


def _kin(candidate: Scored, model: Model) -> float:
    """Return the odds, against this candidate, of a relative of his who is on no register.

    A twin shares family name and date of birth and has another given name: what the given name says for the candidate
    speaks against the twin, all else is the same. Middle names that agree (a father's, one that a family passes on)
    speak against the twin only as far as twins have different ones. Likewise a namesake (father, cousin), whose date
    alone is another.
    """
    pair = candidate.pair
    given = None if pair.name is None else pair.name.given
    given_bits = 0.0 if given is None else given.bits
    if given is not None and given.middle is not None:
        given_bits -= min(max(model.middle_name_bits[given.middle], 0.0), model.twins_middle_bits)
    return model.twins * odds_of(-given_bits) + model.namesakes * odds_of(-pair.date_bits)


def odds_of(bits: float) -> float:
    """Return the odds of so many bits."""
    return float(2.0 ** min(bits, _MOST_BITS))
