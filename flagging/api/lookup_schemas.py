"""The form of a lookup request (marshmallow), and reading one into a `Question`.

Schemas are built once; the same ones describe the API in its OpenAPI document.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from flagging.access.caller import Caller
from flagging.errors import Fault, QuestionInvalid
from flagging.faults import pointed
from flagging.lookup.question import AskedAlias, AskedPerson, Question
from flagging.policy.directory import Directory
from flagging.policy.disclosure import DisclosurePolicy
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
        strict=True, load_default=None, allow_none=True, validate=validate.Range(0, OLDEST_AGE)
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


class BatchSchema(RequestSchema):
    """Up to 100 lookups, each with an `id` of the caller's; each is then read on its own."""

    lookups = fields.List(
        fields.Dict(keys=fields.String()), required=True, validate=validate.Length(min=1, max=MOST_LOOKUPS)
    )


class LookupReader:
    """Reads request bodies. `directory` and `disclosure` say which codes exist."""

    def __init__(self, directory: Directory, disclosure: DisclosurePolicy) -> None:
        self._lookup = LookupSchema()
        self._batch = BatchSchema()
        self._ocus = frozenset(directory.ocus)
        self._prisons = frozenset(directory.prisons)
        self._purposes = frozenset(purpose for grant in disclosure.grants.values() for purpose in grant.purposes)

    def question(self, body: Any, caller: Caller) -> Question:
        """Return the question a body asks; raise QuestionInvalid with every fault found."""
        try:
            loaded = self._lookup.load(body)
        except ValidationError as error:
            raise QuestionInvalid(pointed(error.messages)) from None
        if not loaded["operator"] and not caller.is_system:
            loaded["operator"] = caller.name
        faults = list(self._faults(loaded))
        if faults:
            raise QuestionInvalid(faults)
        loaded["assessed_need"] = loaded["assessed_need"] or Need.UNKNOWN
        return Question(**loaded)

    def batch(self, body: Any) -> list[dict[str, Any]]:
        """Return the items of a batch, unread; raise QuestionInvalid when the body is no batch."""
        try:
            loaded = self._batch.load(body)
        except ValidationError as error:
            raise QuestionInvalid(pointed(error.messages)) from None
        items: list[dict[str, Any]] = loaded["lookups"]
        return items

    def _faults(self, loaded: Mapping[str, Any]) -> list[Fault]:
        faults = []
        if not (loaded["operator"] or "").strip():
            faults.append(Fault("/operator", "required: the collar or staff number of the person asking"))
        if loaded["purpose"] not in self._purposes:
            faults.append(Fault("/purpose", f"must be one of: {', '.join(sorted(self._purposes))}"))
        is_prison = loaded["setting"].is_prison
        if loaded["ocu"] is None and not is_prison:
            faults.append(Fault("/ocu", "required on arrest"))
        if loaded["prison"] is None and is_prison:
            faults.append(Fault("/prison", "required in prison settings"))
        for field, codes in (("ocu", self._ocus), ("prison", self._prisons)):
            if loaded[field] is not None and loaded[field] not in codes:
                faults.append(Fault(f"/{field}", f"must be one of: {', '.join(sorted(codes))}"))
        return faults
