"""The form of what leaves, for the OpenAPI document.

Answers are built by `policy.disclosure`; a test holds them to this.
"""

from marshmallow import Schema, fields, validate

from flagging.terms import Field, Level, Outcome, Route, Setting, Strength


class ContactSchema(Schema):
    name = fields.String(required=True)
    telephone = fields.String(required=True, allow_none=True)
    email = fields.String(allow_none=True)


class ServiceSchema(ContactSchema):
    hours = fields.String()


class RegisterSchema(Schema):
    """How fresh the register is; nulls where no verified edition is held."""

    edition = fields.Integer(required=True, allow_none=True)
    checked_at = fields.DateTime(required=True, allow_none=True)
    list_dated = fields.DateTime(required=True, allow_none=True)
    age_seconds = fields.Integer(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(["current", "stale"]))
    source = fields.String(required=True, validate=validate.OneOf(["redis", "replica"]))


class IgnoredSchema(Schema):
    field = fields.String(required=True)
    reason = fields.String(required=True)


class EvidenceSchema(Schema):
    field = fields.Enum(Field, by_value=True, required=True)
    level = fields.Enum(Level, by_value=True, required=True)
    detail = fields.String()


class OffenderManagerSchema(Schema):
    agency = fields.String(required=True, validate=validate.OneOf(["police", "probation"]))
    lead = fields.Boolean(required=True)
    name = fields.String(required=True, allow_none=True)
    telephone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)


class TreatmentSchema(Schema):
    need = fields.String(required=True, validate=validate.OneOf(["yes", "no", "unknown"]))
    provider = fields.String(required=True, allow_none=True)


class MatchSchema(Schema):
    """One match. A candidate whose identity is not confirmed has a `handle` in place of all that names it."""

    ppo_ref = fields.String()
    handle = fields.String(metadata={"description": "good for this lookup alone, to quote on the telephone"})
    strength = fields.Enum(Strength, by_value=True, required=True)
    evidence = fields.List(fields.Nested(EvidenceSchema), required=True)
    warnings = fields.List(fields.String())
    home_ocu = fields.String(allow_none=True)
    offender_managers = fields.List(fields.Nested(OffenderManagerSchema))
    duty_desk = fields.Nested(ContactSchema, required=True)
    treatment = fields.Nested(TreatmentSchema)


class ConditionalSchema(Schema):
    condition = fields.String(required=True, data_key="if")
    route = fields.Enum(Route, by_value=True, required=True)
    service = fields.Nested(ServiceSchema, required=True, allow_none=True)


class ReferralSchema(Schema):
    route = fields.Enum(Route, by_value=True, required=True)
    rule = fields.String(required=True)
    reason = fields.String(required=True)
    service = fields.Nested(ServiceSchema, required=True, allow_none=True)
    otherwise = fields.List(fields.Nested(ConditionalSchema), required=True)


class ActionSchema(Schema):
    action = fields.String(required=True)
    text = fields.String(required=True)
    due = fields.String(required=True, metadata={"description": "ISO 8601 date or date-time, or words"})
    contact = fields.Nested(ServiceSchema, required=True, allow_none=True)
    provisional = fields.Boolean(required=True)


class AnswerSchema(Schema):
    lookup_id = fields.String(required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    answered_at = fields.DateTime(required=True)
    register = fields.Nested(RegisterSchema, required=True)
    searched_on = fields.List(fields.Enum(Field, by_value=True), required=True)
    ignored = fields.List(fields.Nested(IgnoredSchema), required=True)
    caveats = fields.List(fields.String(), required=True)
    matches = fields.List(fields.Nested(MatchSchema), required=True)
    referral = fields.Nested(ReferralSchema, required=True)
    actions = fields.List(fields.Nested(ActionSchema), required=True)
    receipt = fields.String(required=True)


class FaultSchema(Schema):
    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    errors = fields.List(fields.Nested(FaultSchema))


class CannotConfirmSchema(ProblemSchema):
    """Nobody can say whether the person is a PPO: not a no. Ring the duty desk."""

    outcome = fields.String(required=True, validate=validate.Equal(Outcome.CANNOT_CONFIRM.value))
    register = fields.Nested(RegisterSchema, required=True)
    duty_desk = fields.Nested(ContactSchema, required=True)
    referral = fields.Nested(ReferralSchema, required=True)
    actions = fields.List(fields.Nested(ActionSchema), required=True)
    lookup_id = fields.String()
    receipt = fields.String()


class ItemProblemSchema(ProblemSchema):
    """The problem of one item: with an outcome and what follows where nobody can say, otherwise without."""

    outcome = fields.String(validate=validate.Equal(Outcome.CANNOT_CONFIRM.value))
    register = fields.Nested(RegisterSchema)
    duty_desk = fields.Nested(ContactSchema)
    referral = fields.Nested(ReferralSchema)
    actions = fields.List(fields.Nested(ActionSchema))
    lookup_id = fields.String()
    receipt = fields.String()


class BatchAnswerItemSchema(Schema):
    id = fields.String(required=True, allow_none=True)
    status = fields.Integer(required=True)
    answer = fields.Nested(AnswerSchema)
    problem = fields.Nested(ItemProblemSchema)


class BatchAnswerSchema(Schema):
    answers = fields.List(fields.Nested(BatchAnswerItemSchema), required=True)


class LookupRecordSchema(Schema):
    """What the ledger holds of a lookup. `pending` is what is still in the spool: it has no place in the chain yet."""

    lookup_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["recorded", "pending"]))
    verified = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "entry, receipt and chain are as they were written; null while pending"},
    )
    number = fields.Integer(required=True, allow_none=True, metadata={"description": "place in the chain"})
    receipt = fields.String(required=True, allow_none=True)
    entry = fields.Dict(required=True, metadata={"description": "who asked what, when and why, and was told what"})
    fault = fields.String(metadata={"description": "why it does not verify"})


class HealthSchema(Schema):
    status = fields.String(required=True)
    missing = fields.List(fields.String())
    components = fields.Dict(keys=fields.String(), values=fields.String())


class DocumentSchema(Schema):
    openapi = fields.String(required=True)
    info = fields.Dict(required=True)
    paths = fields.Dict(required=True)
    components = fields.Dict(required=True)


class AlertSchema(Schema):
    """An earlier lookup to be repeated; the new one says what has changed."""

    alert_id = fields.String(required=True)
    lookup_id = fields.String(required=True)
    asked_at = fields.DateTime(required=True)
    alerted_at = fields.DateTime(required=True)
    setting = fields.Enum(Setting, by_value=True, required=True)
    operator = fields.String(required=True, allow_none=True)
    ocu = fields.String(required=True, allow_none=True)
    prison = fields.String(required=True, allow_none=True)
    client_reference = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)


class AlertsSchema(Schema):
    alerts = fields.List(fields.Nested(AlertSchema), required=True)
