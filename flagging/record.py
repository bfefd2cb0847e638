"""One PPO on the register, as every part of the service sees it."""

from dataclasses import dataclass
from datetime import date

from flagging.identity.person import Identity
from flagging.terms import Agency, Need, Scheme, Sex, Stage, Status


@dataclass(frozen=True, slots=True)
class Manager:
    """An offender manager and how to reach them; a contact without telephone and e-mail is not usable."""

    agency: Agency
    name: str | None
    telephone: str | None
    email: str | None

    @property
    def is_reachable(self) -> bool:
        return bool(self.telephone or self.email)


@dataclass(frozen=True, slots=True)
class Record:
    """One person of the master list, canonical.

    `missing_since` is the day the person dropped out of the list without being removed. A scheme that is not
    recorded is read as PPO: the list is the PPO register, and leaving somebody out would be a silent no.
    """

    ppo_ref: str
    status: Status
    identity: Identity
    sex: Sex = Sex.NOT_RECORDED
    scheme: Scheme = Scheme.PPO
    home_ocu: str | None = None
    offending_ocu: str | None = None
    stage: Stage | None = None
    statutory: bool | None = None
    managers: tuple[Manager, ...] = ()
    drug_treatment_need: Need = Need.UNKNOWN
    drug_treatment_provider: str | None = None
    added_on: date | None = None
    review_on: date | None = None
    removed_on: date | None = None
    updated_at: str | None = None
    missing_since: date | None = None
