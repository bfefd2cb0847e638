"""What the demo says: one command that survives being pasted, about somebody who is on its list."""

import json
import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from flagging.demo.master_list import (
    date_as_of_now,
    ensure_synthetic_list,
    question_about_nobody,
    question_about_somebody,
)
from flagging.demo.welcome import curl_command, welcome

TODAY = date(2026, 3, 2)
FAKE_CURL = '#!/bin/sh\nfor each in "$@"; do printf "%s\\n" "$each"; done\n'


@pytest.mark.parametrize("directory", ["state", "it's a state"], ids=["plain", "apostrophe_and_spaces"])
def test_pasted_command_sends_the_custody_token_and_the_question(tmp_path, monkeypatch, directory):
    (tmp_path / "curl").write_text(FAKE_CURL)
    (tmp_path / "curl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    credentials = tmp_path / directory / "credentials.json"
    credentials.parent.mkdir()
    custody = {"username": "demo-custody", "password": "flg_not_this"}
    content = {"tokens": {"arrest_referral": "flg_a_1", "custody": "flg_c_2-_x"}, "users": {"custody": custody}}
    credentials.write_text(json.dumps(content, indent=1))
    question = {"person": {"family_name": "O'Sample", "given_names": "Zoë $HOME `id`"}}

    command = curl_command("http://127.0.0.1:8000", credentials, question)
    sent = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout.splitlines()

    assert "\n" not in command
    assert "flg_" not in command.replace(r"\(flg_", "")
    assert sent[:2] == ["-sS", "http://127.0.0.1:8000/v1/lookups"]
    assert "Authorization: Bearer flg_c_2-_x" in sent
    assert json.loads(sent[-1]) == question


def test_text_names_address_and_credentials_and_no_secret():
    text = welcome("http://127.0.0.1:8000", Path("/srv/state/demo-credentials.json"), question_about_nobody())
    assert "http://127.0.0.1:8000" in text
    assert "/srv/state/demo-credentials.json" in text


def test_synthetic_list_is_made_once(tmp_path):
    path = ensure_synthetic_list(tmp_path, TODAY)
    made = path.read_bytes()
    assert ensure_synthetic_list(tmp_path, date(2026, 4, 2)).read_bytes() == made


def test_its_owner_vouches_for_the_list_at_each_start(tmp_path):
    path = ensure_synthetic_list(tmp_path, TODAY)
    written_at = path.stat().st_mtime
    for vouch in (lambda: ensure_synthetic_list(tmp_path, TODAY), lambda: date_as_of_now(path)):
        os.utime(path, (0, 0))
        vouch()
        assert path.stat().st_mtime >= written_at


def test_question_is_about_an_active_ppo_of_the_list(tmp_path):
    path = ensure_synthetic_list(tmp_path, TODAY)
    asked = question_about_somebody(path, TODAY)
    person = asked["person"]
    row = next(row for row in path.read_text().splitlines() if person["pnc_id"] in row)
    assert person["family_name"] in row
    assert person["date_of_birth"] in row
    assert ",active," in row
    assert asked["ocu"] in row
