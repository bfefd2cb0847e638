"""In which order tests are run, so that no process of pytest-xdist is left with the longest at the end.

With `--dist worksteal` each process gets as many tests as the others, in order. One with nothing left takes tests from
the end of what another has left.
"""

from collections.abc import Callable, Sequence
from itertools import groupby, islice
from typing import TypeVar

Test = TypeVar("Test")


def deal_out(
    tests: Sequence[Test], processes: int, takes_long: Callable[[Test], bool], module_of: Callable[[Test], object]
) -> list[Test]:
    """Begin what each process gets with its share of those that take long, by whole modules.

    So the short ones are what is taken over from others, and none of a module whose installation would have to be
    started once more.
    """
    shares: list[list[Test]] = [[] for _ in range(processes)]
    for number, (_, module) in enumerate(groupby(filter(takes_long, tests), module_of)):
        shares[number % processes] += module
    short = iter([each for each in tests if not takes_long(each)])
    dealt: list[Test] = []
    for number, share in enumerate(shares):
        as_many = (len(tests) - len(dealt)) // (processes - number)  # as pytest-xdist counts them out
        dealt += [*share, *islice(short, max(as_many - len(share), 0))]
    return dealt
