"""What is published, as a server would find it; and steps of a publisher at which something goes wrong."""

from contextlib import contextmanager

import pytest
from editions import KEYRING, LIMITS, flip

from flagging.errors import StoreUnreachable
from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.live import LiveRegister
from flagging.register.publication import Publication
from flagging.register.store import EditionStore

PATIENCE = 60.0


def served(store):
    """The edition a server that starts now would answer from; None if there is none."""
    register = LiveRegister(EditionStore(store.client, KEYRING), LIMITS)
    register.look(wait=True)
    return register.held.edition


def editions_in(client):
    """The numbers of the editions of which anything stands in Redis."""
    return sorted({int(key.split(b":")[2]) for key in client.keys("flagging:edition:*")})


@contextmanager
def before(owner, name, do):
    """Have `do` done before each call of a method, with its arguments."""
    original = getattr(owner, name)

    def stepped(self, *args, **options):
        do(self, *args)
        return original(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, stepped)
        yield


@contextmanager
def after(owner, name, do):
    """Have `do` done after each call of a method, with its arguments."""
    original = getattr(owner, name)

    def stepped(self, *args, **options):
        result = original(self, *args, **options)
        do(self, *args)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, stepped)
        yield


def out_of_reach(*_args, **_options):
    raise StoreUnreachable("Redis: TimeoutError")


def at_chunk(position, do):
    def act(self, number, at, *args):
        if at == position:
            do(self, number, at, *args)

    return act


def lose_chunk(publication, number, position, *_args):
    publication._store.client.delete(chunk_key(number, position))


def alter_chunk(publication, number, position, sealed):
    publication._store.client.set(chunk_key(number, position), flip(sealed, 60))


def lose_manifest(publication, manifest, *_args):
    publication._store.client.delete(manifest_key(manifest.number))


UNREACHABLE_AT = {
    "number": lambda: before(Publication, "next_number", out_of_reach),
    "chunk 0": lambda: before(Publication, "write_chunk", out_of_reach),
    "chunk 2": lambda: before(Publication, "write_chunk", at_chunk(2, out_of_reach)),
    "manifest": lambda: before(Publication, "write_manifest", out_of_reach),
    "reading the manifest": lambda: before(EditionStore, "manifest", out_of_reach),
    "reading chunk 1": lambda: before(EditionStore, "chunk", at_chunk(1, out_of_reach)),
    "renewing the lock": lambda: before(Publication, "renew", out_of_reach),
    "switch": lambda: before(Publication, "switch", out_of_reach),
}
UNVERIFIED_AT = {
    "chunk 1 is lost": lambda: after(Publication, "write_chunk", at_chunk(1, lose_chunk)),
    "chunk 2 is altered": lambda: after(Publication, "write_chunk", at_chunk(2, alter_chunk)),
    "manifest is lost": lambda: after(Publication, "write_manifest", lose_manifest),
}
