"""Which of the people retrieved are worth scoring: an upper bound on the score, cheap to find.

A name retrieves many people whom the date of birth, or the other part of the name, speaks against. Whoever could not be
told even at his best is left out unscored; nobody is left out by chance or by number.
"""

from collections.abc import Callable
from typing import Final

from flagging.identity.person import Identity, PersonName
from flagging.matching.ceilings import Ceilings
from flagging.matching.derived import MOST_WORDS
from flagging.matching.found import PARTIAL, Found, is_alike_twice
from flagging.matching.index import NO_DATE
from flagging.matching.name_bound import NO_NAME, NameBound
from flagging.matching.name_orders import Telling
from flagging.matching.name_parts import may_be_near
from flagging.matching.rows import few_rows_of, rows_of
from flagging.matching.score import AskedPersona, Scorer
from flagging.matching.tokens import Side
from flagging.matching.whole_dates import compare_whole

LOOK_EVERY: Final = 16
# Rows of which it pays to tell apart by which words they are alike.
_MANY: Final = 8


class Bound:
    """The bound for one persona asked about. `look` is called now and then, and raises to break off.

    `whole_date` is its date of birth where all there is to compare is a whole name and a whole date; nought otherwise.
    """

    def __init__(self, asked: AskedPersona, found: Found, scorer: Scorer, look: Callable[[], None]) -> None:
        self.asked = asked
        self.found = found
        self.scorer = scorer
        self.look = look
        self._index = scorer.index
        self._known = scorer.index.kept_for(scorer.model, Ceilings)
        self._least = self._known.least
        self.of_name = NameBound(asked, scorer, self._known)
        self._of_levels: dict[str, float] = {}
        is_compared_whole = self.of_name.is_whole and not scorer.has_postcode
        self.whole_date = asked.whole_date if is_compared_whole else 0
        # Whether a whole name, and a whole date or none, is all that is asked about.
        self._has_all_whole = is_compared_whole and (self.whole_date > 0 or asked.born is None)

    def worth_scoring(self, rows: int) -> list[int]:
        """Return those of a set of rows, none of which shares the postcode, whom this persona may tell."""
        few = few_rows_of(rows)
        if few is not None:
            return [row for row, alike in self.found.few_alike(rows, few) if self._may_be_told(row, alike)]
        kept: list[int] = []
        for members, may_tell in self._parted(rows):
            for alike, likes in self.found.by_alike(members) if members else ():
                if may_tell(alike):
                    kept += self._check(self._hopeful(likes, alike), alike)
        return kept

    def _hopeful(self, rows: int, alike: int) -> list[int]:
        """Return a set of rows without those to whom no date speaks, and nothing but a name that is only like theirs,
        or a common word of it.

        That takes some time: it pays where there are many.
        """
        if self.asked.born is not None or rows.bit_count() < _MANY:
            return rows_of(rows)
        partial = rows & self._index.partial()
        return self._hopeful_by_part(rows ^ partial, alike) + rows_of(self._bearing_very_words(partial, alike))

    def _hopeful_by_part(self, rows: int, alike: int) -> list[int]:
        """Return a set of rows with whole names without those alike in one part by none of the words that may tell
        them, or not near in the other.
        """
        telling = None
        needed = self._least - self.scorer.most_postcode_bits
        # Divided otherwise they may say so much whatever is alike; if all of the words agree, both parts are alike.
        is_divided = is_alike_twice(alike) and self.of_name.most_divided >= needed
        if rows and self.of_name.is_whole and not is_divided:
            telling = self.of_name.orders.telling(needed, alike)
        if telling is None:
            return rows_of(rows)
        bearers = 0
        for each in telling:
            bearers |= -1 if each.is_anything else self._bearers(each)
        kept = rows_of(rows & bearers)
        if len(telling) > 1 or is_alike_twice(alike) or not telling or telling[0].near is None:
            return kept
        return self._near(kept, telling[0].near, telling[0].side)

    def _bearers(self, telling: Telling) -> int:
        index = self._index
        bearers = index.bearers(telling.words) | index.bearers_of_like(telling.close, telling.side)
        return bearers | index.bearers_of_two(telling.together, telling.side)

    def _near(self, rows: list[int], asked: tuple[str, ...], alike: Side) -> list[int]:
        """Return rows without those who are not near in the other part than the one that is alike: many share one, and
        how near it is is found once.
        """
        dates, names = self._index.whole_dates, self._index.whole_names
        side = Side.FAMILY if alike is Side.GIVEN else Side.GIVEN
        known: dict[tuple[str, ...], bool] = {}
        kept = []
        for row in rows:
            if dates[row]:
                recorded = names[row].family if side is Side.FAMILY else names[row].given
                is_near = known.get(recorded)
                if is_near is None:
                    is_near = known[recorded] = may_be_near(asked, recorded[:MOST_WORDS], side)
                if not is_near:
                    continue
            kept.append(row)
        return kept

    def _bearing_very_words(self, rows: int, alike: int) -> int:
        """Return a set of rows without those who bear none of the very words, where words like them tell nobody."""
        if not rows or is_alike_twice(alike):
            return rows
        for each in (alike, alike | PARTIAL):
            ceiling = self.of_name.ceiling_of_other_words(each)
            if ceiling.may_agree or self._is_enough(ceiling.most):
                return rows
        return rows & self._index.bearers(self.of_name.very_words)

    def _parted(self, rows: int) -> list[tuple[int, Callable[[int], bool]]]:
        """Part a set of rows by what is to be compared; with each goes who of it may be told, by the parts alike."""
        index = self.scorer.index
        partial = rows & index.partial()
        if self.asked.born is None:
            return [(partial, self._may_tell_partial), (rows ^ partial, self._may_tell_undated)]
        undated = partial & index.undated()
        dated = rows ^ undated
        if not self.asked.whole_date:
            return [(undated, self._may_tell_without_date), (dated, _anybody)]
        near = partial ^ undated | dated & self.found.same_date
        return [
            (undated, self._may_tell_without_date),
            (near, _anybody),
            (dated ^ near, self._may_tell_of_another_date),
        ]

    def _may_tell_of_another_date(self, alike: int) -> bool:
        """Tell it where both sides have whole dates, which are not the same: they may stand at any other level."""
        return self._is_enough(self.of_name.most(alike) + self._known.of_another_date(self.asked))

    def _may_tell_undated(self, alike: int) -> bool:
        """Tell it where the name is all there is to compare."""
        ceiling = self.of_name.ceiling(alike)
        return ceiling.may_agree or self._is_enough(ceiling.most) or is_alike_twice(alike)

    def _may_tell_without_date(self, alike: int) -> bool:
        """Tell it where a date is asked about and they have none: what is left of a name does not suffice then."""
        # What is missing says nothing, and what is there may speak against: a part of a name says no less than all.
        return is_alike_twice(alike) or self._is_enough(self.of_name.ceiling(alike | PARTIAL).most)

    def _may_tell_partial(self, alike: int) -> bool:
        return self._may_tell_undated(alike) or self._may_tell_undated(alike | PARTIAL)

    def _is_enough(self, bits: float) -> bool:
        """Tell whether bits suffice that a postcode may yet add to, though not the very same."""
        return bits + self.scorer.most_postcode_bits >= self._least

    def _check(self, rows: list[int], alike: int) -> list[int]:
        """Return those of some rows alike in these parts of the name whom this persona may tell."""
        kept = []
        for number, row in enumerate(rows, start=1):
            if number % LOOK_EVERY == 0:
                self.look()
            if self._may_be_told(row, alike):
                kept.append(row)
        return kept

    def _may_be_told(self, row: int, alike: int) -> bool:
        """Tell whether this persona may tell somebody alike in these parts of the name."""
        index = self._index
        if self._has_all_whole:
            recorded_date = index.whole_dates[row]
            if recorded_date:
                return self._may_be_whole(recorded_date, index.whole_names[row], alike)
            for date, name in index.whole_personas.get(row, ()):
                if self._may_be_whole(date, name, alike):
                    return True
            if row in index.whole_personas:
                return False
        return self._may_be_told_in_part(index.records[row].identity, alike)

    def _may_be_whole(self, recorded_date: int, name: PersonName, alike: int) -> bool:
        """Tell it of a whole name: beside it there is nothing but two whole dates to compare, if that."""
        if not self.whole_date or recorded_date == NO_DATE:
            return self.of_name.may_suffice(self._least, None, name, alike)
        level = compare_whole(self.whole_date, abs(recorded_date))
        needed = self._of_levels.get(level)
        if needed is None:
            needed = self._of_levels[level] = self._needed(self._least, self.asked.date_bits(level))
        if recorded_date < 0 and self.asked.date_bits(level) <= 0.0:
            return self.of_name.may_suffice(self._least, None, name, alike)
        return self.of_name.may_suffice(needed, level, name, alike)

    def _may_be_told_in_part(self, recorded: Identity, alike: int) -> bool:
        """Tell it of any persona recorded, whatever either side lacks."""
        least = self._least
        if self.scorer.has_postcode:
            least -= self.scorer.compare_postcodes(recorded.postcode)[1]
        for persona in recorded.personas:
            level, bits = self.asked.compare_dates(persona, recorded.personas[0])
            name = persona.name or NO_NAME
            is_whole = self.of_name.is_whole and name.given and name.family
            may_suffice = self.of_name.may_suffice if is_whole else self.of_name.may_suffice_in_part
            if may_suffice(self._needed(least, bits), level, name, alike):
                return True
        return False

    def _needed(self, least: float, date_bits: float) -> float:
        """Return the bits that the name must come to beside a date that says so much."""
        needed = least - date_bits
        return needed + self._known.against_namesakes(date_bits) if date_bits < 0.0 else needed


def _anybody(_alike: int) -> bool:
    return True
