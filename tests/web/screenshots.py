"""Makes the pictures of docs/images, `make screenshots`: no test, and collected only when it is named."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import expect
from service import ASKED_MAYBE, ASKED_PPO, ASKED_STRANGER, nothing_held
from test_pages_in_chromium import check, fill_in, sign_in
from test_reception_page import LIST

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
DESK = {"width": 1000, "height": 700}
PHONE = {"width": 390, "height": 844}
MORNING = datetime(2026, 3, 4, 10, 15, tzinfo=UTC)


def test_pictures(open_page, site):
    site.swap_of_lookups(now=lambda: MORNING)
    page = open_page(viewport=DESK)
    sign_in(page, "arrest_referral")
    fill_in(page, ASKED_PPO)
    page.get_by_label("Year").press("Tab")
    page.screenshot(path=IMAGES / "check.png", full_page=True)
    check(page, ASKED_PPO)
    page.screenshot(path=IMAGES / "answer.png", clip={"x": 0, "y": 0, "width": 1000, "height": 1150}, full_page=True)
    for name, person in (("possible-match", ASKED_MAYBE), ("not-on-register", ASKED_STRANGER)):
        check(page, person)
        page.screenshot(path=IMAGES / f"{name}.png")
    held = site.parts.register.held
    site.parts.register.held = nothing_held()
    check(page, ASKED_STRANGER)
    page.screenshot(path=IMAGES / "cannot-confirm.png")
    site.parts.register.held = held
    phone = open_page(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    sign_in(phone, "custody")
    check(phone, ASKED_PPO)
    phone.screenshot(path=IMAGES / "answer-on-a-phone.png")
    reception = open_page(viewport=DESK)
    sign_in(reception, "prison")
    reception.get_by_label("Paste from a spreadsheet").fill(LIST)
    reception.get_by_role("button", name="Check all").click()
    expect(reception.get_by_role("heading", level=1)).to_contain_text("Arrivals checked")
    reception.screenshot(
        path=IMAGES / "arrivals.png", clip={"x": 0, "y": 0, "width": 1000, "height": 1250}, full_page=True
    )
