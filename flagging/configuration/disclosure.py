"""`config/disclosure.toml`: the Information Sharing Protocol, role by role, read into a `DisclosurePolicy`."""

from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from flagging.configuration.toml_fields import Tables
from flagging.configuration.toml_file import ConfigSchema, read_toml
from flagging.policy.disclosure import Disclosed, DisclosurePolicy, RepeatLimits, RoleGrant
from flagging.policy.referral_form import FormField
from flagging.terms import Role, Route, Setting

MOST_WAYS = 60
"""Ways of asking about one person that are told apart, whatever the limits."""


def load_disclosure(path: Path) -> DisclosurePolicy:
    """Read `disclosure.toml`. Raises ConfigurationInvalid, naming every fault; a role left out is one."""
    policy: DisclosurePolicy = read_toml(path, _DisclosureSchema())
    return policy


class _PurposeSchema(ConfigSchema):
    settings = fields.List(
        fields.Enum(Setting, by_value=True), required=True, validate=validate.Length(1, error="Must name one.")
    )


class _RoleSchema(ConfigSchema):
    purposes = Tables(_PurposeSchema(), names="[a-z][a-z0-9_]*", required=True)
    fields_ = fields.List(fields.Enum(Disclosed, by_value=True), required=True, data_key="fields")

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> RoleGrant:
        purposes = {code: frozenset(purpose["settings"]) for code, purpose in loaded["purposes"].items()}
        return RoleGrant(purposes, frozenset(loaded["fields_"]))


class _FormSchema(ConfigSchema):
    fields_ = fields.List(fields.Enum(FormField, by_value=True), required=True, data_key="fields")

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> frozenset[FormField]:
        return frozenset(loaded["fields_"])


def _limit() -> fields.Integer:
    return fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_WAYS))


class _RepeatsSchema(ConfigSchema):
    window_minutes = fields.Integer(strict=True, required=True, validate=validate.Range(1, 24 * 60))
    operator_levels = _limit()
    operator_refused = _limit()
    caller_levels = _limit()
    caller_refused = _limit()

    @validates_schema
    def in_order(self, loaded: dict[str, int], **_: Any) -> None:
        for who in ("operator", "caller"):
            if loaded[f"{who}_levels"] > loaded[f"{who}_refused"]:
                raise ValidationError(f"Must not be below {who}_levels.", f"{who}_refused")

    @post_load
    def _build(self, loaded: dict[str, int], **_: Any) -> RepeatLimits:
        return RepeatLimits(**loaded)


class _DisclosureSchema(ConfigSchema):
    repeats = fields.Nested(_RepeatsSchema(), load_default=RepeatLimits())
    roles = Tables(_RoleSchema(), names="|".join(Role), required=True)
    referral_forms = Tables(_FormSchema(), names="|".join(Route), load_default=dict)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> DisclosurePolicy:
        grants = loaded["roles"]
        missing = {
            role: ["Missing: say what this role may do, if only nothing."] for role in Role if role not in grants
        }
        if missing:
            raise ValidationError({"roles": missing})
        forms = {Route(name): granted for name, granted in loaded["referral_forms"].items()}
        return DisclosurePolicy({Role(name): grant for name, grant in grants.items()}, forms, loaded["repeats"])
