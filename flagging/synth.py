"""A synthetic master list with the proportions that the study of 2005 published for Birmingham.

Nobody in it exists: names are put together from parts, identifiers drawn at random, postcodes lie in an area (BM)
that was never given out, telephone numbers in Ofcom's range for drama, e-mail addresses at example.org.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random

from flagging.configuration.master_list import FIELDS
from flagging.synth_people import OCUS, PersonMaker, Plan, Row, years_before

PEOPLE = 321
EXAMPLES = 12
"""How many rows at the head of a list are of a promised kind, see `synthesise`."""

_SHARES: dict[str, dict[str, float]] = {
    "sex": {"male": 0.98, "female": 0.02},
    "ages": {"14-17": 0.02, "18-25": 0.53, "26-35": 0.33, "36-55": 0.12},
    "ethnicity": {
        "White": 0.49,
        "Asian or Asian British": 0.11,
        "Black or Black British": 0.09,
        "Mixed": 0.04,
        "Chinese or other": 0.01,
        "": 0.26,
    },
    # The four stages leave 19 % of people unaccounted for: the list says nothing of them.
    "stage": {"in_custody": 0.40, "supervised": 0.17, "in_court_process": 0.12, "at_liberty": 0.12, "": 0.19},
    "drug_treatment_need": {"yes": 0.575, "no": 0.40, "unknown": 0.025},
    "scheme": {"PPO": 0.93, "POPP": 0.04, "Chrysalis": 0.03},
    "status": {"active": 0.94, "removed": 0.06},
    "statutory": {"true": 0.62, "false": 0.33, "": 0.05},
    "home_ocu": dict.fromkeys(OCUS, 1 / len(OCUS)),
    # What real lists have wrong; each of these costs the row one warning at sync.
    "flaw": {"": 0.97, "home_ocu": 0.01, "contact": 0.01, "letter": 0.005, "date_of_birth": 0.005},
}
_HARD_CASES = ("twin", "sibling", "namesake", "held_twice")
_ROWS_PER_HARD_CASE = 80


def synthesise(people: int, seed: int, today: date) -> list[Row]:
    """Return a master list of so many people with a value for every field, the same for one seed and day.

    Rows 1 to 9 are an active adult PPO of each OCU, 10 a former PPO, 11 an active PPO under 18, 12 an active adult
    on POPP alone; a shorter list ends earlier. These twelve have no flaw. Further down stand twins, siblings,
    namesakes and people held twice by two OCUs, one pair of each in every 80 rows; removals are of the last 300 days.
    """
    rng = Random(seed)  # noqa: S311 - nothing here is a secret # nosec B311
    maker = PersonMaker(rng, seed, today)
    plans = _plan(rng, people)
    rows = [maker.row(number, plan) for number, plan in enumerate(plans, start=1)]
    for first in range(EXAMPLES, people - 2 * len(_HARD_CASES), _ROWS_PER_HARD_CASE):
        for place, case in enumerate(_HARD_CASES):
            start = first + 2 * place
            maker.resemble(rows[start + 1], rows[start], case)
    return rows


def write_master_list(path: Path, people: int, seed: int, today: date) -> None:
    """Write such a list as CSV, whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(synthesise(people, seed, today))
    unfinished.replace(path)


def pick_examples(rows: Iterable[Mapping[str, str]], today: date) -> dict[str, Mapping[str, str]]:
    """Return the first row of each kind that a demonstration needs, as far as a list has them.

    Kinds are `ppo` (active, adult), `former`, `under_18` (active PPO) and `popp` (active, adult, on POPP alone).
    """
    examples: dict[str, Mapping[str, str]] = {}
    for row in rows:
        examples.setdefault(_kind(row, today), row)
    examples.pop("", None)
    return examples


def _kind(row: Mapping[str, str], today: date) -> str:
    if row["status"] == "removed":
        return "former"
    if not row["date_of_birth"]:
        return ""
    is_adult = row["date_of_birth"] <= years_before(today, 18).isoformat()
    kinds = {("PPO", True): "ppo", ("PPO", False): "under_18", ("POPP", True): "popp"}
    return kinds.get((row["scheme"], is_adult), "")


def _plan(rng: Random, people: int) -> Sequence[Plan]:
    """Share out each quality over the people by its proportions, each apart from the others."""
    dealt = {quality: _deal(rng, people, shares) for quality, shares in _SHARES.items()}
    plans: list[Row] = [{quality: values[number] for quality, values in dealt.items()} for number in range(people)]
    sound = {"status": "active", "scheme": "PPO", "ages": "18-25", "flaw": ""}
    promised = [sound | {"home_ocu": ocu} for ocu in OCUS]
    promised += [sound | {"status": "removed"}, sound | {"ages": "14-17"}, sound | {"scheme": "POPP"}]
    for plan, wanted in zip(plans, promised, strict=False):
        plan.update(wanted)
    return plans


def _deal(rng: Random, people: int, shares: Mapping[str, float]) -> list[str]:
    """Return a value for each person, exactly by the shares as far as whole people allow, shuffled."""
    ends = 0.0
    dealt: list[str] = []
    for value, share in shares.items():
        ends += share
        dealt += [value] * (round(ends * people) - len(dealt))
    rng.shuffle(dealt)
    return dealt
