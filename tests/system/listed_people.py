"""The register of the system tests: a few people who do not exist, each there for a reason."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

PPO = {
    "ppo_ref": "T-0001",
    "status": "active",
    "family_name": "Quillfeather",
    "given_names": "Jasper Odo",
    "date_of_birth": "1983-02-11",
    "pnc_id": "2001/0171310W",
    "home_ocu": "E2",
    "statutory": "true",
    "probation_om_name": "Prudence Inkwell",
    "probation_om_phone": "0121 496 0701",
    "police_om_name": "Sgt Barnaby Larkspur",
    "police_om_phone": "0121 496 0702",
    "drug_treatment_need": "yes",
    "scheme": "PPO",
}
FORMER = {
    "ppo_ref": "T-0002",
    "status": "removed",
    "family_name": "Brambleworth",
    "given_names": "Lucius",
    "date_of_birth": "1979-06-30",
    "home_ocu": "D1",
    "scheme": "PPO",
    "removed_on": (datetime.now(ZoneInfo("Europe/London")).date() - timedelta(days=30)).isoformat(),
}
YOUNG = {
    "ppo_ref": "T-0003",
    "status": "active",
    "family_name": "Thistledown",
    "given_names": "Rufus",
    "date_of_birth": f"{datetime.now(ZoneInfo('Europe/London')).date().year - 16}-01-01",
    "home_ocu": "F3",
    "scheme": "PPO",
    "police_om_name": "PC Hazel Nettleship",
    "police_om_phone": "0121 496 0703",
}
ON_POPP = {
    "ppo_ref": "T-0004",
    "status": "active",
    "family_name": "Wolverstone",
    "given_names": "Cornelius",
    "date_of_birth": "1988-10-05",
    "home_ocu": "E1",
    "scheme": "POPP",
}
ALIASED = {
    "ppo_ref": "T-0005",
    "status": "active",
    "family_name": "Featherstonehaugh",
    "given_names": "Mohammed",
    "date_of_birth": "1990-12-07",
    "aliases": "QUICKSILVER, Barney [1991-01-08]",
    "home_ocu": "D2",
    "scheme": "PPO",
}
EVERYBODY = [PPO, FORMER, YOUNG, ON_POPP, ALIASED]


def asked(row: dict[str, str], **other: str) -> dict[str, str]:
    """A person as a custody officer would type one of these, with some fields typed otherwise."""
    fields = ("family_name", "given_names", "date_of_birth")
    return {name: row[name] for name in fields} | other
