"""From settings to the objects commands work with."""

from pathlib import Path

from flagging.access.live import LiveAccess
from flagging.configuration.load import load_configuration
from flagging.redis_connection import connect
from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore
from flagging.sealing import Keyring, create_key_file, load_keyring
from flagging.settings import Settings, needed
from flagging.sync.guards import Guards
from flagging.sync.publish import Publisher
from flagging.sync.synchronise import Synchroniser
from flagging.sync.worker import Worker, verify_redis


def open_keyring(settings: Settings) -> Keyring:
    return load_keyring(_key_file(settings))


def open_store(settings: Settings, keyring: Keyring) -> EditionStore:
    return EditionStore(connect(needed(settings.redis_url, "FLAGGING_REDIS_URL")), keyring)


def open_access(settings: Settings) -> LiveAccess:
    client = connect(needed(settings.redis_url, "FLAGGING_REDIS_URL"))
    return LiveAccess(client, open_keyring(settings), settings.state_dir)


def open_publisher(settings: Settings, keyring: Keyring) -> Publisher:
    model = load_configuration(settings.config_dir).matching
    return Publisher(open_store(settings, keyring), model, settings.keep_editions)


def open_synchroniser(settings: Settings, *, is_dry: bool = False) -> Synchroniser:
    """Return what syncs; makes the key file if there is none, as only a writer of the register may."""
    configuration = load_configuration(settings.config_dir)
    if not is_dry:
        create_key_file(_key_file(settings))
    store = open_store(settings, open_keyring(settings))
    verify_redis(store.client)
    return Synchroniser(
        publisher=Publisher(store, configuration.matching, settings.keep_editions),
        form=configuration.master_list,
        known_ocus=frozenset(configuration.directory.ocus),
        guards=Guards(settings.guard_count_drop, settings.guard_reject_rate, settings.guard_unflagged),
        former_days=settings.former_days,
        flag_schemes=configuration.routing.flag_schemes,
        replica=ReplicaFile(settings.state_dir, store),
    )


def open_worker(settings: Settings) -> Worker:
    where = needed(settings.master_list, "FLAGGING_MASTER_LIST")
    synchroniser = open_synchroniser(settings)
    access = open_access(settings)

    def keep_access() -> None:
        access.look()
        access.restore()

    return Worker(synchroniser, where, settings.sync_seconds, keep_access)


def _key_file(settings: Settings) -> Path:
    return needed(settings.key_file, "FLAGGING_KEY_FILE")
