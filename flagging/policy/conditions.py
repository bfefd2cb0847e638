"""When a rule of a configuration file applies: named conditions, each with the values it allows."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Condition:
    """Fits a case where each named attribute has one of the allowed values; with no name at all, every case."""

    allowed: tuple[tuple[str, frozenset[Any]], ...] = ()

    def fits(self, case: object) -> bool:
        return all(getattr(case, name) in values for name, values in self.allowed)


ALWAYS: Final = Condition()
