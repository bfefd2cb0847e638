"""Delivery by signed webhook: an HTTPS request whose body a receiver can hold us to.

Idempotency-Key: the same for every attempt at one message
Flagging-Timestamp: Unix seconds
Flagging-Signature: v1=HMAC-SHA256 in hex over TIMESTAMP.BODY
"""

import hmac
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

import orjson
import urllib3
from urllib3.exceptions import HTTPError

from flagging.errors import DeliveryFailed, SettingInvalid
from flagging.notify.content import Notification

SECONDS_TO_ANSWER: Final = 10.0
SHORTEST_SECRET: Final = 32
EVENT: Final = "ppo_recognised"


def read_webhook_secret(path: Path) -> bytes:
    """Return the secret that both sides know; raise SettingInvalid where there is none worth the name."""
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SettingInvalid("FLAGGING_WEBHOOK_SECRET_FILE", f"cannot be read: {error.strerror}") from None
    if len(secret) < SHORTEST_SECRET:
        raise SettingInvalid("FLAGGING_WEBHOOK_SECRET_FILE", f"must hold {SHORTEST_SECRET} bytes or more")
    return secret


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return what proves that a body is ours, and from when."""
    return "v1=" + hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()


class WebhookSender:
    """Posts to one address; follows no redirect, as it would lead what is told to somewhere nobody named."""

    def __init__(
        self, url: str, secret: bytes, ca_file: Path | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._url = url
        self._secret = secret
        self._now = now
        self._pool = urllib3.PoolManager(
            ca_certs=str(ca_file) if ca_file else None,
            retries=False,
            timeout=urllib3.Timeout(total=SECONDS_TO_ANSWER),
        )

    def send(self, notification: Notification) -> None:
        """Post one message; raise DeliveryFailed unless it is answered with 2xx."""
        told = {"key": notification.key, "event": EVENT, "for": notification.recipient.kind, **notification.carried}
        body, timestamp = orjson.dumps(told), str(int(self._now()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": notification.key,
            "Flagging-Timestamp": timestamp,
            "Flagging-Signature": signature(self._secret, timestamp, body),
        }
        try:
            answer = self._pool.request("POST", self._url, body=body, headers=headers, redirect=False)
        except (HTTPError, OSError) as error:
            raise DeliveryFailed(f"the receiver: {type(error).__name__}", is_of_channel=True) from None
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - success, as HTTP has it
            is_down = answer.status in {429, 502, 503, 504}
            raise DeliveryFailed(f"the receiver answered {answer.status}", is_of_channel=is_down)

    def rest(self) -> None:
        """Let go of the connections."""
        self._pool.clear()
