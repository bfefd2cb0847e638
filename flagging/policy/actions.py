"""What has to be done besides the drug route: by whom to be told, by when.

The table is configuration (`config/actions.toml`), worked out at start for every case.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple

from flagging.policy.conditions import Condition
from flagging.policy.deadlines import Deadline, WorkingCalendar, due_by
from flagging.policy.directory import Contact, Directory, Service
from flagging.policy.managers import OffenderManager
from flagging.terms import Age, DrugTest, Outcome, Setting


class ContactPoint(StrEnum):
    """Contacts that depend on the case; every other contact of an action is a key of the directory's services."""

    OFFENDER_MANAGER = "offender_manager"
    DUTY_DESK = "duty_desk"
    PRISON_PPO_CONTACT = "prison_ppo_contact"


class ActionFacts:
    """What the actions go by.

    `duty_desk` is that of the best match, or of the OCU asking; `lead` is the leading offender manager of a definite
    best match.
    """

    __slots__ = ("age", "drug_test", "duty_desk", "lead", "outcome", "prison", "setting", "trigger_offence")

    def __init__(  # noqa: PLR0913 one for each field
        self,
        setting: Setting,
        outcome: Outcome,
        age: Age,
        duty_desk: Contact,
        *,
        trigger_offence: bool = False,
        drug_test: DrugTest | None = None,
        prison: str | None = None,
        lead: OffenderManager | None = None,
    ) -> None:
        self.setting: Final = setting
        self.outcome: Final = outcome
        self.age: Final = age
        self.duty_desk: Final = duty_desk
        self.trigger_offence: Final = trigger_offence
        self.drug_test: Final = drug_test
        self.prison: Final = prison
        self.lead: Final = lead


class Action(NamedTuple):
    """One thing to do. `due` is an ISO date or date-time, or the table's words; `point` is what chose the contact."""

    action: str
    text: str
    due: str
    contact: Contact | Service | None
    provisional: bool = False
    point: ContactPoint | None = None


class ActionCase(NamedTuple):
    """One combination of all that actions can ask about. `untested`: no drug test has been offered yet."""

    setting: Setting
    outcome: Outcome
    age: Age
    trigger_offence: bool
    untested: bool


Case = tuple[Setting, Outcome, Age, bool, bool]
"""An `ActionCase` without its names, which is equal to it."""


@dataclass(frozen=True, slots=True)
class ActionRule:
    """One row of the table. `desk_out_of_hours`: outside office hours it goes to the duty desk."""

    action: str
    when: Condition
    text: str
    due: Deadline
    contact: str | None = None
    desk_out_of_hours: bool = False
    provisional_for: frozenset[Outcome] = frozenset()


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is said when an action is provisional, or goes to the duty desk in place of the offender manager."""

    provisional: str
    out_of_hours: str
    nobody_to_reach: str


@dataclass(frozen=True, slots=True)
class ActionTable:
    """The rows for every case, and the rows themselves."""

    rows: Mapping[Case, tuple[ActionRule, ...]]
    rules: tuple[ActionRule, ...]
    sentences: Sentences
    calendar: WorkingCalendar


def due_actions(facts: ActionFacts, table: ActionTable, directory: Directory, asked_at: datetime) -> tuple[Action, ...]:
    """The actions due, in the order of the table, with deadlines counted from `asked_at` (aware)."""
    # Without its names: to make a named tuple for each lookup goes by way of the interpreter.
    case = (
        facts.setting,
        facts.outcome,
        facts.age,
        facts.trigger_offence and facts.setting is Setting.ARREST,
        facts.drug_test is None or facts.drug_test is DrugTest.NOT_TESTED,
    )
    rules = table.rows[case]
    return tuple(_due(rule, facts, table, directory, asked_at) for rule in rules) if rules else ()


def _due(rule: ActionRule, facts: ActionFacts, table: ActionTable, directory: Directory, asked_at: datetime) -> Action:
    is_provisional = facts.outcome in rule.provisional_for
    is_late = rule.desk_out_of_hours and not table.calendar.is_office_hours(asked_at)
    point, contact = _whom(rule.contact, None if is_late else facts.lead, facts, directory)
    sentences = [rule.text]
    if is_provisional:
        sentences = [table.sentences.provisional, rule.text]
    elif rule.contact == ContactPoint.OFFENDER_MANAGER and point is ContactPoint.DUTY_DESK:
        sentences.append(table.sentences.out_of_hours if is_late else table.sentences.nobody_to_reach)
    due = due_by(rule.due, asked_at, table.calendar)
    return Action(rule.action, " ".join(sentences), due, contact, is_provisional, point)


def _whom(
    contact: str | None, lead: OffenderManager | None, facts: ActionFacts, directory: Directory
) -> tuple[ContactPoint | None, Contact | Service | None]:
    if contact == ContactPoint.OFFENDER_MANAGER and lead is not None:
        return ContactPoint.OFFENDER_MANAGER, Contact(lead.name or lead.agency, lead.telephone, lead.email)
    if contact in (ContactPoint.OFFENDER_MANAGER, ContactPoint.DUTY_DESK):
        return ContactPoint.DUTY_DESK, facts.duty_desk
    if contact == ContactPoint.PRISON_PPO_CONTACT:
        prison = directory.prison(facts.prison)
        return ContactPoint.PRISON_PPO_CONTACT, prison.ppo_contact if prison else None
    return None, directory.services[contact] if contact else None


def every_case() -> Iterator[ActionCase]:
    for setting, outcome, age, trigger, untested in product(Setting, Outcome, Age, (False, True), (False, True)):
        if not (trigger and setting is not Setting.ARREST):
            yield ActionCase(setting, outcome, age, trigger, untested)


def tabulate(rules: Sequence[ActionRule], sentences: Sentences, calendar: WorkingCalendar) -> ActionTable:
    """Work out the rows of every case."""
    rows: dict[Case, tuple[ActionRule, ...]] = {
        case: tuple(rule for rule in rules if rule.when.fits(case)) for case in every_case()
    }
    return ActionTable(rows, tuple(rules), sentences, calendar)


def unused_in(table: ActionTable) -> tuple[int, ...]:
    """Positions of rows no case reaches."""
    return tuple(n for n, rule in enumerate(table.rules) if not any(rule in rows for rows in table.rows.values()))
