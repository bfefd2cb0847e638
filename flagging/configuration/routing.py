"""`config/routing.toml`: what counts as a flag, who leads a case, and the rules of the drug-referral route.

Proves at start that every case reaches a rule and that every rule and variant is reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from flagging.configuration.toml_fields import When, sentence
from flagging.configuration.toml_file import ConfigSchema, read_toml
from flagging.policy.conditions import ALWAYS
from flagging.policy.managers import HOME_FIRST, LeadRule, OcuOf
from flagging.policy.routing import (
    ConditionalPlan,
    Remark,
    RoutingCase,
    RoutingTable,
    Rule,
    Variant,
    gaps_of,
    tabulate,
    unused_in,
)
from flagging.terms import Agency, Route, Scheme

_ROUTES_WITH_SERVICE = frozenset({Route.DSB, Route.DIP, Route.CARAT})


@dataclass(frozen=True, slots=True)
class RoutingPolicy:
    """All of `routing.toml`: the schemes that count as a flag, who leads, and the table of routes."""

    flag_schemes: frozenset[Scheme]
    leads: LeadRule
    table: RoutingTable


def load_routing(path: Path) -> RoutingPolicy:
    """Read `routing.toml`. Raises ConfigurationInvalid, naming every fault; gaps and unreachable rules are faults."""
    policy: RoutingPolicy = read_toml(path, _RoutingSchema())
    return policy


class _RoutedSchema(ConfigSchema):
    """Anything with a route: the routes that lead to a service must name it."""

    route = fields.Enum(Route, by_value=True, required=True)
    service = fields.String(load_default=None)

    @validates_schema
    def _names_its_service(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded["route"] in _ROUTES_WITH_SERVICE and not loaded["service"]:
            raise ValidationError(f"Missing: the route {loaded['route']} leads to a service.", "service")


class _ConditionalSchema(_RoutedSchema):
    condition = fields.String(required=True, data_key="if", validate=validate.Regexp(r"\S", error="Must not be empty."))

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> ConditionalPlan:
        return ConditionalPlan(**loaded)


class _VariantSchema(ConfigSchema):
    """Left out, `otherwise` is the rule's."""

    when = When(RoutingCase, required=True)
    reason = sentence()
    otherwise = fields.List(fields.Nested(_ConditionalSchema), load_default=None)


class _RuleSchema(_RoutedSchema):
    name = fields.String(
        required=True, validate=validate.Regexp(r"[a-z0-9]+(-[a-z0-9]+)*\Z", error="Must look like in-need.")
    )
    when = When(RoutingCase, required=True)
    reason = sentence()
    otherwise = fields.List(fields.Nested(_ConditionalSchema), load_default=list)
    variants = fields.List(fields.Nested(_VariantSchema), load_default=list)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> Rule:
        usual = loaded["otherwise"]
        variants = [
            Variant(
                variant["reason"],
                tuple(usual if variant["otherwise"] is None else variant["otherwise"]),
                variant["when"],
            )
            for variant in [*loaded["variants"], {"reason": loaded["reason"], "otherwise": usual, "when": ALWAYS}]
        ]
        return Rule(loaded["name"], loaded["when"], loaded["route"], loaded["service"], tuple(variants))


class _RemarkSchema(ConfigSchema):
    when = When(RoutingCase, required=True)
    text = sentence()

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> Remark:
        return Remark(loaded["text"], loaded["when"])


class _LeadSchema(ConfigSchema):
    statutory = fields.Enum(Agency, by_value=True, required=True)
    non_statutory = fields.Enum(Agency, by_value=True, required=True)
    not_recorded = fields.Enum(Agency, by_value=True, required=True)
    duty_desk_of = fields.List(
        fields.Enum(OcuOf, by_value=True), required=True, validate=validate.Length(1, error="Must name one.")
    )

    held_twice = fields.List(
        fields.Enum(OcuOf, by_value=True),
        load_default=HOME_FIRST,
        validate=validate.Length(1, error="Must name one."),
    )

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> LeadRule:
        agency = {True: loaded["statutory"], False: loaded["non_statutory"], None: loaded["not_recorded"]}
        return LeadRule(agency, tuple(loaded["duty_desk_of"]), tuple(loaded["held_twice"]))


class _FlagSchema(ConfigSchema):
    schemes = fields.List(
        fields.Enum(Scheme, by_value=True),
        required=True,
        validate=validate.Length(1, error="Nobody would be flagged."),
    )


class _RoutingSchema(ConfigSchema):
    flag = fields.Nested(_FlagSchema, required=True)
    offender_managers = fields.Nested(_LeadSchema, required=True)
    remarks = fields.List(fields.Nested(_RemarkSchema), load_default=list)
    rules = fields.List(fields.Nested(_RuleSchema), required=True)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> RoutingPolicy:
        table = tabulate(loaded["rules"], loaded["remarks"])
        faults = list(_faults_of(table))
        if faults:
            raise ValidationError({"rules": faults})
        return RoutingPolicy(frozenset(loaded["flag"]["schemes"]), loaded["offender_managers"], table)


def _faults_of(table: RoutingTable) -> Iterator[str]:
    names = [rule.name for rule in table.rules]
    yield from (f"The name {name} is used twice." for name in dict.fromkeys(names) if names.count(name) > 1)
    gaps = gaps_of(table)
    if gaps:
        case = ", ".join(f"{name} {value}" for name, value in gaps[0]._asdict().items())
        yield f"{len(gaps)} cases reach no rule, the first of them: {case}."
    for position, variant in unused_in(table):
        what = "no case reaches it" if variant is None else f"no case reaches its variant {variant + 1}"
        yield f"Rule {position + 1} ({names[position]}): {what}; those above take them all."
