"""/notifications: what was told to whom, and what failed, for administrators alone."""

import re
from dataclasses import replace

import pytest

from flagging.errors import LedgerUnreachable
from flagging.notify.messages import Message
from flagging.web import notifications_page

TOLD = Message(
    key="0" * 32, channel="email", recipient="manager", state="told", asked_at="2026-03-02T09:00:00Z",
    made_at="2026-03-02T09:00:01Z", due_at=None, settled_at="2026-03-02T09:01:00Z", attempts=1, is_escalated=False,
    failure=None, ppo_ref="TST-0001", setting="arrest", lookup_id="01J0", to={"name": "Robin Specimen"},
)  # fmt: skip
FAILED = replace(TOLD, state="given_up", failure="the recipient was refused (550)", is_escalated=True, to=None)


@pytest.fixture
def shown(browser, monkeypatch):
    def shown(*messages, trouble=None):
        def listed(*_):
            if trouble:
                raise trouble
            return list(messages)

        monkeypatch.setattr(notifications_page, "list_messages", listed)
        browser.sign_in("administrator")
        return browser.get("/notifications").text

    return shown


def test_it_shows_who_was_told_and_when(shown):
    html = shown(TOLD)
    assert "Robin Specimen" in html
    assert "TST-0001" in html
    assert re.search(r"Told\s*</strong>\s*<br>09:01 on 2 March 2026", html)


def test_it_shows_what_failed_and_that_it_was_passed_to_the_duty_desk(shown):
    html = shown(FAILED)
    assert "The recipient was refused (550)" in html
    assert "Passed to the duty desk" in html


def test_what_was_passed_to_the_duty_desk_is_not_called_told_before_it_is(shown):
    desk = replace(FAILED, recipient="duty_desk", is_escalated=False)
    html = shown(FAILED, desk)
    assert html.count("Given up") == 2
    assert not re.search(r"\btold of it\b|\bTold\b", html)


def test_it_says_that_nobody_can_say_while_the_ledger_is_out_of_reach(shown):
    assert "nobody can say" in shown(trouble=LedgerUnreachable("gone"))


def test_nobody_but_administrators_sees_it(browser):
    browser.sign_in("custody")
    assert browser.get("/notifications").status_code == 403
