"""Conditions and arguments of a flow: expressions over inputs and facts, with no way out of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from simpleeval import EvalWithCompoundTypes, InvalidExpression

from fluxagents.flows.errors import ErrorClass, FluxError, nearest

ERROR_NAME = "error"
"""What expressions call the last error: a mapping with `kind`, `message` and `where`, or None."""


def _get(mapping: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """A value of a mapping that may not have it."""
    return mapping.get(name, default)


def _zip(*lists: list[Any]) -> list[list[Any]]:
    """Items of equally long lists side by side."""
    return [list(items) for items in zip(*lists, strict=True)]


_DIGITS = 3
_ROUNDED_BELOW = 1_000


def _brief(value: Any) -> Any:
    """Numbers with the three significant digits that a sentence needs, also those in a list or mapping."""
    if isinstance(value, list):
        return [_brief(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _brief(item) for name, item in value.items()}
    return (
        float(f"{value:.{_DIGITS}g}") if isinstance(value, float) and abs(value) < _ROUNDED_BELOW else value
    )


FUNCTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "len": len,
        "abs": abs,
        "min": min,
        "max": max,
        "sum": sum,
        "round": round,
        "sorted": sorted,
        "zip": _zip,
        "dict": dict,
        "get": _get,
        "brief": _brief,
    }
)


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Args:
        expression: Comparisons, arithmetic, `and`, `or`, `not`, `in`, indexing, list comprehensions and
            calls of `FUNCTIONS`.
        names: What the expression may speak of.

    Raises:
        FluxError: If the expression cannot be read, names something unknown, or fails.
    """
    unknown = sorted(names_in(expression) - names.keys())
    if unknown:
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"expression {expression!r} names {unknown[0]!r}, which is neither an input nor a fact",
            suggestions=nearest(unknown[0], names),
        )
    tree = _parse(expression)
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Name) and tree.value.id in names:
        return names[tree.value.id]  # most arguments of a flow are an input or a fact as it is
    evaluator = EvalWithCompoundTypes(functions=dict(FUNCTIONS), names=dict(names))
    try:
        return evaluator.eval(expression, previously_parsed=tree)
    except (
        InvalidExpression,
        AttributeError,
        TypeError,
        KeyError,
        IndexError,
        ArithmeticError,
        ValueError,
    ) as error:
        raise FluxError(ErrorClass.BAD_FLOW, f"expression {expression!r} failed: {error}") from error


@lru_cache(maxsize=1_024)
def names_in(expression: str) -> frozenset[str]:
    """The inputs and facts that an expression speaks of.

    Raises:
        FluxError: If the expression cannot be read.
    """
    tree = _parse(expression)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return frozenset({node.id for node in names} - own - set(FUNCTIONS) - {"True", "False", "None"})


@lru_cache(maxsize=1_024)
def _parse(expression: str) -> ast.AST:
    try:
        parsed: ast.AST = EvalWithCompoundTypes.parse(expression)
    except (SyntaxError, InvalidExpression, ValueError) as error:
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"expression {expression!r} cannot be read: {error}",
            suggestions=("example: growth_per_h > 0.01 and status == 'optimal'",),
        ) from error
    return parsed
