"""The candidates for one question: retrieved, bounded, scored.

Most questions are about strangers: only those who might be told are scored at first, and mostly that is nobody. Once
somebody is told, everybody retrieved counts as his rival, and is scored too.
"""

from collections.abc import Callable, Iterable

from flagging.errors import OutOfTime
from flagging.identity.person import Identity
from flagging.matching.bound import Bound
from flagging.matching.ceilings import Ceilings
from flagging.matching.index import CandidateIndex
from flagging.matching.model import Model
from flagging.matching.rivals import Rival, weigh_rest
from flagging.matching.rows import bits_of, rows_of
from flagging.matching.score import Scored, Scorer


class Candidates:
    """Everybody retrieved for one question.

    Every method raises OutOfTime once `is_out_of_time` says so: half a search proves nothing.
    """

    def __init__(
        self, identity: Identity, index: CandidateIndex, model: Model, is_out_of_time: Callable[[], bool]
    ) -> None:
        self._look_at_the_clock = _raising(is_out_of_time)
        self._scorer = Scorer(identity, index, model)
        self._by_identity = bits_of(index.by_identity(identity))
        self._bounds = []
        self._likely = self._unlikely = 0
        for asked in self._scorer.asked:
            self._look_at_the_clock()
            found = index.by_details(asked.persona)
            self._bounds.append(Bound(asked, found, self._scorer, self._look_at_the_clock))
            self._likely |= found.likely
            self._unlikely |= found.unlikely
        if self._by_identity:
            self._likely ^= self._likely & self._by_identity
        if self._unlikely:
            self._unlikely ^= self._unlikely & (self._likely | self._by_identity)
        self._least = index.kept_for(model, Ceilings).least
        self._scored: dict[int, Scored] = {}
        self._told_of_unlikely: list[Scored] | None = None

    def worth_scoring(self) -> list[Scored]:
        """Return, scored, all who can be told: by an identifier or the postcode, or by details that may suffice."""
        rows = {*rows_of(self._by_identity)}
        for bound in self._bounds:
            rows.update(bound.worth_scoring(self._likely))
        return self._score(rows) + self._unlikely_ones

    def rest(self) -> tuple[list[Scored], list[Rival]]:
        """Return the rivals of those worth scoring: scored, or the most that each may come to who is not."""
        if len(self._bounds) != 1:
            known = {*self._scored}
            return self._score({*rows_of(self._likely)} - known), []
        rivals, to_score = weigh_rest(self._bounds[0], self._likely, self._scored)
        return self._score(to_score), rivals

    def score(self, rivals: Iterable[Rival]) -> list[Scored]:
        """Return rivals scored."""
        return self._score([each.row for each in rivals])

    def all(self) -> list[Scored]:
        """Return, scored, all who were retrieved; the unlikely ones as far as they can be told."""
        return self._score(rows_of(self._by_identity | self._likely)) + self._unlikely_ones

    @property
    def _unlikely_ones(self) -> list[Scored]:
        """Those who can be told though nothing but one name is like theirs: too weak to be anybody's rivals.

        Not a `functools.cached_property`: of Python 3.11, all searches wait for one that finds them out.
        """
        if not self._unlikely:
            return []
        found = self._told_of_unlikely
        if found is None:
            found = self._told_of_unlikely = self._find_unlikely_ones()
        return found

    def _find_unlikely_ones(self) -> list[Scored]:
        rows = set[int]()
        for bound in self._bounds:
            rows.update(bound.worth_scoring(self._unlikely))
        return [each for each in self._score(rows) if each.demographic_bits >= self._least] if rows else []

    def _score(self, rows: Iterable[int]) -> list[Scored]:
        scored = []
        for row in sorted(rows):
            candidate = self._scored.get(row)
            if candidate is None:
                self._look_at_the_clock()
                candidate = self._scored[row] = self._scorer.score(self._scorer.index.records[row])
            scored.append(candidate)
        return scored


def _raising(is_out_of_time: Callable[[], bool]) -> Callable[[], None]:
    """Return what raises OutOfTime once time is up.

    Not a method: whoever is given one holds the candidates and with them a whole edition, in a circle that only the
    garbage collection finds.
    """

    def look_at_the_clock() -> None:
        if is_out_of_time():
            raise OutOfTime("candidates were left unsearched")

    return look_at_the_clock
