"""What one claim is tried on: `make test` takes the first, `make sweeps` all the others."""

from collections.abc import Iterable
from typing import Any

import pytest


def first_of(tried: Iterable[Any], ids: Iterable[str] | None = None) -> list[Any]:
    """Return parameters of a test, all but the first marked `sweep`; each by its id, or by what pytest makes of it."""
    names = None if ids is None else list(ids)
    return [
        pytest.param(each, id=names[at] if names else None, marks=pytest.mark.sweep if at else ())
        for at, each in enumerate(tried)
    ]
