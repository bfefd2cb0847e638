"""Made-up names from many naming traditions, drawn from Faker's lists of given and family names.

Owns which traditions there are and how frequent each is. A name belongs to nobody: its parts are drawn apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from faker import Faker

_DRAWS = 1000
_TRADITIONS = {
    "White": {"en_GB": 82, "en_IE": 7, "pl_PL": 5, "ro_RO": 3, "lt_LT": 3},
    "Asian or Asian British": {"en_PK": 55, "en_IN": 45},
    "Black or Black British": {"en_GB": 50, "en_NG": 20, "yo_NG": 10, "tw_GH": 10, "en_KE": 10},
    "Mixed": {"en_GB": 70, "en_PK": 15, "en_NG": 15},
    "Chinese or other": {"vi_VN": 50, "tr_TR": 50},
}
"""Faker locale → weight, per ethnicity as recorded; only locales that write names in Latin letters."""


@dataclass(frozen=True, slots=True)
class _Pool:
    """Names of one tradition; a name occurs as often as it is drawn, so frequent names stay frequent."""

    given_male: Sequence[str]
    given_female: Sequence[str]
    family_male: Sequence[str]
    family_female: Sequence[str]


class NameMaker:
    """Draws names; the same `rng` state and seed give the same names again."""

    def __init__(self, rng: Random, seed: int) -> None:
        self._rng = rng
        self._seed = seed
        self._pools: dict[str, _Pool] = {}

    def tradition(self, ethnicity: str) -> str:
        """Return a tradition for an ethnicity as recorded; one not recorded may be any, as frequent as they are."""
        if not ethnicity:
            ethnicity = self._rng.choices(list(_TRADITIONS), (66, 15, 12, 5, 2))[0]
        traditions = _TRADITIONS[ethnicity]
        return self._rng.choices(list(traditions), list(traditions.values()))[0]

    def given(self, tradition: str, sex: str) -> str:
        pool = self._pool(tradition)
        return self._rng.choice(pool.given_female if sex == "female" else pool.given_male)

    def family(self, tradition: str, sex: str) -> str:
        pool = self._pool(tradition)
        return self._rng.choice(pool.family_female if sex == "female" else pool.family_male)

    def _pool(self, tradition: str) -> _Pool:
        if tradition not in self._pools:
            self._pools[tradition] = _draw_pool(tradition, self._seed)
        return self._pools[tradition]


def _draw_pool(tradition: str, seed: int) -> _Pool:
    fake = Faker(tradition, providers=["faker.providers.person"])
    fake.seed_instance(seed)
    draws = range(_DRAWS)
    return _Pool(
        given_male=[fake.first_name_male() for _ in draws],
        given_female=[fake.first_name_female() for _ in draws],
        family_male=[fake.last_name_male() for _ in draws],
        family_female=[fake.last_name_female() for _ in draws],
    )
