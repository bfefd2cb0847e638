"""A ledger from which people are told, and a clock that stands until it is set."""

from dataclasses import dataclass, field
from typing import Any

import service
from kept import Kept, lookup
from receivers import SECRET, Certificates, MailServer, WebhookReceiver
from ulid import ULID

from flagging.configuration.load import Configuration
from flagging.configuration.notify import NotifyPolicy
from flagging.ledger.append import Appender
from flagging.ledger.drain import Drain
from flagging.ledger.search import Sought
from flagging.notify.content import Recipients
from flagging.notify.delivery import Delivery
from flagging.notify.messages import list_messages, standing
from flagging.notify.outbox import EMAIL, WEBHOOK, Outbox
from flagging.notify.smtp import SmtpSender
from flagging.notify.webhook import WebhookSender

AT = "2026-03-02T09:00:00.000Z"
NOON = 1_772_445_600_000


def flagged(ref: str = "TST-0001", at: str = AT, **question: Any) -> dict[str, Any]:
    """Return the entry of somebody recognised at arrest."""
    entry = lookup(at, outcome="flagged", refs=[ref], handles={"ab12cd34": ref}, route="DSB", rule="ppo-in-need")
    entry["question"] = entry["question"] | {"ocu": "F1", "client_reference": str(ULID())} | question
    return entry


@dataclass
class Telling(Kept):
    configuration: Configuration = None
    policy: NotifyPolicy = None
    senders: dict[str, Any] = field(default_factory=dict)
    records: dict[str, Any] | None = field(default_factory=lambda: {each.ppo_ref: each for each in service.PEOPLE})
    now: int = NOON

    def by_email(self, mail: MailServer, certificates: Certificates) -> None:
        self.senders[EMAIL] = SmtpSender(mail.url, self.policy.sender, certificates.ca_file)

    def by_webhook(self, hook: WebhookReceiver, certificates: Certificates) -> None:
        self.senders[WEBHOOK] = WebhookSender(hook.url, SECRET, certificates.ca_file)

    @property
    def appender(self) -> Appender:
        outbox = Outbox(tuple(self.senders), self.policy.quiet, lambda: self.now)
        return Appender(self.keyring, [outbox])

    def drainer(self) -> Drain:
        return Drain(self.spool_dir, self.database, self.appender)

    def delivery(self, holder: str = "host-1") -> Delivery:
        recipients = Recipients(self.configuration.directory, self.configuration.routing.leads)
        return Delivery(
            database=self.database,
            appender=Appender(self.keyring),
            senders=self.senders,
            recipients=recipients,
            policy=self.policy,
            records=lambda: self.records,
            holder=holder,
            now=lambda: self.now,
            jitter=lambda low, high: high,
        )

    def pass_time(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def listed(self, **wanted: Any) -> list[Any]:
        found = list_messages(self.database, self.keyring)
        return [each for each in found if all(getattr(each, name) == value for name, value in wanted.items())]

    def standing(self):
        return standing(self.database, tuple(self.senders))

    def recorded(self, kind: str) -> list[dict[str, Any]]:
        return [found.entry for found in self.search.every(Sought(kind=kind))]
