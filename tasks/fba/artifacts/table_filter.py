"""A filter of table rows: an expression over the columns, evaluated for all rows at once.

`growth_per_h < 0.1 and not is_essential`, `id in ['b0720', 'b1136']`, `growth_per_h == None` (missing).
A missing number compares as false, but for `!=`. The only call is `abs(...)`; there are no attributes.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from fluxagents.flows.errors import ErrorClass, FluxError, nearest

if TYPE_CHECKING:
    import pandas as pd

EXAMPLE = "example: growth_per_h < 0.1 and subsystem == 'Glycolysis'"

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def filter_table(table: pd.DataFrame, expression: str) -> pd.DataFrame:
    """The rows for which the expression is true.

    Raises:
        FluxError: `UNKNOWN_ID` for a column, with the nearest; `BAD_ARGUMENT` for an expression that cannot
            be read or does not fit the columns.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _bad(expression, str(error)) from error
    try:
        mask = _Evaluation(table, expression).visit(tree)
    except (TypeError, ValueError, RecursionError) as error:
        raise _bad(expression, str(error)) from error
    if not _is_truth(mask):
        raise _bad(expression, "it is neither true nor false")
    kept: pd.DataFrame = table[mask]
    return kept


class _Evaluation(ast.NodeVisitor):
    def __init__(self, table: pd.DataFrame, expression: str) -> None:
        self._table = table
        self._expression = expression

    def generic_visit(self, node: ast.AST) -> Any:
        raise _bad(self._expression, f"'{ast.unparse(node)}' is not allowed here")

    def visit_Constant(self, node: ast.Constant) -> Any:
        return (
            node.value
            if isinstance(node.value, str | int | float | bool | None)
            else self.generic_visit(node)
        )

    def visit_Name(self, node: ast.Name) -> Any:
        name = node.id
        if name not in self._table.columns:
            columns = [str(column) for column in self._table.columns]
            message = f"filter {self._expression!r} names the column '{name}', which the table does not have"
            hints = (*nearest(name, columns), f"columns: {', '.join(columns)}")
            raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=hints)
        return self._table[name]

    def visit_List(self, node: ast.List) -> Any:
        return [self.visit(item) for item in node.elts]

    def visit_Tuple(self, node: ast.Tuple) -> Any:
        return [self.visit(item) for item in node.elts]

    def visit_Call(self, node: ast.Call) -> Any:
        if not (isinstance(node.func, ast.Name) and node.func.id == "abs" and len(node.args) == 1):
            self.generic_visit(node)
        return abs(self._number(node.args[0]))

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        if type(node.op) not in _ARITHMETIC:
            self.generic_visit(node)
        return _ARITHMETIC[type(node.op)](self._number(node.left), self._number(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            return ~self._truth(node.operand)
        if isinstance(node.op, ast.USub):
            return -self._number(node.operand)
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        joined = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return reduce(joined, map(self._truth, node.values))

    def visit_Compare(self, node: ast.Compare) -> Any:
        operands = [self.visit(operand) for operand in (node.left, *node.comparators)]
        pairs = zip(node.ops, operands, operands[1:], strict=False)
        return reduce(operator.and_, (self._compare(kind, left, right) for kind, left, right in pairs))

    def _compare(self, kind: ast.cmpop, left: Any, right: Any) -> Any:
        if right is None and isinstance(kind, ast.Eq | ast.Is):
            return left.isna()
        if right is None and isinstance(kind, ast.NotEq | ast.IsNot):
            return left.notna()
        if isinstance(kind, ast.In | ast.NotIn) and isinstance(right, list) and hasattr(left, "isin"):
            return left.isin(right) if isinstance(kind, ast.In) else ~left.isin(right)
        if type(kind) not in _COMPARISONS:
            raise _bad(self._expression, "compare with < <= > >= == != or in [...]")
        return _COMPARISONS[type(kind)](left, right)

    def _truth(self, node: ast.expr) -> Any:
        value = self.visit(node)
        if not _is_truth(value):
            raise _bad(self._expression, f"'{ast.unparse(node)}' is neither true nor false")
        return value

    def _number(self, node: ast.expr) -> Any:
        value = self.visit(node)
        kind = value.dtype.kind if hasattr(value, "dtype") else ""
        if kind not in set("iuf") and not isinstance(value, int | float):
            raise _bad(self._expression, f"'{ast.unparse(node)}' is no number")
        return value


def _is_truth(value: Any) -> bool:
    """Whether a value says true or false for each row."""
    return hasattr(value, "dtype") and value.dtype.kind == "b"


def _bad(expression: str, why: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"filter {expression!r:.200} cannot be used: {why}",
        suggestions=(EXAMPLE,),
    )
