"""Every error the service raises on purpose: its HTTP status, its problem type and a sentence for the reader.

A message names the fault (file, key, field, setting), never a value that could be personal or secret.
"""

from collections.abc import Iterable
from dataclasses import dataclass


class FlaggingError(Exception):
    """A fault with a name. `status` and `problem` are what the API says when one reaches it."""

    status = 500
    problem = "internal-error"
    title = "The service failed"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (a dotted key or JSON pointer) and why."""

    where: str
    reason: str


# -- before the service starts ---------------------------------------------------------------------------------------


class SettingInvalid(FlaggingError):
    """A `FLAGGING_*` setting has a value that cannot be used."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name


class ConfigurationInvalid(FlaggingError):
    """Files of the configuration directory are wrong; carries every fault found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{fault.where}: {fault.reason}" for fault in self.faults))


class KeyFileFault(FlaggingError):
    """The key file is missing, readable by others, malformed, or lies where it must not."""


class KeyChangeRefused(FlaggingError):
    """A step of a key rotation by which something would become unreadable to somebody: nothing was changed."""


# -- the register ----------------------------------------------------------------------------------------------------


class EditionUnverified(FlaggingError):
    """A manifest or chunk does not verify (missing, tampered, foreign key, other version): it is never served."""


class SealBroken(EditionUnverified):
    """Sealed bytes that this service's keys do not open: foreign, altered, or put in another's place."""


class KeyUnknown(SealBroken):
    """Sealed with a key that the key file does not hold: another installation's, or the key file is the wrong one."""


class FormatUnknown(SealBroken):
    """Written by a later version, in a format this one does not know: it is left as it is, and nothing read from it."""


class StoreUnreachable(FlaggingError):
    """Redis does not answer, or not as Redis should."""

    status = 503
    problem = "store-unreachable"
    title = "The register store is out of reach"


class StoreTakesNoWrites(StoreUnreachable):
    """Redis can be read and takes no writes: it is somebody's replica, or has no room in memory or on disk."""


class SourceUnreadable(FlaggingError):
    """The master list cannot be read at all."""


class PublishConflict(FlaggingError):
    """Another worker holds the publishing lock or has changed the register meanwhile: nothing was changed."""


class RegisterChangeRefused(FlaggingError):
    """An administrator's change to the register that makes no sense or cannot be recorded: nothing was changed."""


# -- the ledger ------------------------------------------------------------------------------------------------------


class LedgerUnreachable(FlaggingError):
    """The ledger's database does not answer, or not as it should; lookups go on, and the spool keeps their record."""

    status = 503
    problem = "ledger-unreachable"
    title = "The ledger is out of reach"


class LedgerBroken(FlaggingError):
    """Something in the ledger is not as it was written: altered, removed or put elsewhere."""


class ReturnUnavailable(FlaggingError):
    """The figures of a month cannot be had: part of what they are made of was erased, or nothing was recorded."""


# -- telling others --------------------------------------------------------------------------------------------------


class DeliveryFailed(FlaggingError):
    """A notification did not reach its recipient; the message says why, and quotes nobody.

    `is_final`: this recipient cannot be reached so, however often it is tried. `is_of_channel`: nobody can be now.
    """

    def __init__(self, reason: str, *, is_final: bool = False, is_of_channel: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.is_of_channel = is_of_channel


class NotificationUnknown(FlaggingError):
    """There is no such notification, or it is not one that could be tried again."""


# -- measuring -------------------------------------------------------------------------------------------------------


class PeopleFileInvalid(FlaggingError):
    """A file of people that recognition is to be measured on is wrong: names file, line and column, never a value."""

    def __init__(self, name: str, line: int, column: str | None, reason: str) -> None:
        at = f"{name}, line {line}" if column is None else f"{name}, line {line}, column {column}"
        super().__init__(f"{at}: {reason}")


# -- a request -------------------------------------------------------------------------------------------------------


class Unauthenticated(FlaggingError):
    status = 401
    problem = "unauthenticated"
    title = "A valid bearer token is needed"


class TokenRefused(FlaggingError):
    """A token that a provider is said to have signed is not taken: the message says why, and quotes nothing of it."""

    status = 401
    problem = "unauthenticated"


class SignInRefused(FlaggingError):
    """Somebody whom a provider sent back cannot be signed in: the message says why, and names nobody."""

    status = 403
    problem = "sign-in-refused"
    title = "You cannot be signed in"


class ProviderUnknown(FlaggingError):
    """The OpenID Connect provider cannot be reached, or does not say whether it vouches for somebody."""

    status = 503
    problem = "provider-unreachable"
    title = "The sign-in service cannot be reached"


class ProviderBusy(ProviderUnknown):
    """As many wait for the OpenID Connect provider already as may at once. It was not asked."""

    title = "Others wait for the sign-in service already"


class SignedOut(FlaggingError):
    """A page was asked for by nobody who is signed in."""

    status = 401
    problem = "signed-out"
    title = "Sign in first"


class Forbidden(FlaggingError):
    status = 403
    problem = "forbidden"
    title = "This caller may not ask that"


class QuestionInvalid(FlaggingError):
    """The question cannot be asked as it stands; carries every fault found."""

    status = 422
    problem = "invalid-question"
    title = "The question has faults"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} fault(s)")


class TooManyRequests(FlaggingError):
    status = 429
    problem = "too-many-requests"
    title = "Too many requests from this caller"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


class SpoolUnwritable(FlaggingError):
    """The record of a lookup cannot be written; without it no answer leaves."""

    status = 503
    problem = "cannot-confirm"
    title = "The lookup cannot be recorded"


class OutOfTime(FlaggingError):
    """A lookup took longer than it may."""

    status = 503
    problem = "cannot-confirm"
    title = "The lookup took too long"


class CallersUnknown(FlaggingError):
    """No access list has ever been seen: nobody can be told from anybody, so nobody can be answered."""

    status = 503
    problem = "cannot-confirm"
    title = "The service does not know its callers yet"


class AccessChangeRefused(FlaggingError):
    """A change to the access list that makes no sense: nothing was changed."""
