"""The demo's own master list: synthetic people, made once; the demo is the list's owner and keeps it current."""

import csv
import os
from datetime import date
from pathlib import Path
from typing import Any

from flagging.synth import PEOPLE, pick_examples, write_master_list

SEED = 2005
SYNTHETIC = "demo-master-list.csv"


def ensure_synthetic_list(state_dir: Path, today: date) -> Path:
    """Return the synthetic list of this state directory, writing it if there is none yet."""
    path = state_dir / SYNTHETIC
    if not path.exists():
        write_master_list(path, PEOPLE, SEED, today)
    date_as_of_now(path)
    return path


def date_as_of_now(path: Path) -> None:
    """Say, as its owner, that the list is right as of now; a list nobody vouches for goes stale."""
    os.utime(path)


def question_about_somebody(synthetic: Path, today: date) -> dict[str, Any]:
    """Return a lookup, as the API takes it, about an active PPO of the synthetic list."""
    with synthetic.open(encoding="utf-8", newline="") as file:
        row = pick_examples(csv.DictReader(file), today)["ppo"]
    fields = ("family_name", "given_names", "date_of_birth", "pnc_id")
    person = {field: row[field].split(";")[0] for field in fields if row[field]}
    return _question(person, row["home_ocu"])


def question_about_nobody() -> dict[str, Any]:
    """Return a lookup about an invented person, for a list whose people must not be shown."""
    return _question({"family_name": "Sample", "given_names": "Alex", "date_of_birth": "1983-02-01"}, "F1")


def _question(person: dict[str, str], ocu: str) -> dict[str, Any]:
    return {
        "setting": "arrest",
        "purpose": "custody_booking_in",
        "operator": "4711",
        "person": person,
        "ocu": ocu,
        "trigger_offence": True,
        "drug_test": "positive",
    }
