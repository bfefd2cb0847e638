"""From settings to the objects commands work with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from flagging.access.live import LiveAccess
from flagging.configuration.load import load_configuration
from flagging.key_file import FollowedKeys, create_key_file, load_keyring
from flagging.redis_connection import connect
from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore
from flagging.sealing import Keyring
from flagging.settings import Settings, needed
from flagging.spool import SPOOL, Spool
from flagging.sync.acts import Recorder
from flagging.sync.fitness import FitnessFile
from flagging.sync.guards import Guards
from flagging.sync.progress import Progress, ending, logged
from flagging.sync.publish import Publisher
from flagging.sync.reseal import KeptSealed, Resealer
from flagging.sync.sources.credentials import Credentials
from flagging.sync.sources.web import Fetcher
from flagging.sync.synchronise import Synchroniser
from flagging.sync.worker import Worker


def open_keyring(settings: Settings) -> Keyring:
    return load_keyring(_key_file(settings))


def open_keys(settings: Settings) -> FollowedKeys:
    return FollowedKeys(_key_file(settings))


def open_store(settings: Settings, keyring: Keyring) -> EditionStore:
    return EditionStore(connect(needed(settings.redis_url, "FLAGGING_REDIS_URL")), keyring)


def open_access(settings: Settings, keyring: Keyring | None = None) -> LiveAccess:
    client = connect(needed(settings.redis_url, "FLAGGING_REDIS_URL"))
    return LiveAccess(client, keyring or open_keyring(settings), settings.state_dir)


def open_publisher(settings: Settings, keyring: Keyring) -> Publisher:
    model = load_configuration(settings.config_dir).matching
    return Publisher(open_store(settings, keyring), model, settings.keep_editions)


@contextmanager
def open_recorder(
    settings: Settings, caller: str, operator: str | None = None, keyring: Keyring | None = None
) -> Iterator[Recorder]:
    """Hold the spool that acts of this process are recorded in."""
    spool = Spool(settings.state_dir / SPOOL, keyring or open_keyring(settings))
    try:
        yield Recorder(spool, caller, operator)
    finally:
        spool.close()


def open_synchroniser(
    settings: Settings,
    recorder: Recorder,
    progress: Progress,
    keyring: Keyring | None = None,
    stopping: Event | None = None,
) -> Synchroniser:
    """Return what syncs, and tells of its progress; a sync ends at the next safe place once `stopping` is set."""
    stopping = stopping or Event()
    configuration = load_configuration(settings.config_dir)
    store = open_store(settings, keyring or open_keyring(settings))
    return Synchroniser(
        publisher=Publisher(store, configuration.matching, settings.keep_editions),
        form=configuration.master_list,
        known_ocus=frozenset(configuration.directory.ocus),
        guards=_guards(settings),
        former_days=settings.former_days,
        flag_schemes=configuration.routing.flag_schemes,
        replica=ReplicaFile(settings.state_dir, store),
        recorder=recorder,
        keep_reports=settings.keep_reports,
        fetcher=Fetcher(_credentials(settings), pause=stopping.wait, is_stopping=stopping.is_set),
        progress=ending(stopping.is_set, progress),
        leads=configuration.routing.leads.held_twice,
    )


def open_worker(settings: Settings, recorder: Recorder, keys: FollowedKeys, stopping: Event) -> Worker:
    """Return the worker; what it publishes is ended at the next safe place once `stopping` is set."""
    where = needed(settings.master_list, "FLAGGING_MASTER_LIST")
    synchroniser = open_synchroniser(settings, recorder, logged(), keys.keyring, stopping)
    access = open_access(settings, keys.keyring)
    seen = ReplicaFile(settings.state_dir, synchroniser.store).generation
    publisher, notes, progress = synchroniser.publisher, synchroniser.notes, synchroniser.progress
    resealer = Resealer(publisher, notes, access, keys.keyring, seen, progress=progress)
    sealed = KeptSealed(keys, resealer, synchroniser.remember)

    def keep_up() -> None:
        if worker.is_redis_fit:
            sealed.look()
        else:
            keys.look()  # the ledger goes on meanwhile, and its entries are sealed with the newest
        access.look()
        access.restore()

    worker = Worker(synchroniser, where, settings.sync_seconds, keep_up, FitnessFile(settings.state_dir))
    return worker


def make_key_file(settings: Settings) -> None:
    """Make the key file if there is none, as only a writer of the register may."""
    create_key_file(_key_file(settings))


def _guards(settings: Settings) -> Guards:
    return Guards(
        fewest=settings.guard_fewest,
        count_drop=settings.guard_count_drop,
        reject_rate=settings.guard_reject_rate,
        list_older=settings.guard_list_older,
        absent=settings.guard_absent,
        unflagged=settings.guard_unflagged,
        blanked=settings.guard_blanked,
    )


def _credentials(settings: Settings) -> Credentials:
    return Credentials(
        token_file=settings.master_list_token_file,
        cert_file=settings.master_list_cert_file,
        key_file=settings.master_list_key_file,
        ca_file=settings.master_list_ca_file,
    )


def _key_file(settings: Settings) -> Path:
    return needed(settings.key_file, "FLAGGING_KEY_FILE")
