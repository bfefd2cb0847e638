"""One made-up person of a synthetic master list, of the qualities that were planned for them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from flagging.configuration.master_list import FIELDS, IDENTIFIER_FIELDS
from flagging.identity.check_letter import check_letter
from flagging.synth_names import NameMaker

Row = dict[str, str]
Plan = Mapping[str, str]

OCUS = ("D1", "D2", "D3", "E1", "E2", "E3", "F1", "F2", "F3")

_MANAGERS_PER_OCU = 3
_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_CONTACT_FIELDS = ("name", "phone", "email")
_IN_COMMON = {
    "twin": ("family_name", "postcode", "date_of_birth"),
    "sibling": ("family_name", "postcode"),
    "namesake": ("family_name", "given_names", "sex"),
    "held_twice": (
        *("family_name", "given_names", "sex", "date_of_birth", "postcode", "aliases", "ethnicity"),
        *IDENTIFIER_FIELDS,
    ),
}
"""What the two people of a hard case share."""

Contact = tuple[str, str, str]


class PersonMaker:
    """Makes rows; everything random comes from one generator, so that the order of calls matters."""

    def __init__(self, rng: Random, seed: int, today: date) -> None:
        self._rng = rng
        self._today = today
        self._names = NameMaker(rng, seed)
        self._contacts = {
            (agency, ocu): [
                self._contact(agency, 100 * place + extension + number) for number in range(_MANAGERS_PER_OCU)
            ]
            for agency, extension in (("police", 10), ("probation", 50))
            for place, ocu in enumerate(OCUS)
        }

    def row(self, number: int, plan: Plan) -> Row:
        """Return the person that stands `number`th in the list; `plan` holds fields, and `ages` and `flaw`."""
        row = dict.fromkeys(FIELDS, "") | {field: value for field, value in plan.items() if field in FIELDS}
        tradition = self._names.tradition(row["ethnicity"])
        born = self._born(plan["ages"])
        row["ppo_ref"] = f"BHM-{number:04}"
        row["date_of_birth"] = born.isoformat()
        row["family_name"] = self._family(tradition, row["sex"])
        row["given_names"] = self._given(tradition, row["sex"])
        row["aliases"] = self._aliases(row, tradition, born)
        row["offending_ocu"] = row["home_ocu"] if self._happens(0.8) else self._rng.choice(OCUS)
        row["postcode"] = self._postcode(row["home_ocu"])
        row |= self._identifiers(born) | self._dates(row["status"])
        self._appoint_managers(row)
        if row["drug_treatment_need"] == "yes" and plan["ages"] != "14-17" and self._happens(0.6):
            row["drug_treatment_provider"] = "Drug Solutions Birmingham"
        self._spoil(row, plan["flaw"])
        return row

    def resemble(self, row: Row, other: Row, case: str) -> None:
        """Make `row` somebody easily taken for `other`: a twin, sibling, namesake, or the same person held twice."""
        row |= {field: other[field] for field in _IN_COMMON[case]}
        if case == "held_twice":
            row["home_ocu"] = self._rng.choice([ocu for ocu in OCUS if ocu != other["home_ocu"]])
            self._appoint_managers(row)

    def _happens(self, probability: float) -> bool:
        return self._rng.random() < probability

    # -- name and birth ----------------------------------------------------------------------------------------------

    def _given(self, tradition: str, sex: str) -> str:
        first = self._names.given(tradition, sex)
        return f"{first} {self._names.given(tradition, sex)}" if self._happens(0.35) else first

    def _family(self, tradition: str, sex: str) -> str:
        family = self._names.family(tradition, sex)
        return f"{family}-{self._names.family(tradition, sex)}" if self._happens(0.02) else family

    def _born(self, ages: str) -> date:
        youngest, oldest = map(int, ages.split("-"))
        return years_before(self._today, self._rng.randint(youngest, oldest)) - timedelta(self._rng.randrange(364))

    def _aliases(self, row: Row, tradition: str, born: date) -> str:
        """Return false names, and true ones with day and month of birth swapped."""
        aliases = []
        for _ in range(self._rng.choices((0, 1, 2), (67, 25, 8))[0]):
            family, given, told = row["family_name"].upper(), row["given_names"], f" [{born}]"
            kind = self._rng.choice(("family", "given", "born"))
            if kind == "family":
                family = self._names.family(tradition, row["sex"]).upper()
            elif kind == "given":
                given = self._names.given(tradition, row["sex"])
            else:
                told = f" [{_swapped(born)}]"
            aliases.append(f"{family}, {given}{told if kind == 'born' or self._happens(0.3) else ''}")
        return "; ".join(aliases)

    def _postcode(self, home_ocu: str) -> str:
        inward = "".join(self._rng.choices(_INWARD_LETTERS, k=2))
        return f"BM{OCUS.index(home_ocu) + 1} {self._rng.randrange(10)}{inward}"

    # -- identifiers -------------------------------------------------------------------------------------------------

    def _identifiers(self, born: date) -> Row:
        pnc_ids = [self._pnc_id(born) for _ in range(2 if self._happens(0.05) else 1)]
        crns = [self._crn() for _ in range(self._rng.choices((0, 1, 2), (35, 57, 8))[0])]
        return {
            "pnc_id": ";".join(pnc_ids),
            "cro_number": self._cro_number(born) if self._happens(0.7) else "",
            "prison_number": self._prison_number() if self._happens(0.75) else "",
            "crn": "; ".join(crns),
        }

    def _first_arrest(self, born: date) -> int:
        return min(born.year + self._rng.randint(12, 18), self._today.year)

    def _pnc_id(self, born: date) -> str:
        year, serial = self._first_arrest(born), self._rng.randint(1, 900_000)
        letter = check_letter(year, serial, 7)
        return f"{year % 100:02}/{serial}{letter}" if self._happens(0.1) else f"{year}/{serial:07}{letter}"

    def _cro_number(self, born: date) -> str:
        year, serial = self._first_arrest(born), self._rng.randint(1, 400_000)
        letter = check_letter(year, serial, 6)
        return (
            f"{serial:06}/{year % 100:02}{letter}" if self._happens(0.85) else f"SF{year % 100:02}/{serial:06}{letter}"
        )

    def _prison_number(self) -> str:
        return f"A{self._rng.randint(1000, 9999)}{''.join(self._rng.choices(_LETTERS, k=2))}"

    def _crn(self) -> str:
        return f"{self._rng.choice(_LETTERS)}{self._rng.randint(100_000, 999_999)}"

    # -- management --------------------------------------------------------------------------------------------------

    def _contact(self, agency: str, extension: int) -> Contact:
        given, family = self._names.given("en_GB", "male"), self._names.family("en_GB", "male")
        address = f"{given}.{family}@{agency}.example.org".lower().replace("'", "")
        return f"{given} {family}", f"0121 496 {extension:04}", address

    def _appoint_managers(self, row: Row) -> None:
        """Statutory cases have a probation manager, the others one of the police; some cases are managed jointly."""
        is_statutory = row["statutory"] == "true"
        has = {
            "police": not is_statutory or self._happens(0.5),
            "probation": is_statutory or self._happens(0.15),
        }
        for agency, is_appointed in has.items():
            contact = self._rng.choice(self._contacts[agency, row["home_ocu"]]) if is_appointed else ("", "", "")
            row |= {f"{agency}_om_{part}": value for part, value in zip(_CONTACT_FIELDS, contact, strict=True)}

    def _dates(self, status: str) -> Row:
        """The last change was a removal, or happened within the last 60 days."""
        added = self._today - timedelta(self._rng.randint(310, 1500))
        review = self._today + timedelta(self._rng.randint(1, 90))
        changed = self._today - timedelta(self._rng.randint(1, 300 if status == "removed" else 60))
        return {
            "added_on": added.isoformat(),
            "review_on": "" if status == "removed" else review.isoformat(),
            "removed_on": changed.isoformat() if status == "removed" else "",
            "updated_at": datetime.combine(changed, time(self._rng.randrange(7, 20)), UTC).isoformat(),
        }

    def _spoil(self, row: Row, flaw: str) -> None:
        """Give a row the fault that was planned for it."""
        if flaw == "contact":
            row |= dict.fromkeys(
                (f"{agency}_om_{part}" for agency in ("police", "probation") for part in _CONTACT_FIELDS), ""
            )
        elif flaw == "letter":
            letter = row["pnc_id"][-1]
            row["pnc_id"] = row["pnc_id"][:-1] + _LETTERS[(_LETTERS.index(letter) + 1) % len(_LETTERS)]
        elif flaw:
            row[flaw] = ""


def years_before(day: date, years: int) -> date:
    """Return the same day so many years ago; 28 February for a 29th that year may not have."""
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _swapped(day: date) -> date:
    """Return a date with day and month swapped, or a year earlier where that is no date."""
    return day.replace(month=day.day, day=day.month) if day.day in range(1, 13) else years_before(day, 1)
