"""What the worker does after look-ups, done when a test says so: the ledger, alerts and notifications the pages show."""

from dataclasses import dataclass

import editions
from service import Service, pnc_id, record

from flagging.configuration.load import Configuration
from flagging.errors import DeliveryFailed
from flagging.ledger.append import Appender
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.drain import Drain
from flagging.ledger.search import LedgerSearch
from flagging.lookup.finding import Finder
from flagging.notify.alerts import AlertBook
from flagging.notify.content import Notification, Recipients
from flagging.notify.delivery import Delivery
from flagging.notify.editions import Editions
from flagging.notify.looked import Looked
from flagging.notify.outbox import EMAIL, Outbox, now_in_milliseconds
from flagging.notify.retro import Retro
from flagging.record import Record
from flagging.register.store import EditionStore

ADDED = record("TST-0009", "Unlisted", "Ashley", "1994-07-23", pnc=pnc_id(2011, 3456))
"""Becomes a PPO after somebody asked about them."""


@dataclass
class Post:
    """In the mail server's place: takes every message, unless it has a trouble."""

    trouble: DeliveryFailed | None = None

    def send(self, notification: Notification) -> None:
        if self.trouble:
            raise self.trouble

    def rest(self) -> None:
        """Nothing is held open."""


@dataclass
class Afterwards:
    """The worker's duties, one by one."""

    site: Service
    configuration: Configuration
    database: LedgerDatabase
    store: EditionStore
    post: Post

    def show(self, database: LedgerDatabase) -> None:
        """Let the pages show what is in this ledger."""
        keyring = self.site.keyring
        book = AlertBook(database, keyring, self.configuration.disclosure, self.site.parts.spool)
        self.site.swap(ledger=LedgerSearch(database, keyring), alerts=book)

    def keep(self) -> None:
        """Bring what was looked up into the ledger, with whom to tell of it."""
        told = [Looked(72), Outbox((EMAIL,), quiet=3600)]
        drain = Drain(self.site.spool_dir, self.database, Appender(self.site.keyring, told))
        assert drain.run().trouble is None

    def change_register(self, *records: Record) -> None:
        """Publish another edition, and ask what was looked up again of it."""
        editions.publish(self.store, records)
        finder = Finder(self.configuration.matching, self.configuration.routing.flag_schemes)
        appender = Appender(self.site.keyring)
        Retro(self.database, appender, Editions(self.store, lambda: None), finder, lambda *_: True).run()

    def tell(self, *records: Record, after: float = 0) -> None:
        """Deliver what is due so many seconds from now."""
        configuration = self.configuration
        Delivery(
            database=self.database,
            appender=Appender(self.site.keyring),
            senders={EMAIL: self.post},
            recipients=Recipients(configuration.directory, configuration.routing.leads),
            policy=configuration.notify,
            records=lambda: {each.ppo_ref: each for each in records},
            holder="here",
            now=lambda: now_in_milliseconds() + round(after * 1000),
        ).run()
