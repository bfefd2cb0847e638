"""/alerts: which look-ups to repeat; that nobody can say is not that there are none."""

from dataclasses import replace

from flagging.errors import LedgerUnreachable
from flagging.notify.alerts import Alert

ALERT = Alert(
    alert_id="01J1", lookup_id="01J0", asked_at="2026-03-02T09:00:00Z", alerted_at="2026-03-02T09:05:00Z",
    setting="arrest", operator="custody", ocu="F1", prison=None, client_reference="F1/004711/26",
)  # fmt: skip


class Book:
    """Holds alerts for one caller."""

    def __init__(self, *alerts, trouble=None):
        self.alerts, self.trouble, self.asked_by = alerts, trouble, []

    def alerts_for(self, caller):
        self.asked_by.append(caller.caller_id)
        if self.trouble:
            raise self.trouble
        return list(self.alerts)


def test_it_shows_the_lookups_of_whoever_is_signed_in_that_are_to_be_repeated(site, browser):
    book = Book(ALERT)
    site.swap(alerts=book)
    browser.sign_in("custody")
    html = browser.get("/alerts").text
    assert "F1/004711/26" in html
    assert "09:00 on 2 March 2026" in html
    assert book.asked_by == ["local:custody"]


def test_it_says_that_nobody_can_say_while_the_ledger_is_out_of_reach(site, browser):
    site.swap(alerts=Book(trouble=LedgerUnreachable("gone")))
    browser.sign_in("prison")
    html = browser.get("/alerts").text
    assert "nobody can say" in html
    assert "Nothing to look at" not in html


def test_it_says_that_there_is_nothing(site, browser):
    site.swap(alerts=Book())
    browser.sign_in("custody")
    assert "Nothing to look at" in browser.get("/alerts").text


def test_a_reference_is_shown_as_it_was_typed_and_never_as_markup(site, browser):
    site.swap(alerts=Book(replace(ALERT, client_reference="<b>F1</b>", ocu="<b>F2</b>")))
    browser.sign_in("custody")
    html = browser.get("/alerts").text
    assert "&lt;b&gt;F1" in html
    assert "&lt;b&gt;F2" in html
    assert "<b>" not in html
