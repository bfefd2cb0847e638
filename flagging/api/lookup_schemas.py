"""The form of a lookup request (marshmallow); `lookup_reader` reads by it, and the OpenAPI document describes it."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from flagging.lookup.question import YOUNGEST, AskedAlias, AskedPerson
from flagging.terms import DrugTest, Need, Setting

MOST_ALIASES = 10
MOST_LOOKUPS = 100
OLDEST_AGE = 120


class StrictBoolean(fields.Boolean):
    """`true` or `false` and nothing that merely looks like it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Unread(fields.Nested):
    """Described by its schema but passed on as it came, so that one item's faults do not spoil the others."""

    def deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


def text(longest: int, **options: Any) -> fields.String:
    """An optional text of bounded length; null says the same as leaving it out."""
    return fields.String(load_default=None, allow_none=True, validate=validate.Length(max=longest), **options)


class RequestSchema(Schema):
    """A request body: fields nobody reads are refused, as a misspelt one would silently go unused."""

    class Meta:
        unknown = RAISE


class AliasSchema(RequestSchema):
    family_name = text(100)
    given_names = text(100)
    date_of_birth = text(40)

    @post_load
    def build(self, loaded: dict[str, Any], **_: Any) -> AskedAlias:
        return AskedAlias(**loaded)


class PersonSchema(RequestSchema):
    """The person asked about: at least one identifier, or two of family name, given names, date of birth (or age)."""

    family_name = text(100)
    given_names = text(100)
    date_of_birth = text(40, metadata={"description": "YYYY-MM-DD, YYYY-MM or YYYY", "example": "1983-02-01"})
    approximate_age = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(YOUNGEST, OLDEST_AGE)
    )
    pnc_id = text(100, metadata={"description": "any accepted spelling", "example": "01/171310W"})
    cro_number = text(100)
    prison_number = text(100)
    crn = text(100)
    postcode = text(20, metadata={"description": "used for matching only"})
    aliases = fields.List(
        fields.Nested(AliasSchema), load_default=(), validate=validate.Length(max=MOST_ALIASES), allow_none=True
    )

    @validates_schema
    def one_way_to_say_when_born(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded.get("date_of_birth") and loaded.get("approximate_age") is not None:
            raise ValidationError("stands in place of date_of_birth: give one of them", "approximate_age")

    @post_load
    def build(self, loaded: dict[str, Any], **_: Any) -> AskedPerson:
        loaded["aliases"] = tuple(loaded["aliases"] or ())
        return AskedPerson(**loaded)


class LookupSchema(RequestSchema):
    setting = fields.Enum(Setting, by_value=True, required=True)
    purpose = fields.String(required=True, validate=validate.Length(min=1, max=64))
    operator = text(64, metadata={"description": "the person asking; required of system tokens"})
    client_reference = text(128, metadata={"description": "the caller's own reference, for the ledger"})
    person = fields.Nested(PersonSchema, required=True)
    ocu = text(16, metadata={"description": "required on arrest", "example": "F1"})
    prison = text(16, metadata={"description": "required in prison settings", "example": "BMI"})
    trigger_offence = StrictBoolean(load_default=None, allow_none=True)
    drug_test = fields.Enum(DrugTest, by_value=True, load_default=None, allow_none=True)
    assessed_need = fields.Enum(Need, by_value=True, load_default=Need.UNKNOWN, allow_none=True)


class BatchItemSchema(LookupSchema):
    id = fields.String(required=True, validate=validate.Length(min=1), metadata={"description": "yours, given back"})


class BatchSchema(RequestSchema):
    """Up to 100 lookups, each with an `id` of the caller's; each is then read on its own."""

    lookups = fields.List(Unread(BatchItemSchema), required=True, validate=validate.Length(min=1, max=MOST_LOOKUPS))
