"""The closed vocabularies of the domain: the words that questions, records and answers are made of.

Values are the spellings of the API and of the configuration files. Owns no rule: what follows from a word is
decided in `matching` and `policy`.
"""

from enum import StrEnum


class Setting(StrEnum):
    """Where the person stands: at arrest, at the prison gate coming in, or about to go out."""

    ARREST = "arrest"
    PRISON_RECEPTION = "prison_reception"
    PRISON_RELEASE = "prison_release"

    @property
    def is_prison(self) -> bool:
        return self is not Setting.ARREST


class Role(StrEnum):
    """What a caller is to this service; every caller has exactly one."""

    CUSTODY = "custody"
    ARREST_REFERRAL = "arrest_referral"
    PRISON = "prison"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Outcome(StrEnum):
    """What the register says about the person asked about."""

    FLAGGED = "flagged"
    POSSIBLE_MATCH = "possible_match"
    FORMER = "former"
    NOT_ON_REGISTER = "not_on_register"
    CANNOT_CONFIRM = "cannot_confirm"


class Strength(StrEnum):
    """How sure a match is: acted upon as it stands, or only after the identity is confirmed."""

    DEFINITE = "definite"
    POSSIBLE = "possible"


class Level(StrEnum):
    """What comparing one field says, in the API's words."""

    AGREES = "agrees"
    CLOSE = "close"
    DIFFERS = "differs"
    NOT_COMPARED = "not_compared"


class Field(StrEnum):
    """A field people are compared on; the values of `searched_on` and of evidence."""

    NAME = "name"
    DATE_OF_BIRTH = "date_of_birth"
    PNC_ID = "pnc_id"
    CRO_NUMBER = "cro_number"
    PRISON_NUMBER = "prison_number"
    CRN = "crn"
    POSTCODE = "postcode"


class Status(StrEnum):
    """A record's standing: on the register, or taken off it (`former`)."""

    ACTIVE = "active"
    FORMER = "former"


class Agency(StrEnum):
    """Who manages an offender."""

    POLICE = "police"
    PROBATION = "probation"


class Need(StrEnum):
    """Whether somebody needs drug treatment."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class DrugTest(StrEnum):
    """The result of a drug test on arrest."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    REFUSED = "refused"
    NOT_TESTED = "not_tested"


class Route(StrEnum):
    """The drug-referral route of an answer."""

    DSB = "DSB"
    DIP = "DIP"
    CARAT = "CARAT"
    HOLD = "hold"
    NONE = "none"


class Age(StrEnum):
    """Which side of 18 somebody stands on, or that stated age and record disagree about it."""

    UNDER_18 = "under_18"
    ADULT = "adult"
    UNKNOWN = "unknown"
    DISPUTED = "disputed"


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    NOT_RECORDED = "not_recorded"


class Scheme(StrEnum):
    """The scheme a record comes from; which of them count as a flag is configuration."""

    PPO = "PPO"
    POPP = "POPP"
    CHRYSALIS = "Chrysalis"


class Stage(StrEnum):
    AT_LIBERTY = "at_liberty"
    IN_COURT_PROCESS = "in_court_process"
    IN_CUSTODY = "in_custody"
    SUPERVISED = "supervised"
