"""Imports stand at the top of a module; the few inside functions state their reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator

MAX_INNER_IMPORTS = 10
"""In the whole project."""


def inner_imports(tree: ast.Module) -> Iterator[int]:
    """Lines of the imports inside functions."""
    lines = {
        statement.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in ast.walk(function)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    }
    yield from sorted(lines)
