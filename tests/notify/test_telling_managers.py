"""Of somebody recognised the offender manager is told: once, of what is needed to ring, whatever fails meanwhile."""

from email import message_from_bytes
from email import policy as email_policy

import pytest
from kept import lookup
from receivers import Certificates, MailServer
from service import PPO, PROBATION
from telling import flagged

from flagging.entries import EntryKind
from flagging.errors import NotificationUnknown
from flagging.notify.messages import forget_settled, retry
from flagging.notify.outbox import EMAIL, WEBHOOK, RecipientKind, State

DESK = "ppo.duty@police.example"
WHO = {"caller": "local:alex", "operator": "alex"}


def text_of(message) -> str:
    return message_from_bytes(message.as_bytes(), policy=email_policy.default).get_content()


def test_the_manager_who_leads_is_told_where_somebody_is_and_whom_to_ring(telling, mail, hook):
    telling.record(flagged())
    telling.delivery().run()
    (message,) = mail.messages
    assert message["X-Rcpt"] == PROBATION.email
    assert text_of(message).splitlines()[:5] == [
        "TST-0001 is under arrest.",
        "",
        "Where:  OCU F1 custody",
        "Since:  2026-03-02 09:00 UTC",
        "Ring:   F1 duty desk, 0121 496 0131",
    ]
    (told,) = hook.taken.values()
    assert told | {"key": ""} == {
        "key": "",
        "event": "ppo_recognised",
        "for": "manager",
        "ppo_ref": "TST-0001",
        "setting": "arrest",
        "place": "OCU F1 custody",
        "at": "2026-03-02T09:00:00.000Z",
        "contact": {"name": "F1 duty desk", "telephone": "0121 496 0131"},
    }
    assert hook.forged == 0


def test_others_have_their_turn_before_all_is_delivered(telling, mail, hook):
    telling.record(flagged())
    delivery = telling.delivery()
    assert delivery.run(seconds=0.0), "there is more to do"
    assert not delivery.run()
    assert len(mail.messages) == len(hook.taken) == 1
    assert not delivery.run(seconds=0.0)


def test_a_message_names_nobody_and_says_nothing_of_drugs_or_offences(telling, mail, hook):
    telling.record(flagged(drug_test="positive", assessed_need="yes", trigger_offence=True, client_reference="Smith J"))
    telling.delivery().run()
    (message,), (told,) = mail.messages, hook.taken.values()
    for said in (message.as_string(), str(told)):
        for never in ("Quil", "Jasper", "1983", "drug", "positive", "DSB", "trigger", "offence", "Smith"):
            assert never not in said
    assert "TST" not in message["Subject"]


def test_what_was_told_to_whom_stands_in_the_ledger(telling):
    telling.record(flagged())
    telling.delivery().run()
    told = {entry["channel"]: entry for entry in telling.recorded(EntryKind.NOTIFIED)}
    assert set(told) == {EMAIL, WEBHOOK}
    assert told[EMAIL]["recipient"]["email"] == PROBATION.email
    assert told[EMAIL]["refs"] == ["TST-0001"]
    assert "ppo_ref" in told[EMAIL]["fields"]
    assert telling.verify().is_sound


@pytest.mark.parametrize("outcome", ["possible_match", "former", "not_on_register", "cannot_confirm"])
def test_nobody_is_told_of_anybody_who_was_not_recognised(telling, outcome):
    telling.record(lookup(outcome=outcome, refs=["TST-0001"]))
    assert telling.standing().waiting == 0


@pytest.mark.parametrize(
    ("second", "messages"),
    [
        (flagged(at="2026-03-02T10:00:00Z", client_reference="f1/0047 11/26"), 1),
        (flagged(at="2026-03-02T15:00:00Z", client_reference="F1/004711/26"), 2),
        (flagged(at="2026-03-02T10:00:00Z", client_reference="F1/004712/26"), 2),
        (flagged("TST-0004", at="2026-03-02T10:00:00Z", client_reference="F1/004711/26"), 2),
        (flagged(at="2026-03-02T10:00:00Z", client_reference="F1/004711/26", setting="prison_reception"), 2),
    ],
    ids=["same", "much later", "another custody record", "another person", "another setting"],
)
def test_the_same_person_setting_and_reference_are_told_of_once_within_a_time(telling, second, messages):
    telling.record(flagged(client_reference="F1/004711/26"), second)
    assert len(telling.listed(channel=EMAIL)) == messages


def test_without_a_reference_the_place_tells_two_arrests_apart(telling):
    again = [
        flagged(client_reference=None, at=f"2026-03-02T09:0{n}:00Z", ocu=ocu)
        for n, ocu in enumerate(("F1", "F1", "D1"))
    ]
    telling.record(*again)
    assert len(telling.listed(channel=EMAIL)) == 2


def test_a_server_that_is_down_is_tried_again_and_less_and_less_often(telling, mail):
    mail.stop()
    telling.record(flagged())
    delivery = telling.delivery()
    delivery.run()
    (waiting,) = telling.listed(channel=EMAIL)
    assert (waiting.state, waiting.attempts) == (State.WAITING, 1)
    assert waiting.failure == "the server: ConnectionRefusedError"
    assert (telling.standing().waiting, telling.standing().failing) == (1, 1)
    for seconds in (1.1, 2.1, 4.1):
        delivery.run()
        telling.pass_time(seconds)
        delivery.run()
    assert telling.listed(channel=EMAIL)[0].attempts == 4
    mail.start()
    telling.pass_time(9)
    delivery.run()
    assert telling.listed(channel=EMAIL)[0].state == State.TOLD
    assert len(mail.messages) == 1


def test_a_channel_that_is_down_is_tried_with_one_message_and_not_with_all(telling, mail):
    mail.stop()
    telling.record(*(flagged() for _ in range(5)))
    telling.delivery().run()
    assert sum(each.attempts for each in telling.listed(channel=EMAIL)) == 1
    assert all(each.state == State.TOLD for each in telling.listed(channel=WEBHOOK))


def test_who_cannot_be_told_in_time_is_told_of_through_the_duty_desk_and_tried_on(telling, mail, hook):
    hook.answers = 500
    telling.record(flagged())
    delivery = telling.delivery()
    for _ in range(12):
        delivery.run()
        telling.pass_time(8)
    desk = next(each for each in mail.messages if each["X-Rcpt"] == DESK)
    assert "could not be told" in text_of(desk)
    (escalated,) = telling.recorded(EntryKind.NOTIFICATION_ESCALATED)
    assert escalated["reason"] == "the receiver answered 500"
    assert telling.listed(channel=WEBHOOK)[0].is_escalated
    hook.answers = 200
    telling.pass_time(8)
    delivery.run()
    assert len(hook.taken) == 1


def test_a_recipient_the_server_refuses_is_told_of_through_the_duty_desk_at_once(telling, mail):
    mail.refused[PROBATION.email] = 550
    telling.record(flagged())
    telling.delivery().run()
    assert [each["X-Rcpt"] for each in mail.messages] == [DESK]
    (given_up,) = telling.listed(state=State.GIVEN_UP)
    assert given_up.failure == "the recipient was refused (550)"
    assert telling.recorded(EntryKind.NOTIFICATION_GIVEN_UP)[0]["recipient"]["email"] == PROBATION.email


def test_a_recipient_refused_for_a_while_is_tried_again(telling, mail):
    mail.refused[PROBATION.email] = 450
    telling.record(flagged())
    telling.delivery().run()
    assert telling.listed(channel=EMAIL)[0].state == State.WAITING
    mail.refused.clear()
    telling.pass_time(2)
    telling.delivery().run()
    assert telling.listed(channel=EMAIL)[0].state == State.TOLD


def test_what_was_given_up_can_be_tried_again_and_that_is_recorded(telling, mail):
    mail.refused[PROBATION.email] = 550
    telling.record(flagged())
    telling.delivery().run()
    mail.refused.clear()
    (given_up,) = telling.listed(state=State.GIVEN_UP)
    assert retry(telling.database, telling.keyring, WHO, given_up.key) == 1
    telling.now = max(telling.now, 10**13)
    telling.delivery().run()
    assert PROBATION.email in [each["X-Rcpt"] for each in mail.messages]
    assert telling.recorded(EntryKind.NOTIFICATION_RETRIED)[0]["caller"] == "local:alex"
    with pytest.raises(NotificationUnknown):
        retry(telling.database, telling.keyring, WHO, given_up.key)


def test_a_worker_that_died_before_it_could_note_a_delivery_sends_under_the_same_key(telling, mail, hook):
    (entry,) = telling.record(flagged())
    dying = telling.delivery()
    for _ in range(2):
        with telling.database.writing() as connection:
            row = dying._claim(connection)
        dying._attempt(row, entry)
    again = telling.delivery()
    again.run()
    assert telling.standing().waiting == 2, "claimed by somebody who may still live"
    again.let_go()
    again.run()
    assert telling.standing().waiting == 0
    assert list(mail.times.values()) == [2]
    assert list(hook.times.values()) == [2]


def test_nothing_goes_to_a_mail_server_without_tls(telling, certificates, free_port):
    plain = MailServer(certificates, free_port, offers_tls=False)
    plain.start()
    try:
        telling.senders.pop(WEBHOOK)
        telling.by_email(plain, certificates)
        telling.record(flagged())
        telling.delivery().run()
    finally:
        plain.stop()
    assert plain.messages == []
    assert telling.listed()[0].failure == "the server: SMTPNotSupportedError"


def test_nothing_goes_to_a_server_nobody_vouches_for(telling, mail, hook, tmp_path):
    (tmp_path / "other").mkdir()
    other = Certificates(tmp_path / "other")
    telling.by_email(mail, other)
    telling.by_webhook(hook, other)
    telling.record(flagged())
    telling.delivery().run()
    assert not mail.messages
    assert not hook.taken
    assert {each.state for each in telling.listed()} == {State.WAITING}


def test_a_record_without_any_address_is_told_of_through_the_duty_desk(telling, mail):
    telling.record(flagged("TST-0004"))
    telling.delivery().run()
    assert mail.messages[0]["X-Rcpt"] == DESK
    assert telling.listed(channel=EMAIL)[0].to["kind"] == RecipientKind.DUTY_DESK


def test_nobody_is_given_up_because_the_register_is_not_known_yet(telling, mail):
    telling.records = None
    telling.record(flagged())
    telling.delivery().run()
    assert {each.failure for each in telling.listed()} == {"the register is not known yet"}
    telling.records = {PPO.ppo_ref: PPO}
    telling.pass_time(2)
    telling.delivery().run()
    assert telling.standing().told == 2


def test_a_failure_quotes_neither_server_nor_address(telling, mail):
    mail.refused[PROBATION.email] = 550
    telling.record(flagged())
    telling.delivery().run()
    assert "robin" not in str([each.failure for each in telling.listed()])


def test_what_is_settled_long_ago_is_forgotten_and_the_ledger_keeps_it(telling):
    telling.record(flagged())
    telling.delivery().run()
    assert forget_settled(telling.database, days=1) == 2
    assert telling.listed() == []
    assert len(telling.recorded(EntryKind.NOTIFIED)) == 2
