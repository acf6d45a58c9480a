"""Simulates a scenario and compares the run with what the scenario expects."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fluxagents.flows.errors import nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.testing.differences import ScenarioDifference, find_differences
from fluxagents.flows.testing.environment import Environment, ScriptedWorld
from fluxagents.flows.testing.scenario import Scenario, ScenarioError, ScenarioFile
from fluxagents.flows.testing.simulated_run import SimulatedRun
from fluxagents.flows.testing.simulator import simulate


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What came of a scenario."""

    scenario: Scenario
    run: SimulatedRun | None
    """None if it could not be simulated to its end."""
    differences: tuple[ScenarioDifference, ...] = ()
    error: ScenarioError | None = None

    @property
    def holds(self) -> bool:
        return self.error is None and not self.differences

    def __str__(self) -> str:
        if self.error is not None:
            return "\n".join([self.error.message, *self.error.suggestions])
        return "\n".join(str(difference) for difference in self.differences) or "as expected"


def simulate_scenario(
    scenario: Scenario, flow: Flow, environment: Environment, *, file: ScenarioFile | None = None
) -> SimulatedRun:
    """Simulate a scenario.

    Args:
        scenario: The scenario.
        flow: Its flow, pinned.
        environment: The tools and flows that exist.
        file: The file that it stands in, with what is the same for its scenarios.

    Raises:
        ScenarioError: If something has no answer, or one that does not fit.
    """
    nodes, tools, inputs, model = scenario.world, scenario.tools, scenario.inputs, scenario.model
    shared: frozenset[str] = frozenset()
    unknown = nodes.keys() - flow.nodes.keys()
    if file is not None:
        shared = frozenset({*file.world, *file.tools}) - {*nodes, *tools}
        nodes, tools = {**file.world, **nodes}, {**file.tools, **tools}
        if scenario.flow in {"", file.flow}:
            unknown = nodes.keys() - flow.nodes.keys()
        inputs = {**file.inputs, **inputs}
        model = model if "model" in scenario.model_fields_set else file.model
    if unknown:
        node = min(unknown)
        raise ScenarioError(
            f"flow {flow.flow!r} has no node {node!r} that could be answered",
            suggestions=(*nearest(node, flow.nodes), f"its nodes: {', '.join(flow.nodes)}"),
        )
    world = ScriptedWorld(nodes, tools, shared=shared)
    run = simulate(
        flow,
        world,
        environment=environment,
        inputs=inputs,
        model=model,
        run_id=scenario.run,
        begins=scenario.begins,
    )
    return replace(run, unused=(*run.unused, *world.list_unused()))


def check_scenario(
    scenario: Scenario, flow: Flow, environment: Environment, *, file: ScenarioFile | None = None
) -> ScenarioResult:
    """Simulate a scenario and compare; one that cannot be simulated has a result too."""
    try:
        run = simulate_scenario(scenario, flow, environment, file=file)
    except ScenarioError as error:
        return ScenarioResult(scenario, None, error=error)
    return ScenarioResult(scenario, run, tuple(find_differences(scenario.expect, run)))
