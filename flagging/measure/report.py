"""The measurement in words and columns, as `flagging match-report` prints it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from flagging.measure.asking import Answer
from flagging.measure.calibration import Band, calibrate
from flagging.measure.figures import Figures, Share, false_by_kind, interval, measure, misses_by_kind, percentile
from flagging.measure.groups import Standing, standings
from flagging.measure.people import Queries, Register
from flagging.terms import Outcome

_FIGURES: tuple[tuple[str, Callable[[Figures], Share]], ...] = (
    ("recall, flagged", lambda figures: figures.flagged),
    ("recall, flagged or possible", lambda figures: figures.told),
    ("precision, flagged", lambda figures: figures.precision),
    ("blocking recall", lambda figures: figures.retrieved),
    ("not on the register: possible", lambda figures: figures.false_possible),
    ("not on the register: flagged", lambda figures: figures.false_flagged),
)
_ASKED_ABOUT = (Outcome.FLAGGED, Outcome.POSSIBLE_MATCH, Outcome.NOT_ON_REGISTER)
_MILLISECONDS = 1000.0


def report_lines(
    register: Register, queries: Queries, answers: Sequence[Answer], fields: Sequence[str], expected_share: float
) -> Iterator[str]:
    """Yield the report line by line; without labels it is only who was asked, what was answered and how fast."""
    outcomes = Counter(answer.outcome for answer in answers)
    yield f"records    {len(register.index)} ({register.rows} rows)"
    yield f"queries    {len(answers)}"
    yield f"fields     {', '.join(fields)}"
    for file, unusable in (("register", register.unusable), ("queries", queries.unusable)):
        if unusable:
            yield f"unusable   {', '.join(f'{column} {count}' for column, count in sorted(unusable.items()))} ({file})"
    yield f"outcomes   {', '.join(f'{outcome} {outcomes[outcome]}' for outcome in _ASKED_ABOUT)}"
    yield f"time       {_times([answer.seconds for answer in answers])}"
    if queries.is_labelled:
        yield from _figures(answers)
        yield from _calibration(calibrate(answers, expected_share), expected_share)
        yield from _kinds(answers)


def group_lines(answers: Sequence[Answer], by: str) -> Iterator[str]:
    """Yield every figure group by group, and by how much a group differs from all others where that is no noise."""
    yield ""
    yield f"by {by}; groups that differ from all others together by more than noise are told with the 95 % interval of"
    yield "the difference (Newcombe, 1998), widened for the number of groups (Bonferroni)"
    for what, share_of in _FIGURES:
        yield ""
        yield f"{what:34}{'share':>9}  {'95 % interval':>18}"
        for standing in standings(answers, share_of):
            yield _share(standing.group or "(blank)", standing.share) + _difference(standing)


def _difference(standing: Standing) -> str:
    if not standing.differs:
        return ""
    low, high = sorted(map(abs, (standing.low, standing.high)))
    return f"  {'higher' if standing.low > 0 else 'lower'} by {low:.2%} to {high:.2%}"


def _times(seconds: Sequence[float]) -> str:
    p50, p99 = (percentile(seconds, share) * _MILLISECONDS for share in (0.5, 0.99))
    return f"p50 {p50:.3f} ms, p99 {p99:.3f} ms a query"


def _figures(answers: Sequence[Answer]) -> Iterator[str]:
    figures = measure(answers)
    yield ""
    yield f"{'':34}{'share':>9}  {'95 % interval':>18}"
    yield from (_share(what, share_of(figures)) for what, share_of in _FIGURES)


def _share(what: str, share: Share) -> str:
    counted = f"{share.part} of {share.whole}"
    if share.value is None:
        return f"{what:34}{'-':>9}  {'':18}  {counted}"
    return f"{what:34}{share.value:9.2%}  {_interval(*interval(share.value, share.whole))}  {counted}"


def _calibration(bands: Sequence[Band], expected_share: float) -> Iterator[str]:
    yield ""
    if not bands:
        yield "calibration needs queries about people on the register and about others"
        return
    yield f"calibration of the best match, as if {expected_share:.0%} of those asked about were on the register"
    yield f"{'probability':14}{'stated':>9}{'observed':>10}  {'95 % interval':>18}{'right':>7}{'queries':>9}"
    for band in bands:
        yield (
            f"{f'{band.lower:.0%} to {band.upper:.0%}':14}{band.stated:9.1%}{band.observed:10.1%}"
            f"  {_interval(band.low, band.high)}{band.right:7}{band.answers:9}"
        )


def _kinds(answers: Sequence[Answer]) -> Iterator[str]:
    if misses := misses_by_kind(answers):
        yield ""
        yield f"{'people on the register':34}{'asked':>9}{'not flagged':>13}{'not told':>10}{'not retrieved':>15}"
        for miss in misses:
            yield f"{miss.kind:34}{miss.asked:9}{miss.not_flagged:13}{miss.not_told:10}{miss.not_retrieved:15}"
    if false := false_by_kind(answers):
        yield ""
        yield f"{'people not on the register':34}{'asked':>9}{'possible':>13}{'flagged':>10}"
        for each in false:
            yield f"{each.kind:34}{each.asked:9}{each.possible:13}{each.flagged:10}"


def _interval(low: float, high: float) -> str:
    return f"{f'{low:.2%} to {high:.2%}':>18}"
