"""`python -m tests.lint` prints a line for each finding, and ends with 1 if there is one."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.lint.folders import MAX_ENTRIES, crowded_folders
from tests.lint.inner_imports import MAX_INNER_IMPORTS, inner_imports
from tests.lint.names import participles
from tests.lint.printing import direct_prints
from tests.support.places import ROOT

ROOMS = ("flows", "prompts", "tasks", "scheduler", "workers")


def findings(root: Path) -> Iterator[str]:
    """Everything that is wrong in the five rooms."""
    files = [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    imports: list[str] = []
    for path in files:
        tree, name = ast.parse(path.read_text(encoding="utf-8")), path.relative_to(root)
        for line, function in participles(tree):
            yield f"{name}:{line}: function '{function}' is named by a participle; name what it does"
        for line, call in direct_prints(name, tree):
            yield f"{name}:{line}: {call} prints control codes as they are; use `display/output.py`"
        imports += (f"{name}:{line}" for line in inner_imports(tree))
    if len(imports) > MAX_INNER_IMPORTS:
        yield f"{len(imports)} imports inside functions, at most {MAX_INNER_IMPORTS}: {', '.join(imports)}"
    for folder, count in crowded_folders(path.relative_to(root) for path in files):
        yield f"{folder}: {count} modules and sub-rooms, at most {MAX_ENTRIES}"


if __name__ == "__main__":
    found = list(findings(ROOT))
    sys.stdout.writelines(f"{finding}\n" for finding in found)
    sys.exit(1 if found else 0)
