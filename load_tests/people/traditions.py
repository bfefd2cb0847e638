"""The naming traditions of a city such as Birmingham: where each one's names come from, how they are put together, and
what befalls them. Which traditions have no list of their own stands in docs/matching.md, "By naming tradition".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from people import forms, slips
from people.name_lists import names_of

MEN = 0.98


@dataclass(frozen=True)
class Tradition:
    """`share` of the city, in percent; `lists` are Faker's locales with how many of its people have names of each.

    `spelling` names the rules of respelling; `slips` what happens to whole names; `less`, `only` and `crowding` are
    explained at `names_of`; `first_of_january` is how many were registered without anybody knowing their birthday.
    """

    share: float
    lists: Mapping[str, float]
    form: Callable
    spelling: str
    slips: tuple[Callable, ...]
    less: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    crowding: float = 0.0
    first_of_january: float = 0.0

    def name(self, rng, sex):
        """Draw given, middle and family name."""
        locale = rng.choices(list(self.lists), list(self.lists.values()))[0]
        names = names_of(locale, self.less, self.only, self.crowding)

        def draw(part, own_sex):
            counted = getattr(names, part)[own_sex]
            return rng.choices(list(counted), list(counted.values()))[0]

        return self.form(draw, rng, sex)


WEST = ("en_GB", "en_IE", "en_US")
WITH_MIDDLE = (slips.swap, slips.middle_as_given, slips.middle_missing)

# Shares: the census of 2021 for Birmingham (ONS, TS021 ethnic group and TS030 religion), rounded; where it counts
# several traditions as one, as among "Other White" and "African", divided by guess, and nobody below one percent.
TRADITIONS = {
    "british": Tradition(
        49, {"en_GB": 1}, forms.western, "english", (slips.nickname, slips.spacing, slips.family_part, *WITH_MIDDLE)
    ),
    "irish": Tradition(
        3, {"en_IE": 1}, forms.western, "english", (slips.nickname, slips.spacing, slips.prefix_dropped, *WITH_MIDDLE)
    ),
    "pakistani": Tradition(
        17,
        {"en_PK": 1},
        forms.prophet_first,
        "muslim",
        (slips.prophet_added, slips.names_joined, slips.spacing, *WITH_MIDDLE),
        less=("en_GB", "en_IE"),
        crowding=1.0,
    ),
    "bengali": Tradition(
        4, {"bn_BD": 1}, forms.two_given, "indic", (slips.names_joined, *WITH_MIDDLE, slips.family_missing)
    ),
    "indian": Tradition(
        4,
        {"en_IN": 0.6, "hi_IN": 0.2, "gu_IN": 0.2},
        forms.two_given,
        "indic",
        (slips.names_joined, slips.spacing, *WITH_MIDDLE),
        less=WEST,
    ),
    "sikh": Tradition(
        3,
        {"en_IN": 1},
        forms.sikh,
        "indic",
        (slips.swap, slips.clan_dropped, slips.middle_missing, slips.both_as_family, slips.sikh_name_added),
        less=WEST,
    ),
    "arab": Tradition(
        2, {"fr_DZ": 1}, forms.two_given, "arab", (slips.compound_parted, slips.article_added, *WITH_MIDDLE)
    ),
    "somali": Tradition(
        2,
        {"en_KE": 1},
        forms.chain,
        "muslim",
        (slips.swap, slips.middle_missing, slips.middle_as_family, slips.both_as_family, slips.family_missing),
        less=("en_US", "en_NZ", "es_CL", "de_AT", "is_IS", "tw_GH"),
        only=("en_PK", "fr_DZ", "ha_NG", "tr_TR", "sv_SE"),
        first_of_january=0.15,
    ),
    "nigerian": Tradition(
        2,
        {"yo_NG": 0.5, "ig_NG": 0.25, "en_NG": 0.15, "ha_NG": 0.1},
        forms.two_given,
        "african",
        (slips.clipped, *WITH_MIDDLE),
    ),
    "ghanaian": Tradition(1, {"tw_GH": 1}, forms.two_given, "african", (slips.spacing, *WITH_MIDDLE)),
    "polish": Tradition(3, {"pl_PL": 1}, forms.western, "polish", (slips.spacing, slips.family_part, *WITH_MIDDLE)),
    "romanian": Tradition(3, {"ro_RO": 1}, forms.western, "romanian", (slips.spacing, slips.family_part, *WITH_MIDDLE)),
    "baltic": Tradition(1, {"lt_LT": 0.6, "lv_LV": 0.4}, forms.western, "baltic", (slips.spacing, *WITH_MIDDLE)),
    "slovak": Tradition(1, {"sk_SK": 1}, forms.western, "slovak", (slips.spacing, *WITH_MIDDLE)),
    "portuguese": Tradition(1, {"pt_PT": 1}, forms.portuguese, "portuguese", (slips.family_part, *WITH_MIDDLE)),
    "turkish": Tradition(1, {"tr_TR": 1}, forms.two_given, "turkish", (slips.spacing, *WITH_MIDDLE)),
    "chinese": Tradition(
        2,
        {"zh_CN": 0.7, "zh_TW": 0.3},
        forms.chinese,
        "chinese",
        (slips.swap, slips.syllables_parted, slips.syllable_missing),
    ),
    "vietnamese": Tradition(1, {"vi_VN": 1}, forms.vietnamese, "vietnamese", WITH_MIDDLE),
}
