"""Commands print through `display/output.py`, which lets no control code of others through."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePath

COMMANDS = PurePath("workers/commands")

EXCEPTIONS = frozenset(
    {
        COMMANDS / "display" / "output.py",
        # Data as they are, into a file or a pipe.
        COMMANDS / "artifacts" / "artifacts.py",
    }
)


def direct_prints(path: PurePath, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each call of click, rich or Python that prints, in a module of the commands."""
    if not path.is_relative_to(COMMANDS) or path in EXCEPTIONS:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in {
            "click.echo",
            "click.secho",
            "Console",
            "print",
        }:
            yield node.lineno, name
