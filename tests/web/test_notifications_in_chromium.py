"""/notifications in a real browser, of messages really told, waiting and given up: however an administrator sees or moves."""

import pytest
from playwright.sync_api import Page, expect
from service import ASKED_BARE, ASKED_PPO, PEOPLE
from sweeps import first_of
from test_pages_in_chromium import DESK, NARROW, faults, sign_in, tab_to

from flagging.errors import DeliveryFailed
from flagging.ledger.database import LedgerDatabase

PHONE = {"width": 375, "height": 812}
DOWN = DeliveryFailed("the server: ConnectionRefusedError", is_of_channel=True)
REFUSED = DeliveryFailed("the recipient was refused (550)", is_final=True)
A_WHILE = 1000  # seconds: longer than the duty desk is kept out of it


def recognise_many(site, afterwards) -> None:
    """Have one notification in each state: told, given up, passed on while it waits, and not yet tried."""

    def recognise(person, reference: str) -> None:
        site.ask(person=person, client_reference=reference)
        afterwards.keep()

    recognise(ASKED_PPO, "told")
    afterwards.tell(*PEOPLE)
    afterwards.post.trouble = REFUSED
    recognise(ASKED_PPO, "given up")
    afterwards.tell(*PEOPLE)
    afterwards.post.trouble = DOWN
    recognise(ASKED_PPO, "waiting")
    afterwards.tell(*PEOPLE)
    afterwards.tell(*PEOPLE, after=A_WHILE)
    recognise(ASKED_BARE, "new")


def table(page: Page):
    return page.get_by_role("table", name="Notifications")


@pytest.mark.parametrize("viewport", first_of([NARROW, PHONE, DESK], ["narrow", "phone", "desk"]))
def test_notifications_in_every_state_are_readable_by_everybody(viewport, open_page, site, afterwards):
    recognise_many(site, afterwards)
    page = open_page(viewport=viewport)
    sign_in(page, "administrator")
    page.goto("/notifications")
    for state in ("Told", "Given up", "Waiting", "Passed to the duty desk"):
        expect(table(page).get_by_role("cell", name=state).first).to_be_visible()
    expect(table(page)).to_contain_text("Robin Specimen")
    assert faults(page) == []


@pytest.mark.parametrize("viewport", first_of([NARROW, DESK], ["narrow", "desk"]))
def test_that_nobody_was_told_and_that_nobody_can_say_are_readable_by_everybody(
    viewport, open_page, afterwards, free_port, tmp_path
):
    page = open_page(viewport=viewport)
    sign_in(page, "administrator")
    page.goto("/notifications")
    expect(page.get_by_role("main")).to_contain_text("Nobody was told of anybody yet")
    assert faults(page) == []
    afterwards.show(LedgerDatabase(f"postgresql://127.0.0.1:{free_port}/none", tmp_path))
    page.goto("/notifications")
    expect(page.get_by_role("main")).to_contain_text("Warning The ledger is out of reach: nobody can say")
    assert faults(page) == []


def test_what_does_not_fit_is_reached_and_scrolled_by_keyboard(open_page, site, afterwards):
    recognise_many(site, afterwards)
    page = open_page(viewport={"width": 700, "height": 900})
    sign_in(page, "administrator")
    page.goto("/notifications")
    region = page.get_by_role("region", name="Notifications")
    tab_to(page, region)
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("region => region.scrollLeft > 0", arg=region.element_handle())


def test_a_list_on_a_phone_is_still_a_table_for_those_who_hear_it(open_page, site, afterwards):
    recognise_many(site, afterwards)
    page = open_page(viewport=PHONE)
    sign_in(page, "administrator")
    page.goto("/notifications")
    heard = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in heard if not node["ignored"]]
    headings = ["Recognised", "PPO", "State", "To", "By", "Attempts", "What failed last"]
    assert table(page).get_by_role("columnheader").all_inner_texts() == headings
    assert roles.count("columnheader") == len(headings)
    assert roles.count("row") == 1 + table(page).get_by_role("row").filter(has=page.get_by_role("cell")).count() == 7


def test_each_value_on_a_phone_stands_below_no_other_heading_than_its_own(open_page, site, afterwards):
    recognise_many(site, afterwards)
    page = open_page(viewport=PHONE)
    sign_in(page, "administrator")
    page.goto("/notifications")
    headings = table(page).get_by_role("columnheader").all_inner_texts()
    for row in table(page).get_by_role("row").filter(has=page.get_by_role("cell")).all():
        shown = "cells => cells.map(cell => getComputedStyle(cell, '::before').content.split('\"')[1])"
        assert row.locator("td").evaluate_all(shown) == headings


@pytest.mark.parametrize("viewport", first_of([NARROW, PHONE], ["narrow", "phone"]))
def test_nothing_on_a_phone_is_out_of_sight_to_the_side(viewport, open_page, site, afterwards):
    recognise_many(site, afterwards)
    page = open_page(viewport=viewport)
    sign_in(page, "administrator")
    page.goto("/notifications")
    region = page.get_by_role("region", name="Notifications")
    assert region.evaluate("region => region.scrollWidth <= region.clientWidth")
