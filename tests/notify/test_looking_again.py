"""Whoever asked too early, or was told of somebody who is a PPO no more, is told to look again: that alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import editions
import pytest
from kept import Kept, lookup
from redis import Redis
from service import ASKED_MAYBE, ASKED_PPO, BARE, FORMER, MISSING, PPO

from flagging.access.access_list import AccessList, Account
from flagging.access.caller import Caller
from flagging.entries import EntryKind
from flagging.ledger.append import Appender
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.search import Sought
from flagging.lookup.finding import Finder
from flagging.notify import retro
from flagging.notify.alerts import AlertBook
from flagging.notify.editions import Editions
from flagging.notify.looked import Looked, forget_looked
from flagging.notify.retro import Retro
from flagging.register.store import EditionStore
from flagging.terms import Role, Status

CUSTODY = Caller("c-1", "custody system", Role.CUSTODY)
STRANGERS = (BARE, FORMER)


def just_now(seconds: float = 300) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


class Retold(Kept):
    """A ledger, a register in Redis, and what asks again."""

    may_ask = True

    @property
    def appender(self) -> Appender:
        return Appender(self.keyring, [Looked(72)])

    def connect(self, url: str, configuration) -> None:
        self.url = url
        with self.database.writing():
            """Let the tables be made, as a worker does when it starts."""
        store = EditionStore(Redis.from_url(url), self.keyring)
        finder = Finder(configuration.matching, configuration.routing.flag_schemes)
        asked = Appender(self.keyring)
        self.retro = Retro(self.database, asked, Editions(store, lambda: None), finder, lambda *_: self.may_ask)
        self.book = AlertBook(self.database, self.keyring, configuration.disclosure, self.new_spool())

    def publish(self, *records) -> int:
        return editions.publish(EditionStore(Redis.from_url(self.url), self.keyring), records).number

    def asked(self, outcome: str, edition: int | None, person=ASKED_PPO, **changes):
        entry = lookup(just_now(), person, outcome=outcome, register={"edition": edition}, **changes)
        entry["question"] |= {"ocu": "F1", "client_reference": "F1/004711/26"}
        return self.record(entry)[0]

    def alerts(self, caller: Caller = CUSTODY):
        return self.book.alerts_for(caller)

    def recorded(self, kind: str):
        return [found.entry for found in self.search.every(Sought(kind=kind))]


@pytest.fixture
def retold(ledger_url, tmp_path, keyring, redis_url, configuration):
    retold = Retold(tmp_path, keyring, LedgerDatabase(ledger_url, tmp_path))
    retold.connect(redis_url, configuration)
    yield retold
    retold.close()


@pytest.mark.parametrize(("outcome", "person"), [("not_on_register", ASKED_PPO), ("possible_match", ASKED_PPO)])
def test_a_person_added_after_the_lookup_alerts_whoever_asked(retold, outcome, person):
    first = retold.publish(*STRANGERS)
    retold.retro.run()
    entry = retold.asked(outcome, first, person)
    retold.retro.run()
    assert retold.alerts() == []
    second = retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    (alert,) = retold.alerts()
    assert (alert.lookup_id, alert.operator, alert.ocu) == (entry["lookup_id"], "4711", "F1")
    assert alert.client_reference == "F1/004711/26"
    (said,) = retold.recorded(EntryKind.ALERTED)
    assert (said["was"], said["now"], said["edition"]) == (outcome, "flagged", second)
    assert retold.verify().is_sound


def test_an_alert_says_to_look_again_and_nothing_of_the_record(retold):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    told = {name: value for name, value in retold.alerts()[0].as_dict().items() if not name.endswith("_id")}
    for never in (PPO.ppo_ref, "Quil", "flagged", "1983", "E2", "Robin"):
        assert never not in str(told)


def test_others_have_their_turn_before_all_are_asked_again(retold, monkeypatch):
    monkeypatch.setattr(retro, "AT_ONCE", 1)
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    retold.asked("not_on_register", first, client_reference="another")
    retold.publish(*STRANGERS, PPO)
    assert [retold.retro.run(seconds=0.0) for _ in range(3)] == [True, True, False]
    assert len(retold.alerts()) == 2


def test_an_entry_that_does_not_open_costs_nobody_else_the_alert(retold):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    retold.asked("not_on_register", first)
    retold.tamper("UPDATE ledger_contents SET sealed = :junk WHERE number = 2", junk=b"spoilt")
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    assert len(retold.alerts()) == 1


def test_a_lookup_answered_while_the_register_was_down_is_asked_of_all_of_it(retold):
    retold.asked("cannot_confirm", None)
    retold.retro.run()
    assert retold.alerts() == [], "there is no register yet"
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    assert len(retold.alerts()) == 1


def test_a_server_that_was_an_edition_behind_is_made_good(retold):
    first = retold.publish(*STRANGERS)
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    retold.asked("not_on_register", first)
    retold.retro.run()
    assert len(retold.alerts()) == 1


def test_an_edition_published_while_no_worker_ran_is_made_good(retold, redis_url, configuration):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    retold.publish(*STRANGERS, PPO)
    retold.publish(*STRANGERS, PPO, MISSING)
    retold.connect(redis_url, configuration)
    retold.retro.run()
    assert len(retold.alerts()) == 1


def test_what_changes_nothing_for_the_person_alerts_nobody(retold):
    first = retold.publish(*STRANGERS, PPO)
    retold.asked("possible_match", first, ASKED_MAYBE)
    retold.publish(*STRANGERS, MISSING, replace(PPO, home_ocu="D1"))
    retold.retro.run()
    assert retold.alerts() == []


def test_an_alert_is_made_once(retold):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    for home in ("D1", "D2", "D3"):
        retold.publish(*STRANGERS, replace(PPO, home_ocu=home))
        retold.retro.run()
    assert len(retold.alerts()) == 1


@pytest.mark.parametrize("after", [(), (replace(PPO, status=Status.FORMER),)], ids=["gone", "former"])
def test_a_person_removed_after_being_flagged_is_told_the_same_way(retold, after):
    first = retold.publish(*STRANGERS, PPO)
    retold.asked("flagged", first, refs=[PPO.ppo_ref])
    retold.retro.run()
    assert retold.alerts() == []
    retold.publish(*STRANGERS, *after)
    retold.retro.run()
    (alert,) = retold.alerts()
    assert alert.text == "The register has changed since: look this person up again."


def test_nobody_but_who_asked_is_told(retold):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    assert retold.alerts(Caller("c-2", "another", Role.CUSTODY)) == []
    assert retold.alerts(replace(CUSTODY, role=Role.PRISON)) == [], "with another role than was asked with"


def test_whoever_may_not_ask_any_more_is_not_told_and_that_is_recorded(retold):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    retold.may_ask = False
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    assert retold.alerts() == []
    assert retold.recorded(EntryKind.ALERTED)[0]["reason"] == "whoever asked may not ask any more"


def test_that_alerts_were_shown_is_recorded_once(retold):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    (alert,) = retold.alerts()
    retold.drain()
    assert [each.alert_id for each in retold.alerts()] == [alert.alert_id]
    retold.drain()
    (shown,) = retold.recorded(EntryKind.ALERTS_SHOWN)
    assert (shown["caller"], shown["alerts"]) == ("c-1", [alert.alert_id])


def test_an_alert_ends_when_the_person_is_looked_up_again(retold):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    second = retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    entry = lookup(just_now(-1), ASKED_PPO, outcome="flagged", refs=[PPO.ppo_ref], register={"edition": second})
    entry["question"] |= {"client_reference": "F1/004711/26"}
    retold.record(entry)
    assert retold.alerts() == []


def test_lookups_and_alerts_are_forgotten_after_their_time(retold):
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first)
    forget_looked(retold.database, 0)
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    assert retold.alerts() == []


def test_a_lookup_of_longer_ago_is_not_remembered(retold):
    first = retold.publish(*STRANGERS)
    retold.record(lookup(just_now(73 * 3600), ASKED_PPO, outcome="not_on_register", register={"edition": first}))
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    assert retold.alerts() == []


def test_a_token_or_account_may_ask_as_long_as_it_is_in_use_with_the_same_role():
    now = datetime.now(UTC)
    known, token = AccessList().issue("suite", Role.CUSTODY, now, None)
    token_id = token.split("_")[1]
    known = replace(known, accounts=(Account("alex", Role.PRISON, "", now.isoformat()),))
    assert known.may_still_ask(token_id, "custody", now)
    assert not known.may_still_ask(token_id, "prison", now)
    assert known.may_still_ask("local:alex", "prison", now)
    assert not known.revoke(token_id, now).may_still_ask(token_id, "custody", now)
    assert not known.revoke("alex", now).may_still_ask("local:alex", "prison", now)
    assert not known.may_still_ask("local:nobody", "prison", now)
    assert known.may_still_ask("https://login.example subject", "custody", now), "seen when they come again"


def test_the_api_and_the_page_show_the_alerts_of_whoever_asks(retold, service):
    caller = service.parts.access.caller(service.tokens["custody"])
    first = retold.publish(*STRANGERS)
    retold.asked("not_on_register", first, caller=caller.caller_id)
    retold.publish(*STRANGERS, PPO)
    retold.retro.run()
    service.swap(alerts=retold.book)
    (alert,) = service.get("/v1/alerts", "custody").get_json()["alerts"]
    assert alert["client_reference"] == "F1/004711/26"
    assert service.get("/v1/alerts", "prison").get_json() == {"alerts": []}
    assert service.get("/v1/alerts", "administrator").status_code == 403
