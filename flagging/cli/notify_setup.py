"""From settings to what tells others: used by worker and commands."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from flagging.access.live import LiveAccess
from flagging.cli.ledger_setup import open_ledger
from flagging.configuration.load import Configuration, load_configuration
from flagging.ledger.append import Appender, Hook
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.register_days import RegisterOfDay, edition_of_day, record_day
from flagging.lookup.finding import Finder
from flagging.notify.content import Recipients
from flagging.notify.delivery import Delivery, Sender
from flagging.notify.editions import Editions
from flagging.notify.keeper import HostPlace, NotifyKeeper, every
from flagging.notify.looked import Looked, forget_looked
from flagging.notify.messages import StandingFile, forget_settled, standing
from flagging.notify.outbox import EMAIL, WEBHOOK, Outbox
from flagging.notify.retro import Retro
from flagging.notify.smtp import SmtpSender
from flagging.notify.webhook import WebhookSender, read_webhook_secret
from flagging.record import Record
from flagging.redis_connection import connect
from flagging.register.manifest import Manifest
from flagging.register.store import EditionStore
from flagging.sealing import Keyring
from flagging.settings import Settings, needed
from flagging.sync.synchronise import london_today
from flagging.terms import Scheme

TELL_SECONDS = 2.0
FORGET_SECONDS = 3600.0
FORGET_LOOKED_SECONDS = 300.0
LOOK_SECONDS = 0.5
COUNT_SECONDS = 10.0
TURN_SECONDS = 0.5
"""After which another duty has its turn: none waits for all mail to be sent, or all lookups to be asked again."""


def what_follows(settings: Settings) -> list[Hook]:
    """Return what is written together with each entry of the ledger: who is to be told of it."""
    configuration = load_configuration(settings.config_dir)
    told = Outbox(channels_of(settings), configuration.notify.quiet)
    return [told, Looked(settings.retro_hours)]


def channels_of(settings: Settings) -> tuple[str, ...]:
    """Return the ways to deliver that are set."""
    given = ((EMAIL, settings.smtp_url), (WEBHOOK, settings.webhook_url))
    return tuple(channel for channel, address in given if address)


@contextmanager
def kept_notifications(
    settings: Settings, keyring: Keyring, known: Callable[[], tuple[Manifest, Mapping[str, Record]] | None]
) -> Iterator[None]:
    """Tell whoever is to be told for as long as a worker runs; `known` is the register as it knows it."""

    def records() -> Mapping[str, Record] | None:
        found = known()
        return None if found is None else found[1]

    configuration, database = load_configuration(settings.config_dir), open_ledger(settings)
    place = HostPlace(settings.state_dir)
    delivery = open_delivery(settings, configuration, database, keyring, place.holder, records)
    retro = open_retro(settings, configuration, database, keyring, known)
    schemes = configuration.routing.flag_schemes
    told, channels = StandingFile(settings.state_dir), channels_of(settings)
    keeper = NotifyKeeper(
        place,
        at_start=delivery.let_go,
        duties=[
            partial(delivery.run, seconds=TURN_SECONDS),
            every(LOOK_SECONDS, partial(retro.run, seconds=TURN_SECONDS)),
            every(COUNT_SECONDS, lambda _: count_day(retro.editions, database, keyring, schemes)),
            every(TELL_SECONDS, lambda _: told.write(standing(database, channels))),
            every(FORGET_SECONDS, lambda _: forget_settled(database, configuration.notify.keep_days)),
            every(FORGET_LOOKED_SECONDS, lambda _: forget_looked(database, settings.retro_hours)),
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


def open_retro(
    settings: Settings,
    configuration: Configuration,
    database: LedgerDatabase,
    keyring: Keyring,
    known: Callable[[], tuple[Manifest, Mapping[str, Record]] | None],
) -> Retro:
    client = connect(needed(settings.redis_url, "FLAGGING_REDIS_URL"))
    access = LiveAccess(client, keyring, settings.state_dir)

    def may_ask(caller_id: str, role: str) -> bool:
        access.look()
        found = access.access_list
        return found is None or found.may_still_ask(caller_id, role, datetime.now(UTC))

    finder = Finder(configuration.matching, configuration.routing.flag_schemes)
    return Retro(database, Appender(keyring), Editions(EditionStore(client, keyring), known), finder, may_ask)


def count_day(editions: Editions, database: LedgerDatabase, keyring: Keyring, flag_schemes: frozenset[Scheme]) -> None:
    """Write down the register in figures, for the monthly return, where today's are not those of this edition yet."""
    number, today = editions.current(), london_today()
    if number is None or edition_of_day(database, today) == number:
        return
    reports = [editions.store.edition_report(number), *editions.store.log.reports()]
    ethnicity: dict[str, int] = next(
        (report["ethnicity"] for report in reports if report and report.get("ethnicity")), {}
    )
    record_day(database, keyring, RegisterOfDay(today, number, editions.records(), ethnicity, flag_schemes))


def senders_of(settings: Settings, configuration: Configuration) -> dict[str, Sender]:
    """Return the ways to deliver that are set; raise SettingInvalid for one that cannot be used."""
    senders: dict[str, Sender] = {}
    if settings.smtp_url:
        senders[EMAIL] = SmtpSender(settings.smtp_url, configuration.notify.sender, settings.smtp_ca_file)
    if settings.webhook_url:
        secret = read_webhook_secret(needed(settings.webhook_secret_file, "FLAGGING_WEBHOOK_SECRET_FILE"))
        senders[WEBHOOK] = WebhookSender(settings.webhook_url, secret, settings.webhook_ca_file)
    return senders
