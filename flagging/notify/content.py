"""What a notification says, and to whom it goes. The last filter: nothing leaves that `notify.toml` does not name.

Says where somebody on the register is, since when, and whom to ring there. Never a name, an offence, or anything about
drugs: those are asked for on the telephone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flagging.errors import DeliveryFailed
from flagging.notify.outbox import RecipientKind
from flagging.policy.directory import Contact, Directory
from flagging.policy.managers import LeadRule, duty_desk_of, list_managers
from flagging.record import Record
from flagging.terms import Setting

_WORDS = {
    Setting.ARREST: "is under arrest",
    Setting.PRISON_RECEPTION: "has been received into prison",
    Setting.PRISON_RELEASE: "is about to be released from prison",
}
SUBJECT = "PPO notification: please ring"
"""Stands on locked screens, so it says nothing of anybody."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: a manager of an agency, or a desk; `email` is what e-mail needs."""

    kind: RecipientKind
    name: str | None
    email: str | None
    agency: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return who was told, for the ledger."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one recipient; `carried` are the fields that may leave by this channel."""

    key: str
    recipient: Recipient
    carried: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recipients:
    """Finds whom to tell of a record."""

    directory: Directory
    lead_rule: LeadRule

    def of(self, record: Record | None, kind: RecipientKind, *, by_email: bool) -> Recipient:
        """Return whom to tell: the manager who leads or else another who can be written to, or else the duty desk.

        Raises DeliveryFailed where nobody has an e-mail address.
        """
        if kind is RecipientKind.MANAGER and record is not None:
            for manager in list_managers(record, self.lead_rule).managers:
                if manager.email or not by_email:
                    return Recipient(kind, manager.name, manager.email, manager.agency)
        desk = duty_desk_of(record, self.lead_rule, self.directory) if record else self.directory.force_duty_desk
        if by_email and not desk.email:
            desk = self.directory.force_duty_desk
        if by_email and not desk.email:
            raise DeliveryFailed("neither offender manager nor duty desk has an e-mail address", is_final=True)
        return Recipient(RecipientKind.DUTY_DESK, desk.name, desk.email)


def carried(entry: Mapping[str, Any], directory: Directory, allowed: Sequence[str]) -> dict[str, Any]:
    """Return what of a lookup's entry may be told."""
    question = entry["question"]
    place, contact = _place(question, directory)
    facts = {
        "ppo_ref": entry["refs"][0],
        "setting": question["setting"],
        "place": place,
        "at": entry["at"],
        "contact": {"name": contact.name, "telephone": contact.telephone},
        "client_reference": question.get("client_reference"),
    }
    return {name: value for name, value in facts.items() if name in allowed and value is not None}


def as_text(told: Mapping[str, Any], recipient: Recipient) -> str:
    """Return a notification as the text of an e-mail."""
    is_desk = recipient.kind is RecipientKind.DUTY_DESK
    who = f"{told['ppo_ref']} " if "ppo_ref" in told else "Somebody on the PPO register "
    what = _WORDS[Setting(told["setting"])] if "setting" in told else "has been recognised"
    lines = [f"{who}{what}.", "", f"Where:  {told['place']}"]
    if "at" in told:
        lines.append(f"Since:  {told['at'][:16].replace('T', ' ')} UTC")
    if "client_reference" in told:
        lines.append(f"Their reference:  {told['client_reference']}")
    contact = told["contact"]
    lines += [f"Ring:   {contact['name']}, {contact['telephone']}", ""]
    if is_desk:
        lines += ["The offender manager could not be told by e-mail. Please see that they are.", ""]
    lines.append("Ask for anything else on the telephone. Do not answer this e-mail.")
    return "\n".join(lines) + "\n"


def _place(question: Mapping[str, Any], directory: Directory) -> tuple[str, Contact]:
    prison = directory.prison(question.get("prison"))
    if prison is not None:
        return prison.name, prison.ppo_contact
    ocu = directory.ocus.get(question.get("ocu") or "")
    return (f"{ocu.name} custody" if ocu else "not said"), directory.duty_desk(question.get("ocu"))
