"""Field types that several configuration files share: tables of named tables, and the conditions of rules."""

import re
from enum import StrEnum
from typing import Any, get_type_hints

from marshmallow import Schema, ValidationError, fields, validate

from flagging.policy.conditions import Condition


class Tables(fields.Field[dict[str, Any]]):
    """A table of tables by name, each read by one schema; faults are named by the name of the table."""

    def __init__(self, schema: Schema, *, names: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema
        self.names = names

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("Not a table.")
        loaded: dict[str, Any] = {}
        faults: dict[str, Any] = {}
        for name, table in value.items():
            if not re.fullmatch(self.names, name):
                faults[name] = [f"Not a usable name: it must look like {self.names}."]
                continue
            try:
                loaded[name] = self.schema.load(table)
            except ValidationError as error:
                faults[name] = error.messages
        if faults:
            raise ValidationError(faults)
        return loaded


class When(fields.Field[Condition]):
    """The conditions of a rule: for each attribute of a case (a NamedTuple class) one allowed value, or a list."""

    def __init__(self, case: type, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabularies = get_type_hints(case)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Condition:
        if not isinstance(value, dict):
            raise ValidationError("Not a table of conditions.")
        allowed, faults = [], {}
        for name, values in value.items():
            try:
                allowed.append((name, self._values(name, values if isinstance(values, list) else [values])))
            except ValidationError as error:
                faults[name] = error.messages
        if faults:
            raise ValidationError(faults)
        return Condition(tuple(allowed))

    def _values(self, name: str, values: list[Any]) -> frozenset[Any]:
        vocabulary = self.vocabularies.get(name)
        if vocabulary is None:
            raise ValidationError(f"No such condition; there are: {', '.join(self.vocabularies)}.")
        if not values:
            raise ValidationError("An empty list fits nothing.")
        return frozenset(_value(vocabulary, value) for value in values)


def _value(vocabulary: type[StrEnum] | type[bool], value: Any) -> StrEnum | bool:
    if vocabulary is bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value
    try:
        return vocabulary(value)
    except ValueError:
        raise ValidationError(f"Must be one of: {', '.join(vocabulary)}.") from None


def sentence() -> fields.String:
    """A text that must be there and say something."""
    return fields.String(required=True, validate=validate.Regexp(r"\S", error="Must not be empty."))
