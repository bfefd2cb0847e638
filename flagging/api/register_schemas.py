"""The form of what is told of the register and of syncs, for the OpenAPI document; a test holds the answers to it."""

from marshmallow import Schema, fields, validate

from flagging.api.answer_schemas import EvidenceSchema, RegisterSchema
from flagging.terms import Scheme, Status, Strength


class CountsSchema(Schema):
    active = fields.Integer(required=True)
    former = fields.Integer(required=True)
    missing = fields.Integer(required=True)


class SyncSummarySchema(Schema):
    """How one sync ended. `times` is how often in a row it ended so, since `first_at`."""

    id = fields.String(required=True)
    result = fields.String(required=True)
    source = fields.String(required=True)
    finished_at = fields.DateTime(required=True)
    first_at = fields.DateTime(required=True)
    times = fields.Integer(required=True)
    list_dated = fields.DateTime(required=True, allow_none=True)
    edition = fields.Integer(required=True, allow_none=True)
    guard = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    forced = fields.List(fields.String(), required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class RowSchema(Schema):
    """A row of the list, or the list as a whole where there is no line; never what stands there."""

    line = fields.Integer(required=True, allow_none=True)
    file = fields.String(required=True, allow_none=True)
    ppo_ref = fields.String(required=True, allow_none=True)
    field = fields.String(required=True)
    reason = fields.String(required=True)


class RejectedRowSchema(RowSchema):
    value_class = fields.String(required=True)


class WarningKindSchema(Schema):
    field = fields.String(required=True)
    reason = fields.String(required=True)
    count = fields.Integer(required=True)


class OverlapRecordSchema(Schema):
    ppo_ref = fields.String(required=True)
    status = fields.Enum(Status, by_value=True, required=True)
    scheme = fields.Enum(Scheme, by_value=True, required=True)
    home_ocu = fields.String(required=True, allow_none=True)
    offending_ocu = fields.String(required=True, allow_none=True)


class OverlapEvidenceSchema(EvidenceSchema):
    detail = fields.String(required=True)


class OverlapSchema(Schema):
    """Two records that are, or may well be, one person; the one that leads first.

    `one_person`: definite, and names and dates of birth do not contradict it; the answer to a lookup then names the
    managers of both. `because`: why it leads, null unless both are active.
    """

    refs = fields.List(fields.String(), required=True, validate=validate.Length(equal=2))
    strength = fields.Enum(Strength, by_value=True, required=True)
    one_person = fields.Boolean(required=True)
    because = fields.String(required=True, allow_none=True)
    evidence = fields.List(fields.Nested(OverlapEvidenceSchema), required=True)
    warnings = fields.List(fields.String(), required=True)
    records = fields.List(fields.Nested(OverlapRecordSchema), required=True)


class SyncReportSchema(SyncSummarySchema):
    """What one sync did, by reference; lists are cut off after 250, `counts` are not."""

    started_at = fields.DateTime(required=True)
    added = fields.List(fields.String(), required=True)
    changed = fields.List(fields.String(), required=True)
    removed = fields.List(fields.String(), required=True)
    erased = fields.List(fields.String(), required=True)
    missing = fields.List(fields.String(), required=True)
    rejected = fields.List(fields.Nested(RejectedRowSchema), required=True)
    warnings = fields.List(fields.Nested(RowSchema), required=True)
    warning_kinds = fields.List(fields.Nested(WarningKindSchema), required=True)
    overlaps = fields.List(fields.Nested(OverlapSchema), required=True)
    caveats = fields.List(fields.String(), required=True)
    ethnicity = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class LastSyncSchema(Schema):
    """How the last sync ended: to every role, when and with what result; the rest is for administrators."""

    result = fields.String(required=True)
    at = fields.DateTime(required=True)
    guard = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    forced = fields.List(fields.String(), allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)
    report = fields.Nested(SyncReportSchema, allow_none=True)


class RegisterStatusSchema(RegisterSchema):
    """`holds` (an edition that was gone back to holds off the list) and `reports` are for administrators."""

    counts = fields.Nested(CountsSchema, required=True)
    last_sync = fields.Nested(LastSyncSchema, required=True, allow_none=True)
    holds = fields.Boolean()
    reports = fields.List(fields.Nested(SyncSummarySchema))
