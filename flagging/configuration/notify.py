"""`config/notify.toml`: what notifications may carry, and how hard it is tried to deliver them."""

from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from flagging.configuration.toml_file import ConfigSchema, read_toml

NOTIFIABLE = ("ppo_ref", "setting", "place", "at", "contact", "client_reference")
"""All that a notification can carry: no name, no offence and nothing about drugs is among it."""
ALWAYS = frozenset({"place", "contact"})


@dataclass(frozen=True, slots=True)
class NotifyPolicy:
    """What may leave by each channel, and the times of trying, in seconds (`keep_days` in days)."""

    sender: str
    email: tuple[str, ...]
    webhook: tuple[str, ...]
    quiet: float
    first_retry: float
    longest_retry: float
    escalate_after: float
    give_up_after: float
    keep_days: int


def load_notify(path: Path) -> NotifyPolicy:
    """Read `notify.toml`. Raises ConfigurationInvalid, naming every fault."""
    policy: NotifyPolicy = read_toml(path, _NotifySchema())
    return policy


def _address(value: str) -> None:
    _, address = parseaddr(value)
    if not value.isprintable() or not value.isascii() or address.count("@") != 1 or address.startswith("@"):
        raise ValidationError("Must be an e-mail address, with or without a name before it.")


def _carried(value: list[str]) -> None:
    if missing := ALWAYS.difference(value):
        raise ValidationError(f"Nobody could act on a message without {', '.join(sorted(missing))}.")


def _fields() -> fields.List[str]:
    return fields.List(fields.String(validate=validate.OneOf(NOTIFIABLE)), required=True, validate=_carried)


def _seconds(least: float) -> fields.Float:
    return fields.Float(required=True, validate=validate.Range(min=least, max=366 * 86400))


class _NotifySchema(ConfigSchema):
    sender = fields.String(required=True, validate=_address)
    email = _fields()
    webhook = _fields()
    quiet = _seconds(0)
    first_retry = _seconds(0.1)
    longest_retry = _seconds(0.1)
    escalate_after = _seconds(1)
    give_up_after = _seconds(1)
    keep_days = fields.Integer(required=True, validate=validate.Range(min=1, max=3660))

    @validates_schema
    def _in_order(self, loaded: dict[str, Any], **_: Any) -> None:
        for shorter, longer in (("first_retry", "longest_retry"), ("escalate_after", "give_up_after")):
            if loaded.get(shorter, 0) > loaded.get(longer, 0):
                raise ValidationError(f"Must not be shorter than {shorter}.", longer)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> NotifyPolicy:
        loaded |= {name: tuple(loaded[name]) for name in ("email", "webhook")}
        return NotifyPolicy(**loaded)
