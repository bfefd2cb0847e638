"""What files of Python import, read without running them."""

import ast
from collections.abc import Mapping
from pathlib import Path


def imported(path: Path) -> set[str]:
    """Return the top-level packages that one file imports absolutely, in its functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def imported_by_way_of(path: Path, files: Mapping[str, Path]) -> dict[str, str]:
    """Return what a file imports, by way of any of these files (by name of the module) too, and which module does."""
    importer: dict[str, str] = {}
    unread = [path]
    while unread:
        reading = unread.pop()
        for name in imported(reading) - importer.keys():
            importer[name] = reading.stem
            if name in files:
                unread.append(files[name])
    return importer
