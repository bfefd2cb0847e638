"""The whole configuration directory at once: every file read, every fault of every file told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flagging.configuration.actions import load_actions
from flagging.configuration.directory import load_directory
from flagging.configuration.disclosure import load_disclosure
from flagging.configuration.master_list import MasterListFormat, read_master_list_format
from flagging.configuration.matching import load_matching
from flagging.configuration.notify import NotifyPolicy, load_notify
from flagging.configuration.providers import ProviderPolicy, load_providers
from flagging.configuration.references import verify_references
from flagging.configuration.routing import RoutingPolicy, load_routing
from flagging.errors import ConfigurationInvalid, Fault
from flagging.matching.model import Model
from flagging.policy.actions import ActionTable
from flagging.policy.directory import Directory
from flagging.policy.disclosure import DisclosurePolicy

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything the configuration directory says."""

    directory: Directory
    routing: RoutingPolicy
    actions: ActionTable
    disclosure: DisclosurePolicy
    matching: Model
    master_list: MasterListFormat
    providers: ProviderPolicy
    notify: NotifyPolicy


def load_configuration(config_dir: Path) -> Configuration:
    """Read every file of the directory. Raises ConfigurationInvalid with the faults of all of them."""
    faults: list[Fault] = []

    def attempt(load: Callable[[Path], T], name: str) -> T | None:
        try:
            return load(config_dir / name)
        except ConfigurationInvalid as error:
            faults.extend(error.faults)
            return None

    directory = attempt(load_directory, "directory.toml")
    routing = attempt(load_routing, "routing.toml")
    actions = attempt(load_actions, "actions.toml")
    disclosure = attempt(load_disclosure, "disclosure.toml")
    matching = attempt(load_matching, "matching.toml")
    master_list = attempt(read_master_list_format, "master_list.toml")
    providers = attempt(load_providers, "providers.toml")
    notify = attempt(load_notify, "notify.toml")
    if (
        directory is None
        or routing is None
        or actions is None
        or disclosure is None
        or matching is None
        or master_list is None
        or providers is None
        or notify is None
    ):
        raise ConfigurationInvalid(faults)
    verify_references(directory, routing, actions)
    return Configuration(directory, routing, actions, disclosure, matching, master_list, providers, notify)
