"""What is known of one provider: its endpoints and signing keys, fetched in the background and kept.

A lookup never waits for a provider: keys already known go on being good while it is away, also for a process that
starts meanwhile (a sealed copy lies in the state directory). An unknown key asks for a fetch, at most one every
FETCH_APART seconds whoever asks, and only the first to ask waits for it, no longer than WAIT_SECONDS.
"""

import contextlib
import os
import threading
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
import urllib3
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from flagging.access.openid.in_time import POOLS
from flagging.errors import ProviderUnknown, SealBroken
from flagging.sealing import Keyring, Purpose
from flagging.setting_values import is_safe_address

WELL_KNOWN: Final = "/.well-known/openid-configuration"
REFRESH_SECONDS: Final = 600.0
FETCH_APART: Final = 10.0
WAIT_SECONDS: Final = 0.5
TIMEOUT: Final = urllib3.Timeout(connect=3.0, read=5.0)
MOST_BYTES: Final = 512 * 1024
ENDPOINTS: Final = ("jwks_uri", "authorization_endpoint", "token_endpoint")

Key = RSAKey | ECKey | OKPKey
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a provider says of itself; `keys` only holds those that verify signatures, by their ids."""

    metadata: dict[str, Any]
    keys: dict[str, Key] = field(repr=False)


class Provider:
    """One provider, by its issuer. `start` follows it from now on; until it was reached once, nothing is known."""

    def __init__(self, issuer: str, keyring: Keyring, state_dir: Path, ca_file: Path | None = None) -> None:
        self.issuer = issuer
        self.ca_file = ca_file
        authorities = str(ca_file) if ca_file else None
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False, ca_certs=authorities)
        self._http.pool_classes_by_scheme = POOLS
        self._seal = keyring.seal_for(Purpose.DOCUMENT)
        self._copy = state_dir / f"provider-{sha256(issuer.encode()).hexdigest()[:16]}.sealed"
        self._known: _Known | None = None
        self._wanted, self._stopping = threading.Event(), threading.Event()
        self._fetched = threading.Condition()
        self._asked_at = self._fetched_since = float("-inf")
        self._thread = threading.Thread(target=self._follow, name="provider", daemon=True)
        self._start_from_copy()

    @property
    def is_known(self) -> bool:
        return self._known is not None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=10.0)
        self._http.clear()

    def endpoint(self, name: str) -> str:
        """Return the address of an endpoint; raises ProviderUnknown until the provider was reached once."""
        if self._known is None:
            raise ProviderUnknown
        return str(self._known.metadata[name])

    def says(self, name: str) -> Any:
        """Return what the provider's metadata says, None if nothing."""
        return self._known.metadata.get(name) if self._known else None

    def key(self, key_id: str) -> Key | None:
        """Return the key of that id, having asked the provider again where it is new and nobody has just asked."""
        found = self._known.keys.get(key_id) if self._known else None
        if found is None and self._may_ask():
            with self._fetched:
                asked_at = self._asked_at
                self._wanted.set()
                self._fetched.wait_for(lambda: self._fetched_since >= asked_at, WAIT_SECONDS)
            found = self._known.keys.get(key_id) if self._known else None
        return found

    def fetch(self) -> bool:
        """Ask the provider now; tell whether it could be understood. What was known stays known where not."""
        try:
            metadata = self._get(self.issuer.rstrip("/") + WELL_KNOWN)
            self._verify(metadata)
            keys = self._get(metadata["jwks_uri"])
            known = _Known(metadata, _keys_in(keys))
        except (urllib3.exceptions.HTTPError, OSError, ValueError, KeyError, TypeError, JoseError) as error:
            log.warning("provider_not_reached", issuer=self.issuer, kind=type(error).__name__)
            return False
        self._known = known
        self._write_copy({"metadata": metadata, "keys": keys})
        return True

    def _may_ask(self) -> bool:
        with self._fetched:
            now = time.monotonic()
            if now - self._asked_at < FETCH_APART or self._thread.ident is None:
                return False
            self._asked_at = now
            return True

    def _follow(self) -> None:
        while not self._stopping.is_set():
            began_at = time.monotonic()
            reached = self.fetch()
            with self._fetched:
                self._fetched_since = began_at  # one that began before somebody asked may have missed a new key
                self._fetched.notify_all()
            self._wanted.wait(REFRESH_SECONDS if reached else FETCH_APART)
            self._wanted.clear()

    def _get(self, address: str) -> dict[str, Any]:
        answer = self._http.request("GET", address, redirect=False, preload_content=False)
        try:
            content = answer.read(MOST_BYTES + 1, decode_content=True)
        finally:
            answer.release_conn()
        if answer.status != 200 or len(content) > MOST_BYTES:  # noqa: PLR2004
            raise ValueError("not a document")
        document: dict[str, Any] = orjson.loads(content)
        return document

    def _verify(self, metadata: dict[str, Any]) -> None:
        if metadata["issuer"] != self.issuer or not all(is_safe_address(metadata[name]) for name in ENDPOINTS):
            raise ValueError("another issuer's, or an endpoint without TLS")

    def _start_from_copy(self) -> None:
        try:
            held = orjson.loads(self._seal.open(self._copy.read_bytes(), self._copy.name))
            self._known = _Known(held["metadata"], _keys_in(held["keys"]))
        except FileNotFoundError:
            return
        except (OSError, SealBroken, ValueError, KeyError, TypeError, JoseError):
            log.warning("provider_copy_ignored", issuer=self.issuer)

    def _write_copy(self, document: dict[str, Any]) -> None:
        part = self._copy.with_name(f".{self._copy.name}.{os.getpid()}.part")
        with contextlib.suppress(OSError):
            self._copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(self._seal.seal(orjson.dumps(document), self._copy.name))
            part.replace(self._copy)


def _keys_in(document: dict[str, Any]) -> dict[str, Key]:
    """Return the public keys that verify signatures, by id. Shared secrets are never among them, whatever is said."""
    fitting = [
        each
        for each in document["keys"]
        if each.get("kty") in {"RSA", "EC", "OKP"} and each.get("kid") and each.get("use", "sig") == "sig"
    ]
    if not fitting:
        raise ValueError("no key to verify signatures with")
    found = KeySet.import_key_set({"keys": fitting})
    return {str(key.kid): key for key in found.keys if isinstance(key, RSAKey | ECKey | OKPKey)}
