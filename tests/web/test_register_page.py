"""/register: how current the register is, what the last syncs did and rejected; for administrators alone."""

import pytest
from service import CAVEAT, nothing_held


@pytest.fixture
def administrator(browser):
    browser.sign_in("administrator")
    return browser


def test_the_state_of_the_register_is_told_in_words(administrator):
    text = administrator.get("/register").text
    assert "Current" in text
    assert "4 on the register, 1 former, 1 missing from the list" in text
    assert "seconds ago" in text or "second ago" in text


def test_what_holds_up_answers_is_told_first(administrator, site):
    site.pass_time(2 * 3600)
    assert "The register is stale" in administrator.get("/register").text
    site.parts.register.held = nothing_held()
    text = administrator.get("/register").text
    assert "No verified edition is held" in text
    assert "ConnectionError" in text


def test_the_report_of_the_edition_tells_what_was_rejected(administrator, site, monkeypatch):
    report = {
        "counts": {"rejected": 1, "warnings": 1, "overlaps": 1},
        "rejected": [{"line": 3, "file": None, "ppo_ref": None, "field": "family_name", "value_class": "blank", "reason": "is missing"}],
        "warnings": [],
        "warning_kinds": [{"field": "home_ocu", "reason": "is missing", "count": 4}],
        "overlaps": [{
            "refs": ["TST-0001", "TST-0009"], "strength": "definite", "one_person": True, "because": "held longer",
            "evidence": [{"field": "pnc_id", "level": "agrees", "detail": "PNC ID agrees"}], "warnings": [],
            "records": [{"ppo_ref": "TST-0001", "status": "active", "scheme": "PPO", "home_ocu": "E2", "offending_ocu": None}],
        }],
        "caveats": [CAVEAT],
    }  # fmt: skip
    monkeypatch.setattr(site.parts.register, "edition_report", lambda: report)
    text = administrator.get("/register").text
    for told in (
        "line 3",
        "family name",
        "is missing",
        "Home OCU: is missing, 4 times",
        "TST-0001 and TST-0009: one person",
        CAVEAT,
    ):
        assert told in text


@pytest.mark.parametrize("role", ["custody", "arrest_referral", "prison", "auditor"])
def test_other_roles_do_not_see_it(role, browser):
    browser.sign_in(role)
    assert browser.get("/register").status_code == 403
