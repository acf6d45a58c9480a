"""Simulates flows in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.testing.environment import Environment
from fluxagents.flows.testing.scenario_reading import build_scenarios
from fluxagents.flows.testing.scenario_result import ScenarioResult, check_scenario

TOOLS = {
    "fba": ToolFacts("fba"),
    "change": ToolFacts("change", needs_approval=True),
}


def check_args(tool: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The tools take `x`, and nothing else."""
    wrong = sorted(set(args) - {"x"})
    if wrong:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{tool!r} got the unknown argument {wrong[0]!r}")
    return dict(args)


def simulate_nodes(
    nodes: Mapping[str, Any],
    world: Mapping[str, Any],
    expect: Mapping[str, Any] | None = None,
    *,
    others: tuple[Mapping[str, Any], ...] = (),
    flow: Mapping[str, Any] | None = None,
    **scenario: Any,
) -> ScenarioResult:
    """Check a scenario of a flow of these nodes, which may run others; all are plain data."""
    known = {other["flow"]: flow_from_mapping(other) for other in others}
    main, below = pin_subflows(flow_from_mapping(document(nodes, **(flow or {}))), known.__getitem__)
    environment = Environment(TOOLS, {child.digest: child for child in below}, check_args)
    fields = {"name": "it", "world": world, "expect": expect or {}, **scenario}
    file = build_scenarios({"flow": main.flow, "scenarios": [fields]})
    return check_scenario(file.scenarios[0], main, environment)


def document(nodes: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A flow that begins with its first node."""
    return {
        "flow": "main",
        "version": 1,
        "purpose": "p",
        "start": next(iter(nodes)),
        "nodes": dict(nodes),
        **fields,
    }
