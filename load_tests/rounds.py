"""What rounds of measuring come to: medians over rounds, of pairs measured one right after the other."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Round:
    """One slice of one contender. `seconds` are those of single answers, in any order."""

    per_second: float
    processor: float
    seconds: tuple[float, ...]


def percentile(values, part):
    """Return the value that so great a part of all lies below, the nearest rank."""
    in_order = sorted(values)
    return in_order[min(len(in_order) - 1, int(part * len(in_order)))]


def paired_ratio(first, second):
    """Return the median of the ratios within pairs: whatever slowed down both of a pair cancels out."""
    return statistics.median(one / other for one, other in zip(first, second, strict=True))


@dataclass(frozen=True)
class Summary:
    """A contender over all rounds: requests a second, µs of processor a request, ms of the 50th and 99th percentile."""

    per_second: float
    processor: float
    p50: float
    p99: float


def summarise(rounds):
    return Summary(
        per_second=statistics.median(each.per_second for each in rounds),
        processor=1e6 * statistics.median(each.processor for each in rounds),
        p50=1e3 * statistics.median(percentile(each.seconds, 0.50) for each in rounds),
        p99=1e3 * statistics.median(percentile(each.seconds, 0.99) for each in rounds),
    )


def order_of(number, pair, beside=()):
    """Return who is measured in a round, one right after the other.

    Which of the pair goes first changes every time; the others go before it, or after it, and never between the two.
    """
    two = tuple(pair) if number % 2 else tuple(reversed(pair))
    return (*beside, *two) if number % 4 < 2 else (*two, *beside)
