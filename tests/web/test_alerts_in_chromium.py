"""/alerts in a real browser, of a register that really changed: whoever asked sees it, however they see or move."""

import pytest
from afterwards import ADDED
from playwright.sync_api import Page, expect
from service import ASKED_STRANGER, PEOPLE
from sweeps import first_of
from test_pages_in_chromium import ARRIVALS, DESK, NARROW, check, faults, sign_in, sign_out, tab_to

from flagging.ledger.database import LedgerDatabase

PHONE = {"width": 375, "height": 812}


def book_in(page: Page, afterwards) -> None:
    """Have somebody looked up who is on the register a moment later."""
    afterwards.change_register(*PEOPLE)
    sign_in(page, "custody")
    check(page, ASKED_STRANGER)
    afterwards.keep()
    afterwards.change_register(*PEOPLE, ADDED)


def rows(page: Page):
    return page.get_by_role("table", name="Look-ups to repeat").get_by_role("row")


@pytest.mark.parametrize("viewport", first_of([NARROW, PHONE, DESK], ["narrow", "phone", "desk"]))
def test_a_lookup_to_repeat_is_readable_by_everybody(viewport, open_page, afterwards):
    page = open_page(viewport=viewport)
    book_in(page, afterwards)
    page.goto("/alerts")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).last).to_contain_text("Unlisted, Ashley, born 23/7/1994")
    assert faults(page) == []


@pytest.mark.parametrize("viewport", first_of([NARROW, DESK], ["narrow", "desk"]))
def test_arrivals_to_be_looked_up_again_are_readable_by_everybody(viewport, open_page, afterwards):
    afterwards.change_register(*PEOPLE)
    page = open_page(viewport=viewport)
    sign_in(page, "prison")
    page.get_by_label("Paste from a spreadsheet").fill(ARRIVALS)
    page.get_by_role("button", name="Check all").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Arrivals checked")
    afterwards.keep()
    afterwards.change_register(*PEOPLE, ADDED)
    page.goto("/alerts")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).last).to_contain_text("Unlisted, Ashley, born 23/7/1994")
    assert faults(page) == []


def test_whoever_is_to_be_looked_up_again_is_so_by_keyboard_and_leaves_the_list(open_page, afterwards):
    page = open_page()
    book_in(page, afterwards)
    page.goto("/alerts")
    tab_to(page, page.get_by_role("link", name="Look again at Unlisted, Ashley"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Family name")).to_have_value("Unlisted")
    tab_to(page, page.get_by_role("button", name="Check", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url("**/answers/*")
    afterwards.keep()
    page.goto("/alerts")
    expect(page.get_by_role("main")).to_contain_text("Nothing to look at again")


@pytest.mark.parametrize("viewport", first_of([NARROW, PHONE, DESK], ["narrow", "phone", "desk"]))
def test_after_signing_out_a_lookup_to_repeat_names_nobody_and_is_readable_still(viewport, open_page, afterwards):
    page = open_page(viewport=viewport)
    book_in(page, afterwards)
    sign_out(page)
    sign_in(page, "custody")
    page.goto("/alerts")
    expect(rows(page).last).to_contain_text("Look-up 0")
    expect(page.get_by_role("main")).to_contain_text("Names are shown for your last look-ups, until you sign out")
    assert "Unlisted" not in page.content()
    assert faults(page) == []


@pytest.mark.parametrize("viewport", first_of([NARROW, DESK], ["narrow", "desk"]))
def test_that_there_is_nothing_and_that_nobody_can_say_are_readable_by_everybody(
    viewport, open_page, afterwards, free_port, tmp_path
):
    page = open_page(viewport=viewport)
    sign_in(page, "custody")
    page.goto("/alerts")
    expect(page.get_by_role("main")).to_contain_text("Nothing to look at again")
    assert faults(page) == []
    afterwards.show(LedgerDatabase(f"postgresql://127.0.0.1:{free_port}/none", tmp_path))
    page.goto("/alerts")
    expect(page.get_by_role("main")).to_contain_text("Warning The ledger is out of reach: nobody can say")
    assert faults(page) == []
