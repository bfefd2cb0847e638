"""The service's keys and what they do: sealing bytes, signing receipts. Where they lie is the business of `key_file`.

From each root key a separate key per purpose is derived (HKDF-SHA-256), so that what is sealed for one purpose never
opens for another. The newest key comes first and signs. Whatever is sealed is sealed for every key in use, and opens
with any one of them: while keys are being rotated nobody loses anything, whether they have the new key yet or not.
No key ever leaves this module in a form that could be logged.
"""

import hmac
import os
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from flagging.errors import FormatUnknown, KeyUnknown, SealBroken

NONCE_BYTES, TAG_BYTES, CONTENT_KEY_BYTES, TAGGED_BYTES = 12, 16, 32, 16
SEAL_MARK: Final = b"FS1"  # names the format of sealed bytes, for whoever has to read them years later
SHARED_MARK: Final = b"FS2"  # the same sealed for several keys: with a key of its own, which is sealed for each of them
_SEALED_KEY_BYTES: Final = NONCE_BYTES + CONTENT_KEY_BYTES + TAG_BYTES
LONGEST_HEAD: Final = 1024
"""Bytes from which it can be told for which keys something is sealed; a handful of keys takes far fewer."""


class Purpose(StrEnum):
    """What a derived key is for."""

    EDITION = "edition"
    DOCUMENT = "document"
    SPOOL = "spool"
    RECEIPT = "receipt"
    COOKIE = "cookie"
    FORM = "form"
    PERSON = "person"
    LEDGER = "ledger"
    REPEATS = "repeats"


@dataclass(frozen=True, slots=True)
class RootKey:
    """One root key; its id is public (it stands in manifests and receipts), its secret never shows in a repr.

    One that `is_superseded` opens spool segments and verifies receipts, and is good for nothing else any more.
    """

    key_id: str
    secret: bytes = field(repr=False)
    is_superseded: bool = False

    def derive(self, purpose: Purpose, salt: bytes | None = None) -> bytes:
        """Return the 32-byte key for one purpose (RFC 5869), further divided by `salt` where one is given."""
        return HKDF(SHA256(), length=32, salt=salt, info=f"flagging/{purpose}".encode()).derive(self.secret)

    def signer(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.derive(Purpose.RECEIPT))


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """What is kept of a key whose secret is gone: the public half of the one that signed receipts (32 bytes)."""

    key_id: str
    public: bytes


def recipients(sealed: bytes) -> tuple[str, ...]:
    """Return the ids of the keys that something is sealed for; its first LONGEST_HEAD bytes are enough.

    Raises SealBroken for what this service has not sealed.
    """
    return tuple(key_id for key_id, _ in _read_head(sealed, "")[0])


class Seal:
    """Authenticated encryption (AES-256-GCM) for one purpose.

    `context` says where the bytes belong (a Redis key, a chunk of an edition): bytes moved elsewhere do not open.
    """

    def __init__(self, purpose: Purpose, keyring: "Keyring") -> None:
        self._purpose = purpose
        self._keyring = keyring
        self._made: tuple[tuple[RootKey, ...], dict[str, AESGCM]] = (), {}

    @property
    def key_id(self) -> str:
        """The newest key that things are sealed for."""
        return self._keyring.key_id

    def seal(self, plain: bytes, context: str) -> bytes:
        """Return the bytes sealed for every key in use."""
        ciphers, placed = self._ciphers(), context.encode()
        if len(ciphers) == 1:
            ((key_id, cipher),) = ciphers.items()
            head = SEAL_MARK + _named(key_id)
        else:
            content_key = AESGCM.generate_key(8 * CONTENT_KEY_BYTES)
            head, cipher = SHARED_MARK + bytes([len(ciphers)]), AESGCM(content_key)
            for key_id, each in ciphers.items():
                head += _named(key_id) + _encrypt(each, content_key, SHARED_MARK + placed)
        return head + _encrypt(cipher, plain, head + placed)

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return the plain bytes; raise SealBroken when they are altered or out of place, KeyUnknown when foreign."""
        found, length = _read_head(sealed, context)
        ciphers, placed = self._ciphers(), context.encode()
        fitting = next(((ciphers[key_id], key) for key_id, key in found if key_id in ciphers), None)
        if fitting is None:
            raise KeyUnknown(f"{context}: sealed with a key that is not in the key file, or not in use any more")
        cipher, content_key = fitting
        try:
            if content_key is not None:
                cipher = AESGCM(_decrypt(cipher, content_key, SHARED_MARK + placed))
            return _decrypt(cipher, sealed[length:], sealed[:length] + placed)
        except (InvalidTag, ValueError):
            raise SealBroken(f"{context}: altered, truncated or out of place") from None

    def _ciphers(self) -> dict[str, AESGCM]:
        """Return the cipher of each key in use, newest first."""
        keys = self._keyring.in_use
        made_for, ciphers = self._made
        if keys is not made_for:
            ciphers = {key.key_id: AESGCM(key.derive(self._purpose)) for key in keys}
            self._made = keys, ciphers
        return ciphers


class Keyring:
    """The keys of one key file, newest first, as they are now: seals made of it work with the newest ones at once."""

    def __init__(self, keys: tuple[RootKey, ...], retired: tuple[RetiredKey, ...] = ()) -> None:
        self.hold(keys, retired)

    def hold(self, keys: tuple[RootKey, ...], retired: tuple[RetiredKey, ...] = ()) -> None:
        """Hold these keys from now on, all of them at one moment."""
        self._held = _Held(
            keys={key.key_id: key for key in keys},
            in_use=tuple(key for key in keys if not key.is_superseded),
            signers={key.key_id: key.signer() for key in keys},
            quick_signers={key.key_id: crypto_sign_seed_keypair(key.derive(Purpose.RECEIPT))[1] for key in keys},
            person_keys=tuple(key.derive(Purpose.PERSON) for key in keys if not key.is_superseded),
            repeats_keys=tuple(key.derive(Purpose.REPEATS) for key in keys if not key.is_superseded)[:1],
            retired={key.key_id: Ed25519PublicKey.from_public_bytes(key.public) for key in retired},
        )

    @property
    def in_use(self) -> tuple[RootKey, ...]:
        return self._held.in_use

    @property
    def key_id(self) -> str:
        """The newest key: the one that signs."""
        return self._held.in_use[0].key_id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """All keys that have not been retired."""
        return tuple(self._held.keys)

    def seal_for(self, purpose: Purpose) -> Seal:
        return Seal(purpose, self)

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether something is sealed for just the keys in use; the beginning of it is enough."""
        return recipients(sealed) == tuple(key.key_id for key in self.in_use)

    def spool_cipher(self, key_id: str, segment: bytes) -> AESGCM:
        """Return the cipher of one spool segment: a key per segment lets its nonces simply count."""
        key = self._held.keys.get(key_id)
        if key is None:
            raise KeyUnknown("spool segment: sealed with a key that is not in the key file")
        return AESGCM(key.derive(Purpose.SPOOL, salt=segment))

    def digests(self, text: str) -> tuple[str, ...]:
        """Return a digest of a person's name by each key in use, newest first, that says nothing without the key."""
        return tuple(hmac.digest(key, text.encode(), "sha256").hex()[:32] for key in self._held.person_keys)

    def tag(self, content: bytes) -> bytes:
        """Return 16 bytes that stand for some content and say nothing without the newest key (BLAKE2b, RFC 7693)."""
        return blake2b(content, digest_size=TAGGED_BYTES, key=self._held.repeats_keys[0]).digest()

    def form_secret(self) -> bytes:
        """Return what forms are signed with: by the oldest key in use, so that adding another spoils no open form."""
        return self._held.in_use[-1].derive(Purpose.FORM)

    def sign(self, message: bytes, key_id: str | None = None) -> tuple[str, bytes]:
        """Return the id of a key, the newest unless one is named, and its Ed25519 signature (64 bytes, RFC 8032)."""
        held = self._held
        key_id = key_id or held.in_use[0].key_id
        return key_id, crypto_sign(message, held.quick_signers[key_id])[:crypto_sign_BYTES]

    def is_signed(self, key_id: str, signature: bytes, message: bytes) -> bool:
        held = self._held
        signer = held.signers.get(key_id)
        public = signer.public_key() if signer else held.retired.get(key_id)
        if public is None:
            return False
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class _Held:
    """What a keyring holds, replaced whole."""

    keys: dict[str, RootKey] = field(repr=False)
    in_use: tuple[RootKey, ...]
    signers: dict[str, Ed25519PrivateKey] = field(repr=False)
    # The same keys as libsodium has them, which signs twice as fast as OpenSSL.
    quick_signers: dict[str, bytes] = field(repr=False)
    person_keys: tuple[bytes, ...] = field(repr=False)
    repeats_keys: tuple[bytes, ...] = field(repr=False)
    retired: dict[str, Ed25519PublicKey] = field(repr=False)


def _named(key_id: str) -> bytes:
    name = key_id.encode()
    return bytes([len(name)]) + name


def _read_head(sealed: bytes, context: str) -> tuple[list[tuple[str, bytes | None]], int]:
    """Return whom bytes are sealed for, each with the content key sealed for it if there is one, and the head's length.

    Raises SealBroken for what is not sealed by this service.
    """
    mark = sealed[: len(SEAL_MARK)]
    if mark not in (SEAL_MARK, SHARED_MARK) or len(sealed) <= len(mark):
        if mark not in (SEAL_MARK, SHARED_MARK) and mark.startswith(SEAL_MARK[:-1]) and mark[-1:].isdigit():
            raise FormatUnknown(f"{context}: sealed by a later version, in a way this one does not know")
        raise SealBroken(f"{context}: not sealed by this service")
    is_shared, at = mark == SHARED_MARK, len(mark)
    number, at = (sealed[at], at + 1) if is_shared else (1, at)
    found: list[tuple[str, bytes | None]] = []
    for _ in range(number):
        end = at + 1 + (sealed[at] if at < len(sealed) else 0)
        key_id, at = sealed[at + 1 : end].decode("ascii", "replace"), end
        if is_shared:
            found.append((key_id, sealed[at : at + _SEALED_KEY_BYTES]))
            at += _SEALED_KEY_BYTES
        else:
            found.append((key_id, None))
    return found, at


def _encrypt(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound_to)


def _decrypt(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
