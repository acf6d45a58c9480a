"""Plays a scenario and judges what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fluxagents.flows.errors import nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.testing.compare_acts import act_differences
from fluxagents.flows.testing.compare_way import way_differences
from fluxagents.flows.testing.difference import Difference
from fluxagents.flows.testing.expectation import Expectation
from fluxagents.flows.testing.player import play
from fluxagents.flows.testing.rehearsal import Rehearsal
from fluxagents.flows.testing.scenario import Scenario, ScenarioError, ScenarioFile
from fluxagents.flows.testing.stage import Stage
from fluxagents.flows.testing.world import ScriptedWorld

SHOWN = 8
"""Answers that were not used, before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a scenario."""

    scenario: Scenario
    rehearsal: Rehearsal | None
    """None if it could not be played to its end."""
    differences: tuple[Difference, ...] = ()
    error: ScenarioError | None = None

    @property
    def holds(self) -> bool:
        return self.error is None and not self.differences

    def __str__(self) -> str:
        if self.error is not None:
            return "\n".join([self.error.message, *self.error.suggestions])
        return "\n".join(str(one) for one in self.differences) or "as expected"


def rehearsed(
    scenario: Scenario, flow: Flow, stage: Stage, *, common: ScenarioFile | None = None
) -> Rehearsal:
    """Play a scenario.

    Args:
        scenario: The scenario.
        flow: Its flow, with its subflows pinned.
        stage: The tools and flows that exist.
        common: The file that it stands in, with what is the same for its scenarios.

    Raises:
        ScenarioError: If something has no answer, or one that cannot be.
    """
    nodes, tools, inputs, model = scenario.world, scenario.tools, scenario.inputs, scenario.model
    shared: frozenset[str] = frozenset()
    unknown = sorted(nodes.keys() - flow.nodes.keys())
    if common is not None:
        shared = frozenset({*common.world, *common.tools}) - {*nodes, *tools}
        nodes, tools = {**common.world, **nodes}, {**common.tools, **tools}
        if scenario.flow in {"", common.flow}:
            unknown = sorted(nodes.keys() - flow.nodes.keys())
        inputs = {**common.inputs, **inputs}
        model = model if "model" in scenario.model_fields_set else common.model
    if unknown:
        raise ScenarioError(
            f"flow {flow.flow!r} has no node {unknown[0]!r} that could be answered",
            suggestions=(*nearest(unknown[0], flow.nodes), f"its nodes: {', '.join(flow.nodes)}"),
        )
    world = ScriptedWorld(nodes, tools, shared=shared)
    found = play(
        flow,
        world,
        stage=stage,
        inputs=inputs,
        model=model,
        run_id=scenario.run,
        begins=scenario.begins,
    )
    return replace(found, unused=(*found.unused, *world.unused()))


def judged(scenario: Scenario, flow: Flow, stage: Stage, *, common: ScenarioFile | None = None) -> Verdict:
    """Play a scenario and compare; what cannot be played is a verdict too. As `rehearsed`."""
    try:
        found = rehearsed(scenario, flow, stage, common=common)
    except ScenarioError as error:
        return Verdict(scenario, None, error=error)
    return Verdict(scenario, found, tuple(differences(scenario.expect, found)))


def differences(expected: Expectation, found: Rehearsal) -> list[Difference]:
    """All that is not as expected, the telling one first; answers that nothing asked for count too."""
    return [
        *way_differences(expected, found),
        *act_differences(expected, found),
        *_of_unused(found.unused),
    ]


def _of_unused(unused: tuple[str, ...]) -> Iterator[Difference]:
    if unused:
        more = len(unused) - SHOWN
        notes = (*unused[1:SHOWN], *([f"and {more} more"] if more > 0 else []))
        yield Difference("an answer was not used", "every answer is asked for", unused[0], notes)
