"""Expressions compute over what they are given and reach nothing else."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.expressions import evaluate, names_in


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("growth > 0.1 and status == 'optimal'", True),
        ("status in ['infeasible', 'zero_growth']", False),
        ("len(genes) * 2", 4),
        ("genes[0]", "b0720"),
        ("missing is None", True),
        ("dict(zip(genes, [7, None]))", {"b0720": 7, "b1136": None}),
        ("[gene for gene, count in zip(genes, [7, 0]) if count > 0]", ["b0720"]),
    ],
)
def test_values(expression: str, value: object) -> None:
    names = {"growth": 0.87, "status": "optimal", "genes": ["b0720", "b1136"], "missing": None}
    assert evaluate(expression, names) == value


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "growth.__class__.__mro__",
        "open('/etc/passwd')",
        "(lambda: 1)()",
        "9**9**9",
        "growth +",
        "'a' * 1000000",
        "zip([1], [])",
    ],
)
def test_nothing_dangerous_is_evaluated(expression: str) -> None:
    with pytest.raises(FluxError):
        evaluate(expression, {"growth": 1})


def test_an_unknown_name_is_reported_with_the_nearest_one() -> None:
    with pytest.raises(FluxError, match="nearest: growth_per_h"):
        evaluate("growth_per > 1", {"growth_per_h": 1})


def test_names_are_those_of_the_caller_only() -> None:
    assert names_in("len(genes) > floor and True") == {"genes", "floor"}
