"""Every page and outcome in a real browser: by keyboard alone, without scripts, on a narrow screen, and for axe-core."""

import re

import pytest
from chromium import accessibility_faults
from playwright.sync_api import Locator, Page, expect
from service import ASKED_FORMER, ASKED_MAYBE, ASKED_PPO, nothing_held
from sweeps import first_of
from web_browser import PASSWORD

DESK = {"width": 1280, "height": 960}
NARROW = {"width": 320, "height": 640}
DOUBLED = {"width": 640, "height": 480}  # a screen of 1280 by 960 at 200 %
ARRIVALS = """Family name\tGiven names\tDate of birth\tPNC
Unlisted\tAshley\t23/7/1994\t
Quillfeather\tJasper Odo\t1/2/1983\t01/171310W
Wrong\tYear\t1/2/83\t"""
OUTCOMES = {
    "flagged": ("PPO: inform the offender manager", ASKED_PPO),
    "possible_match": ("Possible match: confirm identity", ASKED_MAYBE),
    "former": ("Former PPO", ASKED_FORMER),
    "not_on_register": ("Not on the register", {"family_name": "Unlisted", "given_names": "Ashley", "date_of_birth": "1994-07-23"}),
    "cannot_confirm": ("No answer: ring the duty desk", {"family_name": "Unlisted", "given_names": "Ashley"}),
}  # fmt: skip


def sign_in(page: Page, role: str) -> None:
    page.goto("/")
    page.get_by_label("Username").fill(role)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()  # going on would cut it short


def fill_in(page: Page, person: dict[str, str]) -> None:
    page.get_by_label("Family name").fill(person.get("family_name", ""))
    page.get_by_label("Given names").fill(person.get("given_names", ""))
    year, month, day = (*person.get("date_of_birth", "").split("-"), "", "")[:3]
    page.get_by_label("Day").fill(day)
    page.get_by_label("Month").fill(month)
    page.get_by_label("Year").fill(year)
    page.get_by_label("PNC ID, CRO number").fill(person.get("pnc_id", ""))
    page.get_by_role("group", name="Is the arrest for a trigger offence?").get_by_label("Yes").check()
    page.get_by_role("group", name="Drug test").get_by_label("Positive").check()
    page.get_by_label("Your OCU").select_option("F1")


def check(page: Page, person: dict[str, str]) -> None:
    page.goto("/check")
    fill_in(page, person)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Check a person")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def tab_to(page: Page, place: Locator) -> None:
    """Go on by Tab until a place has the focus."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if place.evaluate("place => place === document.activeElement"):
            return
    raise AssertionError("not to be reached by Tab")


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def faults(page: Page) -> list[str]:
    """What axe-core finds, and whether the page is wider than its screen, or than half of it (200 %)."""
    own, found = page.viewport_size, accessibility_faults(page)
    for viewport in (DOUBLED, own):
        page.set_viewport_size(viewport)
        found += [] if fits(page) else [f"{page.url} is wider than {viewport['width']} pixels"]
    return found


@pytest.mark.parametrize("viewport", first_of([NARROW, DESK], ["narrow", "desk"]))
def test_every_answer_is_readable_by_everybody(viewport, open_page, site):
    page = open_page(viewport=viewport)
    page.goto("/")
    assert faults(page) == []
    sign_in(page, "arrest_referral")
    assert faults(page) == []
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Select yes if the arrest is for a trigger offence")
    assert faults(page) == []
    for outcome, (headline, person) in OUTCOMES.items():
        held = site.parts.register.held
        if outcome == "cannot_confirm":
            site.parts.register.held = nothing_held()
        check(page, person)
        site.parts.register.held = held
        expect(page.get_by_role("heading", level=1)).to_contain_text(headline)
        assert faults(page) == [], outcome


@pytest.mark.parametrize("viewport", first_of([NARROW, DESK], ["narrow", "desk"]))
def test_every_other_page_is_readable_by_everybody(viewport, open_page, site):
    page = open_page(viewport=viewport)
    sign_in(page, "prison")
    assert faults(page) == []
    page.get_by_label("Paste from a spreadsheet").fill(ARRIVALS)
    page.get_by_role("button", name="Check all").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Arrivals checked")
    assert faults(page) == []
    page.get_by_role("link", name="Full answer about Quillfeather").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PPO")
    assert faults(page) == []
    page.get_by_role("button", name="Referral form", exact=True).click()
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("alert")).to_contain_text("Select whether the person agrees")
    assert faults(page) == []
    page.get_by_label("Yes, spoken").check()
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Referral to CARAT")
    assert faults(page) == []
    for path, role in (
        ("/referral-form", None),
        ("/register", None),
        ("/no-such-page", None),
        ("/", "administrator"),
        ("/", "auditor"),
    ):
        if role:
            sign_out(page)
            sign_in(page, role)
        else:
            page.goto(path)
        assert faults(page) == [], path


def test_a_check_takes_two_pages_twelve_fields_and_no_mouse(open_page):
    page = open_page()
    page.goto("/")
    fields = pages = 0

    def to(name: str) -> None:
        """Go on by Tab until the box, button or choice of that name has the focus."""
        for _ in range(30):
            page.keyboard.press("Tab")
            focused = page.evaluate("(e => e.labels?.[0]?.innerText || e.innerText || '')(document.activeElement)")
            if focused.strip().startswith(name):
                return
        raise AssertionError(f"{name} is not to be reached by Tab")

    for name, typed in (("Username", "custody"), ("Password", PASSWORD)):
        to(name)
        page.keyboard.type(typed)
        fields += 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/check")
    pages += 1
    for name, typed in (
        ("Family name", "Quillfeather"), ("Given names", "Jasper"), ("Day", "1"), ("Month", "2"), ("Year", "1983"),
        ("PNC ID", "01/171310W"), ("Yes", " "), ("Positive", " "), ("Your OCU", "F1"),
    ):  # fmt: skip
        to(name)
        page.keyboard.type(typed)
        fields += 1
    page.keyboard.press("Enter") if page.evaluate("document.activeElement.tagName") != "SELECT" else to("Check")
    page.keyboard.press("Enter")
    page.wait_for_url("**/answers/*")
    pages += 1
    expect(page.get_by_role("heading", level=1)).to_have_text("PPO: inform the offender manager")
    assert (fields, pages) <= (12, 2)


def test_everything_works_without_scripts(open_page, site):
    page = open_page(java_script_enabled=False)
    sign_in(page, "arrest_referral")
    page.get_by_label("Family name").fill("Quillfeather")
    page.get_by_label("Year").fill("83")
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("link", name="Date of birth needs a year of four digits").click()
    assert page.url.endswith("#birth-year")
    expect(page.get_by_label("Family name")).to_have_value("Quillfeather")
    fill_in(page, ASKED_MAYBE)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Possible match")
    page.get_by_label("PNC ID, CRO number").fill("01/171310W")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("PPO: inform the offender manager")
    expect(page.get_by_role("definition").filter(has_text="2001/0171310W, check letter right")).to_be_visible()
    sign_out(page)


def test_the_kind_of_an_identifier_is_said_while_it_is_typed(open_page):
    page = open_page()
    sign_in(page, "custody")
    page.get_by_label("PNC ID, CRO number").fill("a1234bc")
    page.keyboard.press("Tab")
    expect(page.get_by_role("status")).to_have_text("Read as prison number A1234BC.")


def test_back_after_signing_out_shows_nothing_of_anybody(open_page):
    page = open_page()
    sign_in(page, "custody")
    check(page, ASKED_PPO)
    answer = page.url
    assert "Quillfeather" not in page.title()
    sign_out(page)
    for _ in range(3):
        page.go_back()
        assert "Quillfeather" not in page.content()
    page.goto(answer)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_whoever_is_about_to_be_signed_out_is_warned_and_finds_the_form_again(open_page, site, parts):
    page = open_page()
    page.clock.install()
    sign_in(page, "arrest_referral")
    page.get_by_label("Family name").fill("Quillfeather")
    page.get_by_label("Year").fill("1983")
    warning = page.get_by_role("region", name="End of the session")
    expect(warning).to_be_hidden()
    page.clock.run_for((parts.sessions.idle - 100) * 1000)
    expect(warning).to_contain_text("You will be signed out in 2 minutes")
    assert faults(page) == []
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    with page.expect_response(re.compile("/drafts/check")):
        page.clock.run_for((parts.sessions.idle - 100) * 1000)
    page.context.clear_cookies()
    page.clock.run_for(110_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in(page, "arrest_referral")
    expect(page.get_by_label("Family name")).to_have_value("Quillfeather")
    expect(page.get_by_label("Year")).to_have_value("1983")


def test_sheets_for_printing_are_one_page(open_page):
    page = open_page()
    sign_in(page, "arrest_referral")
    check(page, ASKED_PPO)
    page.get_by_role("button", name="Referral form", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Referral form")
    for box in page.get_by_role("textbox").all():
        box.fill("Words that a worker may well write about somebody here. " * 3)
    page.get_by_label("Yes, signed on paper").check()
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Referral to Drug Solutions")
    for path in (page.url, "/referral-form"):
        page.goto(path)
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4"))) == 1, path


def test_a_first_page_loads_less_than_100_kilobytes(open_page):
    page, sizes = open_page(), []
    page.on(
        "requestfinished",
        lambda request: sizes.append(
            sum(request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize"))
        ),
    )
    sign_in(page, "arrest_referral")
    page.wait_for_load_state("networkidle")
    assert len(sizes) >= 5
    assert sum(sizes) < 100 * 1024


def test_nothing_on_a_page_breaks_its_own_policy(open_page):
    page, said = open_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    sign_in(page, "arrest_referral")
    check(page, ASKED_PPO)
    assert said == []
