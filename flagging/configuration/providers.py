"""`config/providers.toml`: whom OpenID Connect providers may vouch for, and in which role. An exact allow-list."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from flagging.configuration.toml_fields import sentence
from flagging.configuration.toml_file import ConfigSchema, read_toml
from flagging.setting_values import is_safe_address
from flagging.terms import Role


@dataclass(frozen=True, slots=True)
class SystemGrant:
    """One client of one issuer, and the role that each of its scopes stands for."""

    issuer: str
    client: str
    scopes: Mapping[str, Role]


@dataclass(frozen=True, slots=True)
class PeopleGrant:
    """One issuer whose people may sign in: the claim that decides, and the role each of its values stands for.

    `username` is the claim that names the person in the ledger.
    """

    issuer: str
    claim: str
    roles: Mapping[str, Role]
    username: str


@dataclass(frozen=True, slots=True)
class ProviderPolicy:
    """Everybody whom providers may vouch for."""

    systems: tuple[SystemGrant, ...] = ()
    people: tuple[PeopleGrant, ...] = ()

    @property
    def issuers(self) -> frozenset[str]:
        return frozenset(grant.issuer for grant in self.systems) | {grant.issuer for grant in self.people}

    def system(self, issuer: str, client: str) -> SystemGrant | None:
        return next((grant for grant in self.systems if (grant.issuer, grant.client) == (issuer, client)), None)

    def people_of(self, issuer: str) -> PeopleGrant | None:
        return next((grant for grant in self.people if grant.issuer == issuer), None)


def load_providers(path: Path) -> ProviderPolicy:
    """Read `providers.toml`. Raises ConfigurationInvalid, naming every fault."""
    policy: ProviderPolicy = read_toml(path, _ProvidersSchema())
    return policy


def _issuer(value: str) -> None:
    if not is_safe_address(value):
        raise ValidationError("Must be an https:// address, as the provider itself writes it.")


def _roles() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"\S", error="Must not be empty.")),
        values=fields.Enum(Role, by_value=True),
        required=True,
        validate=validate.Length(1, error="Must name one."),
    )


class _SystemSchema(ConfigSchema):
    issuer = fields.String(required=True, validate=_issuer)
    client = sentence()
    scopes = _roles()

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> SystemGrant:
        return SystemGrant(**loaded)


class _PeopleSchema(ConfigSchema):
    issuer = fields.String(required=True, validate=_issuer)
    claim = sentence()
    roles = _roles()
    username = fields.String(load_default="preferred_username", validate=validate.Length(1))

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> PeopleGrant:
        return PeopleGrant(**loaded)


class _ProvidersSchema(ConfigSchema):
    systems = fields.List(fields.Nested(_SystemSchema()), load_default=list)
    people = fields.List(fields.Nested(_PeopleSchema()), load_default=list)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> ProviderPolicy:
        policy = ProviderPolicy(tuple(loaded["systems"]), tuple(loaded["people"]))
        clients = [(grant.issuer, grant.client) for grant in policy.systems]
        if len(set(clients)) < len(clients):
            raise ValidationError({"systems": ["A client of an issuer is named twice."]})
        issuers = [grant.issuer for grant in policy.people]
        if len(set(issuers)) < len(issuers):
            raise ValidationError({"people": ["An issuer is named twice."]})
        return policy
