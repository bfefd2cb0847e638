"""The desks, teams and services that answers name, and which one serves an OCU or a prison.

Owns the fallbacks: nobody is ever left without a number to ring. Knows nothing of routes or roles.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or desk to ring."""

    name: str
    telephone: str | None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service with opening hours, as a referral names it."""

    name: str
    telephone: str
    hours: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Ocu:
    """An operational command unit: its desk, staffed at all hours, and the DIP team that serves its area."""

    code: str
    name: str
    duty_desk: Contact
    dip_team: Service


@dataclass(frozen=True, slots=True)
class Prison:
    """A prison: its CARAT team, and whom inside it to tell about a PPO."""

    code: str
    name: str
    carat: Service
    ppo_contact: Contact


@dataclass(frozen=True, slots=True)
class Directory:
    """Every desk and service, OCUs and prisons by code, the other services by the key rules and actions name."""

    ocus: Mapping[str, Ocu]
    prisons: Mapping[str, Prison]
    services: Mapping[str, Service]
    force_duty_desk: Contact
    force_dip: Service

    def duty_desk(self, ocu: str | None) -> Contact:
        """The duty desk of an OCU; of an unknown or missing one, the force-wide desk."""
        known = self.ocus.get(ocu) if ocu else None
        return known.duty_desk if known else self.force_duty_desk

    def dip_team(self, *ocus: str | None) -> Service:
        """The DIP team of the first OCU the directory knows; with none, the force-wide DIP contact."""
        for ocu in ocus:
            known = self.ocus.get(ocu) if ocu else None
            if known:
                return known.dip_team
        return self.force_dip

    def prison(self, code: str | None) -> Prison | None:
        return self.prisons.get(code) if code else None
