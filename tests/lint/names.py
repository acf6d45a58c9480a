"""Functions are verbs or predicates: no function is named by a bare participle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

IRREGULAR = frozenset(
    [
        "begun",
        "bound",
        "broken",
        "built",
        "chosen",
        "done",
        "drawn",
        "found",
        "given",
        "gone",
        "held",
        "kept",
        "known",
        "laid",
        "left",
        "lost",
        "made",
        "met",
        "said",
        "seen",
        "sent",
        "shown",
        "spent",
        "taken",
        "thrown",
        "told",
        "won",
        "written",
    ]
)
"""Participles that do not end in -ed."""

VERBS = frozenset(["embed", "exceed", "feed", "need", "proceed", "put", "seed", "shed", "speed"])
"""Verbs that look like participles."""


def participles(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of each function that a bare participle names; a property is a value and may be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            word = node.name.strip("_")
            if is_participle(word) and not _is_property(node):
                yield node.lineno, node.name


def is_participle(word: str) -> bool:
    """Whether a name is one participle and nothing else."""
    return word not in VERBS and (word in IRREGULAR or re.fullmatch(r"[a-z]{3,}ed", word) is not None)


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = (getattr(decorator, "id", getattr(decorator, "attr", "")) for decorator in node.decorator_list)
    return any(name in {"property", "cached_property"} for name in names)
