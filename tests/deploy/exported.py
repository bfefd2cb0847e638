"""Which metrics the service exports, as Prometheus sees them, and which are named in an expression."""

import re

from prometheus_client.metrics import MetricWrapperBase

from flagging import metrics

_NAME = re.compile(r"\bflagging_[a-z0-9_]+\b")


def declared() -> list[MetricWrapperBase]:
    return [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]


def documented_names() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return type and labels of each metric by the name it is known by."""
    found = {}
    for metric in declared():
        (described,) = metric.describe()
        name = described.name + ("_total" if described.type == "counter" else "")
        found[name] = (described.type, tuple(metric._labelnames))
    return found


def series() -> set[str]:
    """Return the names under which there are samples."""
    names = set()
    for name, (kind, _) in documented_names().items():
        names |= {f"{name}_{part}" for part in ("bucket", "count", "sum")} if kind == "histogram" else {name}
    return names


def named_in(expression: str) -> set[str]:
    return set(_NAME.findall(expression))
