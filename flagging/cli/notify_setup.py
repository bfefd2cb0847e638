"""From settings to what tells others: used by worker and commands."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from flagging.cli.ledger_setup import open_ledger
from flagging.configuration.load import Configuration, load_configuration
from flagging.ledger.append import Appender, Hook
from flagging.ledger.database import LedgerDatabase
from flagging.notify.content import Recipients
from flagging.notify.delivery import Delivery, Sender
from flagging.notify.keeper import HostPlace, NotifyKeeper, every
from flagging.notify.messages import StandingFile, forget_settled, standing
from flagging.notify.outbox import EMAIL, WEBHOOK, Outbox
from flagging.notify.smtp import SmtpSender
from flagging.notify.webhook import WebhookSender, read_webhook_secret
from flagging.record import Record
from flagging.sealing import Keyring
from flagging.settings import Settings, needed

TELL_SECONDS = 2.0
FORGET_SECONDS = 3600.0


def what_follows(settings: Settings, keyring: Keyring) -> list[Hook]:
    """Return what is written together with each entry of the ledger: who is to be told of it."""
    configuration = load_configuration(settings.config_dir)
    return [Outbox(keyring, channels_of(settings), configuration.notify.quiet)]


def channels_of(settings: Settings) -> tuple[str, ...]:
    """Return the ways to deliver that are set."""
    given = ((EMAIL, settings.smtp_url), (WEBHOOK, settings.webhook_url))
    return tuple(channel for channel, address in given if address)


@contextmanager
def kept_notifications(
    settings: Settings, keyring: Keyring, records: Callable[[], Mapping[str, Record] | None]
) -> Iterator[None]:
    """Tell whoever is to be told for as long as a worker runs; `records` is the register as it knows it."""
    configuration, database = load_configuration(settings.config_dir), open_ledger(settings)
    place = HostPlace(settings.state_dir)
    delivery = open_delivery(settings, configuration, database, keyring, place.holder, records)
    told, channels = StandingFile(settings.state_dir), channels_of(settings)
    keeper = NotifyKeeper(
        place,
        at_start=delivery.let_go,
        duties=[
            delivery.run,
            every(TELL_SECONDS, lambda: told.write(standing(database, channels))),
            every(FORGET_SECONDS, lambda: forget_settled(database, configuration.notify.keep_days)),
        ],
    )
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()
        database.close()


def open_delivery(
    settings: Settings,
    configuration: Configuration,
    database: LedgerDatabase,
    keyring: Keyring,
    holder: str,
    records: Callable[[], Mapping[str, Record] | None],
) -> Delivery:
    return Delivery(
        database=database,
        appender=Appender(keyring),
        senders=senders_of(settings, configuration),
        recipients=Recipients(configuration.directory, configuration.routing.leads),
        policy=configuration.notify,
        records=records,
        holder=holder,
    )


def senders_of(settings: Settings, configuration: Configuration) -> dict[str, Sender]:
    """Return the ways to deliver that are set; raise SettingInvalid for one that cannot be used."""
    senders: dict[str, Sender] = {}
    if settings.smtp_url:
        senders[EMAIL] = SmtpSender(settings.smtp_url, configuration.notify.sender, settings.smtp_ca_file)
    if settings.webhook_url:
        secret = read_webhook_secret(needed(settings.webhook_secret_file, "FLAGGING_WEBHOOK_SECRET_FILE"))
        senders[WEBHOOK] = WebhookSender(settings.webhook_url, secret, settings.webhook_ca_file)
    return senders
