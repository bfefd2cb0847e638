"""The form of a lookup request (marshmallow), and reading one into a `Question`.

Schemas are built once; the same ones describe the API in its OpenAPI document. Bodies without any fault, nearly all,
are read by what `plain_bodies` compiles from them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from flagging.access.caller import Caller
from flagging.api.plain_bodies import Odd, PlainReader
from flagging.errors import Fault, QuestionInvalid
from flagging.faults import pointed
from flagging.lookup.question import YOUNGEST, AskedAlias, AskedPerson, Question
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


def plain_reader(schema: LookupSchema) -> PlainReader:
    """Return what reads the bodies of that schema that have no fault."""
    alias, person = AliasSchema(), PersonSchema()
    read_alias = PlainReader(alias, build=alias.build)
    read_person = PlainReader(person, {AliasSchema: read_alias}, person.one_way_to_say_when_born, person.build)
    return PlainReader(schema, {PersonSchema: read_person})


class LookupReader:
    """Reads request bodies. `directory` and `disclosure` say which codes exist."""

    def __init__(self, directory: Directory, disclosure: DisclosurePolicy) -> None:
        self._lookup = LookupSchema()
        self._read_plain = plain_reader(self._lookup)
        self._batch = BatchSchema()
        self._ocus = frozenset(directory.ocus)
        self._prisons = frozenset(directory.prisons)
        self._purposes = frozenset(purpose for grant in disclosure.grants.values() for purpose in grant.purposes)

    def question(self, body: Any, caller: Caller) -> Question:
        """Return the question a body asks; raise QuestionInvalid with every fault found."""
        loaded, faults = self._load(body)
        if not loaded.get("operator") and not caller.is_system:
            loaded["operator"] = caller.name
        found = list(self._faults(loaded))
        if faults or found:
            told = {fault.where for fault in faults}
            raise QuestionInvalid([*faults, *(fault for fault in found if fault.where not in told)])
        loaded["assessed_need"] = loaded["assessed_need"] or Need.UNKNOWN
        return Question(**loaded)

    def _load(self, body: Any) -> tuple[dict[str, Any], list[Fault]]:
        """Return what could be read of a body, and the faults of its form."""
        try:
            return self._read_plain(body), []
        except Odd:
            pass
        try:
            return self._lookup.load(body), []
        except ValidationError as error:
            faults = list(pointed(error.messages))
            if not isinstance(body, dict):
                raise QuestionInvalid(faults) from None
            readable: dict[str, Any] = error.valid_data or {}  # type: ignore[assignment] # of an object
            return readable, faults

    def batch(self, body: Any) -> list[Any]:
        """Return the items of a batch, unread; raise QuestionInvalid when the body is no batch."""
        try:
            loaded = self._batch.load(body)
        except ValidationError as error:
            raise QuestionInvalid(pointed(error.messages)) from None
        items: list[Any] = loaded["lookups"]
        return items

    def _faults(self, loaded: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what is wrong with what a body says, as far as its form could be read."""
        if not (loaded.get("operator") or "").strip():
            yield Fault("/operator", "required: the collar or staff number of the person asking")
        if loaded.get("purpose") not in self._purposes:
            yield Fault("/purpose", f"must be one of: {', '.join(sorted(self._purposes))}")
        setting, ocu, prison = loaded.get("setting"), loaded.get("ocu"), loaded.get("prison")
        if setting is not None and not setting.is_prison and ocu is None:
            yield Fault("/ocu", "required on arrest")
        if setting is not None and setting.is_prison and prison is None:
            yield Fault("/prison", "required in prison settings")
        for field, code, codes in (("ocu", ocu, self._ocus), ("prison", prison, self._prisons)):
            if code is not None and code not in codes:
                yield Fault(f"/{field}", f"must be one of: {', '.join(sorted(codes))}")
