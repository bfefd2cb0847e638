"""The JSON shapes of the parts of an answer that are the same for every role. Decides nothing."""

from typing import Any

from flagging.policy.answer import RegisterView
from flagging.policy.directory import Contact, Service
from flagging.policy.managers import OffenderManager
from flagging.policy.routing import Referral


def contact_shape(contact: Contact) -> dict[str, Any]:
    shape = {"name": contact.name, "telephone": contact.telephone}
    if contact.email:
        shape["email"] = contact.email
    return shape


def service_shape(service: Service) -> dict[str, Any]:
    shape = {"name": service.name, "telephone": service.telephone, "hours": service.hours}
    if service.email:
        shape["email"] = service.email
    return shape


def manager_shape(manager: OffenderManager) -> dict[str, Any]:
    return {
        "agency": str(manager.agency),
        "lead": manager.lead,
        "name": manager.name,
        "telephone": manager.telephone,
        "email": manager.email,
    }


def register_shape(register: RegisterView) -> dict[str, Any]:
    return {
        "edition": register.edition,
        "checked_at": register.checked_at,
        "list_dated": register.list_dated,
        "age_seconds": register.age_seconds,
        "state": register.state,
        "source": register.source,
    }


def referral_shape(referral: Referral) -> dict[str, Any]:
    return {
        "route": str(referral.route),
        "rule": referral.rule,
        "reason": referral.reason,
        "service": service_shape(referral.service) if referral.service else None,
        "otherwise": [
            {
                "if": other.condition,
                "route": str(other.route),
                "service": service_shape(other.service) if other.service else None,
            }
            for other in referral.otherwise
        ],
    }
