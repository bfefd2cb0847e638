"""What callers heard before, while and after something was broken, told and held against the bars of the budget."""

from collections import Counter

from callers import FAILED, RIGHT, WRONG
from rounds import percentile

MOST_TIMES = 3.0
"""The 99th percentile may become so many times that of before, in the same run."""
LONGEST_WAIT = 1.0
"""Seconds. So long a server waits for a Redis that hangs, in the background: a lookup that did would take longer.
The few who wait are lost in a 99th percentile, as each of them asks nothing else meanwhile.
"""
TOO_FEW = 100
"""Of fewer answers a 99th percentile is the slowest one."""


class Phase:
    """What callers heard in one stretch of time."""

    def __init__(self, name, heard):
        self.name = name
        self.seconds = [each.seconds for each in heard]
        self.sources = Counter(each.source for each in heard if each.source)
        self.verdicts = Counter(each.verdict for each in heard)
        self.details = Counter(f"{each.verdict}: {each.detail}" for each in heard if each.verdict != RIGHT)

    @property
    def p99(self):
        return percentile(self.seconds, 0.99)

    def tell(self, before=None):
        """Print it; with the phase before, how many times that its 99th percentile is."""
        p50, p99, slowest = (1000 * percentile(self.seconds, part) for part in (0.5, 0.99, 1.0))
        times = f", p99 {self.p99 / before.p99:.2f} times that of before" if before else ""
        sources = ", ".join(f"{number} from {source}" for source, number in sorted(self.sources.items()))
        print(
            f"  {self.name:<10} {len(self.seconds):>6} lookups ({sources}), {self.verdicts[FAILED]} failed, "
            f"{self.verdicts[WRONG]} wrong; p50 {p50:.1f}, p99 {p99:.1f}, slowest {slowest:.0f} ms{times}",
            flush=True,
        )
        for detail, number in self.details.most_common(5):
            print(f"    {number} {detail}", flush=True)


def told(heard_in, *, shows):
    """Print each phase, the one before first, and return the faults. `shows`: what was broken was really noticed."""
    before, *later = phases = [Phase(name, heard) for name, heard in heard_in.items()]
    silent = [f"{phase.name}: nobody was answered" for phase in phases if not phase.seconds]
    if silent:
        return silent
    before.tell()
    for phase in later:
        phase.tell(before)
    return [
        *(f"{phase.name}: only {len(phase.seconds)} lookups" for phase in phases if len(phase.seconds) < TOO_FEW),
        *([] if shows else ["nothing shows that anything was broken"]),
        *(
            f"{phase.name}: {phase.verdicts[verdict]} {verdict}"
            for phase in phases
            for verdict in (FAILED, WRONG)
            if phase.verdicts[verdict]
        ),
        *(f"{phase.name}: p99 above {MOST_TIMES:g} times" for phase in later if phase.p99 > MOST_TIMES * before.p99),
        *(f"{phase.name}: somebody waited for {max(phase.seconds):.1f} s" for phase in phases if is_held_up(phase)),
    ]


def is_held_up(phase):
    return max(phase.seconds) > LONGEST_WAIT
