"""What the code imports is what a fresh environment gets."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

from imports import imported

REPOSITORY = Path(__file__).resolve().parent.parent


def test_every_package_imported_is_declared_as_a_dependency():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    declared = {re.match(r"[a-z0-9-]+", each)[0] for each in project["dependencies"]}
    files = [*(REPOSITORY / "flagging").rglob("*.py"), *(REPOSITORY / "config").rglob("*.py")]
    foreign = set().union(*map(imported, files)) - set(sys.stdlib_module_names) - {"flagging"}
    distributions = packages_distributions()
    undeclared = {
        name
        for name in foreign
        if declared.isdisjoint(each.lower().replace("_", "-") for each in distributions.get(name, [name]))
    }
    assert undeclared == set()


def test_the_decisions_say_what_every_dependency_is_for():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    page = (REPOSITORY / "docs" / "decisions.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[a-z0-9-]+", page.partition("## Dependencies")[2].partition("\n## ")[0].lower()))
    assert {re.match(r"[a-z0-9-]+", each.lower())[0] for each in declared} - named == set()
