"""The drug-referral route: ordered, named rules, the first that fits wins.

The rules are configuration (`config/routing.toml`). At start they are worked out for every case there is, so that a
lookup only looks its case up, and so that a case no rule reaches, or a rule no case reaches, is found then.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from flagging.policy.conditions import ALWAYS, Condition
from flagging.policy.directory import Directory, Service
from flagging.terms import Age, DrugTest, Need, Outcome, Route, Setting


class Provider(StrEnum):
    """Services that depend on where the person stands; every other service of a rule is a key of the directory.

    `dip_team` is that of the OCU asking; without one (as in prison), of the home OCU of a definite match, as far as
    the caller may see it; otherwise the force-wide DIP contact. `carat` is the team of the prison asking.
    """

    DIP_TEAM = "dip_team"
    CARAT = "carat"


class RoutingFacts(NamedTuple):
    """What routing goes by. `home_ocu` only of a definite match and only where the caller's role may see it."""

    setting: Setting
    outcome: Outcome
    need: Need
    age: Age
    trigger_offence: bool = False
    best_is_former: bool = False
    ocu: str | None = None
    prison: str | None = None
    home_ocu: str | None = None


Facts = tuple[Setting, Outcome, Need, Age, bool, bool, str | None, str | None, str | None]
"""`RoutingFacts` without its names, which is equal to it: to make a named tuple goes by way of the interpreter."""


@dataclass(frozen=True, slots=True)
class Conditional:
    """A route that becomes right once `condition` is known to hold."""

    condition: str
    route: Route
    service: Service | None


@dataclass(frozen=True, slots=True)
class Referral:
    """The route, the rule that chose it, why, whom to refer to, and what would be right otherwise."""

    route: Route
    rule: str
    reason: str
    service: Service | None
    otherwise: tuple[Conditional, ...] = ()


class RoutingCase(NamedTuple):
    """One combination of all that rules can ask about."""

    setting: Setting
    outcome: Outcome
    need: Need
    age: Age
    trigger_offence: bool
    best_is_former: bool


@dataclass(frozen=True, slots=True)
class ConditionalPlan:
    condition: str
    route: Route
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """Within a rule, the reason and conditional routes of some of its cases."""

    reason: str
    otherwise: tuple[ConditionalPlan, ...] = ()
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule; its variants in order, the first that fits wins, the last one fits always."""

    name: str
    when: Condition
    route: Route
    service: str | None
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence added to the reason of every case it fits, whatever the rule."""

    text: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rule says about one case, services still by name."""

    rule: str
    route: Route
    reason: str
    service: str | None
    otherwise: tuple[ConditionalPlan, ...]


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """The plan for every case, and the rules it was worked out from."""

    plans: Mapping[RoutingCase, Plan]
    rules: tuple[Rule, ...]


def drug_need(drug_test: DrugTest | None, assessed: Need, recorded: Need = Need.UNKNOWN) -> Need:
    """Whether the person needs drug treatment.

    A positive test or an assessed need is a yes; otherwise an assessed no or a negative test is a no; otherwise what
    the register records, which the caller of this function passes only for roles that may see it.
    """
    if drug_test is DrugTest.POSITIVE or assessed is Need.YES:
        return Need.YES
    if drug_test is DrugTest.NEGATIVE or assessed is Need.NO:
        return Need.NO
    return recorded


def route(facts: RoutingFacts, table: RoutingTable, directory: Directory) -> Referral:
    """The referral of the first rule that fits."""
    plan = table.plans[
        RoutingCase(
            facts.setting,
            facts.outcome,
            facts.need,
            facts.age,
            facts.trigger_offence and facts.setting is Setting.ARREST,
            facts.best_is_former and facts.outcome is Outcome.POSSIBLE_MATCH,
        )
    ]
    service = _service(plan.service, facts, directory)
    if not plan.otherwise:
        return Referral(plan.route, plan.rule, plan.reason, service)
    otherwise = tuple(
        Conditional(other.condition, other.route, _service(other.service, facts, directory)) for other in plan.otherwise
    )
    return Referral(plan.route, plan.rule, plan.reason, service, otherwise)


def _service(name: str | None, facts: RoutingFacts, directory: Directory) -> Service | None:
    if name is None:
        return None
    if name == Provider.DIP_TEAM:
        return directory.dip_team(facts.ocu, facts.home_ocu)
    if name == Provider.CARAT:
        prison = directory.prison(facts.prison)
        return prison.carat if prison else None
    return directory.services[name]


def every_case() -> Iterator[RoutingCase]:
    """Every case that can occur: trigger offences are asked about on arrest, former candidates in possible matches."""
    for setting, outcome, need, age, trigger, former in product(
        Setting, Outcome, Need, Age, (False, True), (False, True)
    ):
        if (trigger and setting is not Setting.ARREST) or (former and outcome is not Outcome.POSSIBLE_MATCH):
            continue
        yield RoutingCase(setting, outcome, need, age, trigger, former)


def tabulate(rules: Sequence[Rule], remarks: Iterable[Remark] = ()) -> RoutingTable:
    """Work out the plan of every case that some rule reaches; `gaps_of` and `unused_in` tell what is amiss."""
    remarks = tuple(remarks)
    plans = {}
    for case in every_case():
        rule = next((rule for rule in rules if rule.when.fits(case)), None)
        if rule is None:
            continue
        variant = next(variant for variant in rule.variants if variant.when.fits(case))
        reason = " ".join([variant.reason, *(remark.text for remark in remarks if remark.when.fits(case))])
        plans[case] = Plan(rule.name, rule.route, reason, rule.service, variant.otherwise)
    return RoutingTable(plans, tuple(rules))


def gaps_of(table: RoutingTable) -> tuple[RoutingCase, ...]:
    """The cases no rule reaches; a table with any must not be served."""
    return tuple(case for case in every_case() if case not in table.plans)


def unused_in(table: RoutingTable) -> Iterator[tuple[int, int | None]]:
    """Positions of rules no case reaches, and of (rule, variant) that none reaches within its rule."""
    for position, rule in enumerate(table.rules):
        cases = [case for case, plan in table.plans.items() if plan.rule == rule.name]
        if not cases:
            yield position, None
            continue
        chosen = {next(n for n, variant in enumerate(rule.variants) if variant.when.fits(case)) for case in cases}
        for number, variant in enumerate(rule.variants):
            if number not in chosen and variant.when is not ALWAYS:
                yield position, number
