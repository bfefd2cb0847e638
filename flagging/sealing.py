"""The service's keys and what they do: sealing bytes, keyed digests, signed receipts.

The key file holds root keys, newest first. From each, a separate key per purpose is derived (HKDF-SHA-256), so that
what is sealed for one purpose never opens for another. New things are sealed with the newest key; older ones stay
accepted as long as they stand in the file. No key ever leaves this module in a form that could be logged.
"""

import base64
import contextlib
import json
import os
import re
import stat
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flagging.errors import KeyFileFault, KeyUnknown, SealBroken

KEY_FILE_FORMAT = 1
ROOT_KEY_BYTES = 32
NONCE_BYTES = 12
SEAL_MARK = b"FS1"  # names the format of sealed bytes, for whoever has to read them years later
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Purpose(StrEnum):
    """What a derived key is for."""

    EDITION = "edition"
    DOCUMENT = "document"
    SPOOL = "spool"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class RootKey:
    """One root key; its id is public (it stands in manifests and receipts), its secret never shows in a repr."""

    key_id: str
    secret: bytes = field(repr=False)

    def derive(self, purpose: Purpose, salt: bytes | None = None) -> bytes:
        """Return the 32-byte key for one purpose (RFC 5869), further divided by `salt` where one is given."""
        return HKDF(SHA256(), length=32, salt=salt, info=f"flagging/{purpose}".encode()).derive(self.secret)


class Seal:
    """Authenticated encryption (AES-256-GCM) for one purpose.

    `context` says where the bytes belong (a Redis key, a chunk of an edition): bytes moved elsewhere do not open.
    """

    def __init__(self, purpose: Purpose, keys: tuple[RootKey, ...]) -> None:
        self._purpose = purpose
        self._ciphers = {key.key_id: AESGCM(key.derive(purpose)) for key in keys}
        self.key_id = keys[0].key_id

    def seal(self, plain: bytes, context: str) -> bytes:
        name = self.key_id.encode()
        head = SEAL_MARK + bytes([len(name)]) + name
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._ciphers[self.key_id].encrypt(nonce, plain, head + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return the plain bytes; raise SealBroken when they are altered or out of place, KeyUnknown when foreign."""
        if sealed[: len(SEAL_MARK)] != SEAL_MARK or len(sealed) <= len(SEAL_MARK):
            raise SealBroken(f"{context}: not sealed by this service")
        end = len(SEAL_MARK) + 1 + sealed[len(SEAL_MARK)]
        head, nonce, body = sealed[:end], sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
        cipher = self._ciphers.get(head[len(SEAL_MARK) + 1 :].decode("ascii", "replace"))
        if cipher is None:
            raise KeyUnknown(f"{context}: sealed with a key that is not in the key file")
        try:
            return cipher.decrypt(nonce, body, head + context.encode())
        except (InvalidTag, ValueError):
            raise SealBroken(f"{context}: altered, truncated or out of place") from None


class Keyring:
    """All keys of one key file."""

    def __init__(self, keys: tuple[RootKey, ...]) -> None:
        self._keys = keys
        self._signers = {key.key_id: Ed25519PrivateKey.from_private_bytes(key.derive(Purpose.RECEIPT)) for key in keys}

    @property
    def key_id(self) -> str:
        """The newest key: the one new things are sealed with."""
        return self._keys[0].key_id

    def seal_for(self, purpose: Purpose) -> Seal:
        return Seal(purpose, self._keys)

    def spool_cipher(self, key_id: str, segment: bytes) -> AESGCM:
        """Return the cipher of one spool segment: a key per segment lets its nonces simply count."""
        for key in self._keys:
            if key.key_id == key_id:
                return AESGCM(key.derive(Purpose.SPOOL, salt=segment))
        raise KeyUnknown("spool segment: sealed with a key that is not in the key file")

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes, RFC 8032) of the newest key."""
        return self._signers[self.key_id].sign(message)

    def is_signed(self, key_id: str, signature: bytes, message: bytes) -> bool:
        signer = self._signers.get(key_id)
        if signer is None:
            return False
        try:
            signer.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return True


def create_key_file(path: Path) -> None:
    """Write a key file with one fresh root key, readable by its owner alone; an existing file is left alone.

    Raises KeyFileFault when it cannot be written; nothing half-written is left behind.
    """
    try:
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(opened, "w", encoding="ascii") as file:
                json.dump({"format": KEY_FILE_FORMAT, "keys": [_fresh_key()]}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(part, path)  # unlike a rename, never replaces a key that another worker has just made
        finally:
            Path(part).unlink()
    except OSError as error:
        raise KeyFileFault(f"{path}: cannot be written: {error.strerror}") from None


def _fresh_key() -> dict[str, str]:
    secret = os.urandom(ROOT_KEY_BYTES)
    return {
        "id": f"k-{sha256(b'flagging key id' + secret).hexdigest()[:12]}",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "secret": base64.b64encode(secret).decode(),
    }


def load_keyring(path: Path) -> Keyring:
    """Read the key file; raise KeyFileFault naming what is wrong, never what stands in it."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyFileFault(f"{path}: others than its owner may read it; chmod 600 it")
            content = json.load(file)
    except OSError as error:
        raise KeyFileFault(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise KeyFileFault(f"{path}: not JSON") from None
    return Keyring(_root_keys(path, content))


def _root_keys(path: Path, content: object) -> tuple[RootKey, ...]:
    if not isinstance(content, dict) or content.get("format") != KEY_FILE_FORMAT:
        raise KeyFileFault(f"{path}: not a key file of format {KEY_FILE_FORMAT}")
    keys: dict[str, RootKey] = {}
    try:
        for entry in content["keys"]:
            key_id, secret = entry["id"], base64.b64decode(entry["secret"], validate=True)
            if len(secret) != ROOT_KEY_BYTES:
                raise KeyFileFault(f"{path}: key {len(keys) + 1} is not {ROOT_KEY_BYTES} bytes long")
            if not KEY_ID.fullmatch(key_id) or key_id in keys:
                raise KeyFileFault(f"{path}: the id of key {len(keys) + 1} is not one, or another key's")
            keys[key_id] = RootKey(key_id, secret)
    except (KeyError, TypeError, ValueError):
        raise KeyFileFault(f"{path}: key {len(keys) + 1} is malformed") from None
    if not keys:
        raise KeyFileFault(f"{path}: holds no key")
    return tuple(keys.values())
