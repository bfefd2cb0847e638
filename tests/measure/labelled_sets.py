"""The labelled sets of `sets/`, each asked once a process by the scripts that measure them."""

import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "load_tests"))

from match_figures import COPIES, answer
from ranking import at_threshold, best_threshold, choices
from tradition_figures import answers_of

__all__ = ["at_threshold", "best_threshold", "by_tradition", "choices", "halves"]


@cache
def halves(name):
    """Return the answers of the development half of a set, and those of its test half."""
    return answer(COPIES, name)


@cache
def by_tradition(mix):
    """Return the answers to one mix of the questions by naming tradition."""
    return answers_of(COPIES / "traditions", mix)
