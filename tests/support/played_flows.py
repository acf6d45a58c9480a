"""Flows that are played in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.testing.scenario_reading import scenarios_from_mapping
from fluxagents.flows.testing.stage import Stage
from fluxagents.flows.testing.verdict import Verdict, judged

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


class Plays:
    """Plays flows that are written as plain data; the first one, and those that it may run."""

    def __call__(
        self,
        nodes: Mapping[str, Any],
        world: Mapping[str, Any],
        expect: Mapping[str, Any] | None = None,
        *,
        others: tuple[Mapping[str, Any], ...] = (),
        flow: Mapping[str, Any] | None = None,
        **scenario: Any,
    ) -> Verdict:
        known = {one["flow"]: flow_from_mapping(one) for one in others}
        main = flow_from_mapping(document(nodes, **(flow or {})))
        main, below = pin_subflows(main, known.__getitem__)
        stage = Stage(TOOLS, {one.digest: one for one in below}, check_args)
        written = {"name": "it", "world": world, "expect": expect or {}, **scenario}
        file = scenarios_from_mapping({"flow": main.flow, "scenarios": [written]})
        return judged(file.scenarios[0], main, stage)


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
