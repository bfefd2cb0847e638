"""Reading one TOML file through a marshmallow schema; every fault comes back with file, key and reason."""

import tomllib
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError

from flagging.errors import ConfigurationInvalid, Fault
from flagging.faults import located


class ConfigSchema(Schema):
    """A table of a configuration file: keys nobody reads are faults, as they are usually misspelt ones."""

    class Meta:
        unknown = RAISE


def read_toml(path: Path, schema: Schema) -> Any:
    """Return what `schema` makes of the file.

    Raises ConfigurationInvalid with one fault per key, each named `FILE: key.subkey`.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationInvalid([Fault(path.name, reason)]) from None
    try:
        return schema.load(table)
    except ValidationError as error:
        raise ConfigurationInvalid(
            Fault(f"{path.name}: {'.'.join(key) or '(the whole file)'}", reason)
            for key, reason in located(error.messages_dict)
        ) from None
