"""`config/directory.toml`: the desks, teams and services of the force area, read into a `Directory`."""

from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from flagging.configuration.toml_fields import Tables, sentence
from flagging.configuration.toml_file import ConfigSchema, read_toml
from flagging.policy.directory import Contact, Directory, Ocu, Prison, Service

_KEY = "[a-z][a-z0-9_]*"
_CODE = "[A-Z0-9]{1,8}"


def load_directory(path: Path) -> Directory:
    """Read `directory.toml`. Raises ConfigurationInvalid, naming every fault."""
    directory: Directory = read_toml(path, _DirectorySchema())
    return directory


class _ContactSchema(ConfigSchema):
    name = sentence()
    telephone = fields.String(
        required=True, validate=validate.Regexp(r"\+?[0-9][0-9 ]{2,18}\Z", error="Not a telephone number.")
    )
    email = fields.Email(load_default=None)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> Contact:
        return Contact(**loaded)


class _ServiceSchema(_ContactSchema):
    hours = sentence()

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> Service:
        return Service(**loaded)


class _OcuSchema(ConfigSchema):
    name = sentence()
    duty_desk = fields.Nested(_ContactSchema, required=True)
    dip_team = sentence()


class _PrisonSchema(ConfigSchema):
    name = sentence()
    carat = fields.Nested(_ServiceSchema, required=True)
    ppo_contact = fields.Nested(_ContactSchema, required=True)


class _DirectorySchema(ConfigSchema):
    force_duty_desk = fields.Nested(_ContactSchema, required=True)
    force_dip = fields.Nested(_ServiceSchema, required=True)
    dip_teams = Tables(_ServiceSchema(), names=_KEY, required=True)
    ocus = Tables(_OcuSchema(), names=_CODE, required=True)
    prisons = Tables(_PrisonSchema(), names=_CODE, required=True)
    services = Tables(_ServiceSchema(), names=_KEY, required=True)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> Directory:
        teams = loaded.pop("dip_teams")
        faults = {
            code: {"dip_team": [f"No such DIP team; there are: {', '.join(teams)}."]}
            for code, ocu in loaded["ocus"].items()
            if ocu["dip_team"] not in teams
        }
        if faults:
            raise ValidationError({"ocus": faults})
        loaded["ocus"] = {
            code: Ocu(code, ocu["name"], ocu["duty_desk"], teams[ocu["dip_team"]])
            for code, ocu in loaded["ocus"].items()
        }
        loaded["prisons"] = {code: Prison(code, **prison) for code, prison in loaded["prisons"].items()}
        return Directory(**loaded)
