"""The full answer to a lookup, from what was found: referral, actions, managers, caveats; then what may leave of it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, Literal

from flagging.access.caller import Caller
from flagging.identity.birth_date import side_of_18
from flagging.identity.person import IdentifierKind
from flagging.identity.reading import BLANK, PLACEHOLDER
from flagging.lookup.finding import Found
from flagging.lookup.question import Question, Sought
from flagging.matching.match import Match
from flagging.policy.actions import Action, ActionFacts, ActionTable, due_actions
from flagging.policy.age import combined_age
from flagging.policy.answer import Answer, AnsweredMatch, EvidenceLine, RegisterView
from flagging.policy.directory import Directory
from flagging.policy.disclosure import Disclosure, DisclosurePolicy, disclose, usable_home_ocu, usable_need
from flagging.policy.managers import (
    LeadRule,
    ManagerList,
    duty_desk_of,
    list_managers,
    list_managers_of_all,
    order_held_twice,
)
from flagging.policy.routing import Facts, Referral, RoutingFacts, RoutingTable, drug_need, route
from flagging.record import Record
from flagging.register.freshness import Freshness
from flagging.register.held import Held
from flagging.sortable_ids import new_id
from flagging.terms import Age, Field, Outcome, Strength

HANDLE_BYTES: Final = 4
_MILLISECONDS: Final = tuple([f".{number:03}Z" for number in range(1000)])
_IDENTIFIERS: Final = frozenset(IdentifierKind)
_SAYS_NOTHING: Final = frozenset({BLANK.reason, PLACEHOLDER.reason})
STALE_WARNING: Final = "the register is stale: what it says of this person may have changed"
LEVELS_WITHHELD: Final = (
    "nearly the same person was asked about in many ways: what agrees and what differs is not told, ring the duty desk"
)
TOO_MANY: Final = "too many matches: only the strongest are listed"
NAMESAKE: Final = (
    "somebody of this name with another date of birth is on the register: if the date may be false, confirm the "
    "identity, or ask again without the date"
)


@dataclass(frozen=True, slots=True)
class Policies:
    """What the configuration directory says about routes, actions, services, managers and disclosure."""

    routing: RoutingTable
    actions: ActionTable
    directory: Directory
    disclosure: DisclosurePolicy
    lead_rule: LeadRule
    _referrals: dict[Facts, Referral] = field(default_factory=dict, init=False, repr=False, compare=False)

    def referral(self, facts: Facts) -> Referral:
        """Return where to refer to; worked out once for all lookups alike, as there are only so many."""
        known = self._referrals.get(facts)
        if known is None:
            known = self._referrals[facts] = route(RoutingFacts(*facts), self.routing, self.directory)
        return known


class Asked:
    """A question as it stands before the register: who asks it, when (`today` is the day in England), and for whom."""

    __slots__ = ("asked_at", "caller", "question", "sought", "today")

    def __init__(self, question: Question, caller: Caller, sought: Sought, asked_at: datetime, today: date) -> None:
        self.question: Final = question
        self.caller: Final = caller
        self.sought: Final = sought
        self.asked_at: Final = asked_at
        self.today: Final = today


class Standing:
    """How far the register behind an answer can be trusted."""

    __slots__ = ("caveats", "register")

    def __init__(self, register: RegisterView, caveats: tuple[str, ...]) -> None:
        self.register: Final = register
        self.caveats: Final = caveats


def compose(asked: Asked, found: Found, standing: Standing, policies: Policies) -> tuple[Answer, Disclosure]:
    """Return the full answer, for the ledger, and what the caller's role may see of it."""
    question = asked.question
    is_stale = standing.register.state == "stale"
    matches: tuple[AnsweredMatch, ...] = ()
    if found.matches:
        found, listed = _lead_first(found, policies.lead_rule)
        matches = tuple(
            _answered(
                match,
                managers,
                policies,
                is_stale=is_stale,
                levels_withheld=match.record.ppo_ref in found.levels_withheld,
            )
            for match, managers in zip(found.matches, listed, strict=True)
        )
    best = matches[0] if matches else None
    age = _age(asked, found)
    answer = Answer(
        lookup_id=new_id(),
        outcome=found.outcome,
        answered_at=_to_the_millisecond(asked.asked_at),
        register=standing.register,
        searched_on=asked.sought.searched_on,
        referral=_referral(asked, found, best, age, policies),
        actions=_actions(asked, found.outcome, best, age, policies),
        duty_desk=policies.directory.duty_desk(question.ocu),
        ignored=asked.sought.ignored,
        caveats=_caveats(asked.sought, found, standing, is_stale=is_stale),
        matches=matches,
        other_schemes=found.other_schemes,
    )
    return answer, disclose(answer, asked.caller.role, policies.disclosure)


def _lead_first(found: Found, rule: LeadRule) -> tuple[Found, list[ManagerList]]:
    """Put the records of somebody held twice in order, the one that leads first; return whom to list for each match.

    All records of one person list the same managers, so that whichever is read, the same one leads.
    """
    matches = list(found.matches)
    listed = [list_managers(match.record, rule) for match in matches]
    for records in found.held_twice:
        places = [place for place, match in enumerate(matches) if match.record in records]
        in_order = order_held_twice(records, rule.held_twice).records
        together = sorted((matches[place] for place in places), key=lambda match: in_order.index(match.record))
        for place, match in zip(places, together, strict=True):
            matches[place], listed[place] = match, list_managers_of_all(records, rule)
    return found._replace(matches=tuple(matches)) if found.held_twice else found, listed


def _answered(
    match: Match, managers: ManagerList, policies: Policies, *, is_stale: bool, levels_withheld: bool
) -> AnsweredMatch:
    record = match.record
    return AnsweredMatch(
        ppo_ref=record.ppo_ref,
        handle=secrets.token_hex(HANDLE_BYTES),
        strength=match.strength,
        status=record.status,
        # A postcode is for matching alone: whether it agrees would let a caller close in on an address.
        evidence=tuple(
            EvidenceLine(line.field, line.level, line.detail)
            for line in match.evidence
            if line.field is not Field.POSTCODE
        ),
        warnings=match.warnings + tuple(_cautions(record, is_stale=is_stale)),
        home_ocu=record.home_ocu,
        managers=managers,
        duty_desk=duty_desk_of(record, policies.lead_rule, policies.directory),
        treatment_need=record.drug_treatment_need,
        treatment_provider=record.drug_treatment_provider,
        levels_withheld=levels_withheld,
    )


def _cautions(record: Record, *, is_stale: bool) -> Iterator[str]:
    if record.missing_since is not None:
        yield f"no longer told of by the master list since {record.missing_since.isoformat()}, but not removed"
    if is_stale:
        yield STALE_WARNING


def _age(asked: Asked, found: Found) -> Age:
    on = asked.today
    stated = side_of_18(asked.sought.born, on)
    if not found.matches:
        return stated
    best = found.matches[0]
    personas = best.record.identity.personas
    recorded = side_of_18(personas[0].born if personas else None, on)
    return combined_age(stated, recorded, is_definite=best.strength is Strength.DEFINITE)


def _referral(asked: Asked, found: Found, best: AnsweredMatch | None, age: Age, policies: Policies) -> Referral:
    question, role = asked.question, asked.caller.role
    recorded = usable_need(best, found.outcome, role, policies.disclosure)
    need = drug_need(question.drug_test, question.assessed_need, recorded)
    home_ocu = usable_home_ocu(best, found.outcome, role, policies.disclosure)
    is_trigger = bool(question.trigger_offence)
    where = question.ocu, question.prison, home_ocu
    return policies.referral((question.setting, found.outcome, need, age, is_trigger, found.best_is_former, *where))


def _actions(
    asked: Asked, outcome: Outcome, best: AnsweredMatch | None, age: Age, policies: Policies
) -> tuple[Action, ...]:
    question = asked.question
    is_definite = best is not None and best.strength is Strength.DEFINITE
    facts = ActionFacts(
        setting=question.setting,
        outcome=outcome,
        age=age,
        duty_desk=best.duty_desk if best else policies.directory.duty_desk(question.ocu),
        trigger_offence=bool(question.trigger_offence),
        drug_test=question.drug_test,
        prison=question.prison,
        lead=best.managers.lead if best and is_definite else None,
    )
    return due_actions(facts, policies.actions, policies.directory, asked.asked_at)


def _caveats(sought: Sought, found: Found, standing: Standing, *, is_stale: bool) -> tuple[str, ...]:
    caveats = standing.caveats + sought.notes
    if is_stale:
        caveats += (STALE_WARNING,)
    if found.levels_withheld:
        caveats += (LEVELS_WITHHELD,)
    if found.is_truncated:
        caveats += (TOO_MANY,)
    if found.has_namesake and found.outcome is Outcome.NOT_ON_REGISTER:
        caveats += (NAMESAKE,)
    if not sought.ignored or found.outcome is not Outcome.NOT_ON_REGISTER:
        return caveats
    unread = [each.field for each in sought.ignored if each.field in _IDENTIFIERS and each.reason not in _SAYS_NOTHING]
    if unread:
        caveats += (f"{', '.join(dict.fromkeys(unread))} could not be read: nobody was looked for by it",)
    return caveats


def standing_of(held: Held, freshness: Freshness | None, now: float) -> Standing:
    """Say how far the register held can be trusted; `now` is seconds since boot.

    With no edition held the state is `stale`: there is nothing that could be current.
    """
    source = held.source(now)
    if held.edition is None or held.vouched is None or freshness is None:
        return Standing(RegisterView(None, None, None, None, "stale", source), ())
    manifest = held.edition.manifest
    caveats = manifest.caveats
    if held.refused_edition is not None:
        refused = f"edition {held.refused_edition} of the register could not be verified"
        caveats += (f"{refused}: edition {manifest.number} answers in its place",)
    vouched, age_seconds = held.vouched, int(freshness.age_seconds)
    view = _view(manifest.number, vouched.checked_at, vouched.list_dated, age_seconds, freshness.state, source)
    return Standing(view, caveats)


@lru_cache(maxsize=16)
def _view(
    number: int,
    checked_at: float,
    list_dated: float,
    age_seconds: int,
    state: Literal["current", "stale"],
    source: Literal["redis", "replica"],
) -> RegisterView:
    """Return what is told of a register; of one there is something new to tell once a second."""
    return RegisterView(number, _in_utc(checked_at), _in_utc(list_dated), age_seconds, state, source)


def _to_the_millisecond(moment: datetime) -> str:
    """Write a time in UTC as ISO 8601. Its second is written once for all lookups in it."""
    return _in_utc(int(moment.timestamp()))[:-1] + _MILLISECONDS[moment.microsecond // 1000]


@lru_cache(maxsize=64)
def _in_utc(moment: float) -> str:
    """Write a Unix time as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
