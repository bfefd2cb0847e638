"""What one configuration file says of another: every service that a rule or an action names is in the directory."""

from collections.abc import Iterator

from flagging.configuration.routing import RoutingPolicy
from flagging.errors import ConfigurationInvalid, Fault
from flagging.policy.actions import ActionTable, ContactPoint
from flagging.policy.directory import Directory
from flagging.policy.routing import Provider


def verify_references(directory: Directory, routing: RoutingPolicy, actions: ActionTable) -> None:
    """Raise ConfigurationInvalid with every rule and action that names a service the directory does not have."""
    known_to_rules = {*Provider, *directory.services}
    known_to_actions = {*ContactPoint, *directory.services}
    faults = [
        *_unknown(_services_of(routing), known_to_rules),
        *_unknown(_contacts_of(actions), known_to_actions),
    ]
    if faults:
        raise ConfigurationInvalid(faults)


def _unknown(named: Iterator[tuple[str, str | None]], known: set[str]) -> Iterator[Fault]:
    for where, name in named:
        if name is not None and name not in known:
            yield Fault(where, f"No such service in directory.toml: {name}; there are: {', '.join(sorted(known))}.")


def _services_of(routing: RoutingPolicy) -> Iterator[tuple[str, str | None]]:
    for number, rule in enumerate(routing.table.rules):
        yield f"routing.toml: rules.{number}.service", rule.service
        for variant in rule.variants:
            for other in variant.otherwise:
                yield f"routing.toml: rules.{number}.otherwise ({other.condition})", other.service


def _contacts_of(actions: ActionTable) -> Iterator[tuple[str, str | None]]:
    for number, rule in enumerate(actions.rules):
        yield f"actions.toml: actions.{number}.contact", rule.contact
