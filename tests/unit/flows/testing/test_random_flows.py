"""Random flows in random worlds: each run ends or waits, its log folds to its state, it can be repeated."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH
from tests.support.random_flows import FLOWS, RandomWorld, build_environment, random_flow

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.invariants import find_violations
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import KINDS
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import ENDED, RunState
from fluxagents.flows.testing.coverage import measure_coverage
from fluxagents.flows.testing.environment import ScriptedWorld, World
from fluxagents.flows.testing.recording import record_scenario
from fluxagents.flows.testing.simulated_run import SimulatedRun, list_edges
from fluxagents.flows.testing.simulator import simulate

SEEDS = st.integers(0, 2**32)
ITEMS = st.sampled_from([[], [1], [1, 2, 3], [2.5, 1], "none"])


def run_flow(flow: Flow, world: World, items: object) -> SimulatedRun:
    inputs = {"items": items} if isinstance(items, list) else {}
    return simulate(flow, world, environment=build_environment(), inputs=inputs)


def test_the_random_flows_are_valid_and_of_every_kind() -> None:
    kinds: set[str] = set()
    for seed in range(300):
        flow = random_flow(Random(seed))
        kinds |= {node.kind for node in flow.nodes.values()}
        assert FlowController(flow, tools=build_environment().tools, flows=FLOWS).validate_flow() == []
    assert kinds == set(KINDS)


@given(SEEDS, SEEDS, ITEMS)
@settings(max_examples=400 * DEPTH, deadline=None)
def test_a_run_ends_or_waits_and_its_log_says_all(flow_seed: int, seed: int, items: object) -> None:
    flow = random_flow(Random(flow_seed))
    run = run_flow(flow, RandomWorld(seed), items)
    assert run.status in {*ENDED, "waiting"}
    assert fold(run.events) == run.state
    assert find_violations(run.state, flow) == []
    state: RunState | None = None
    for event in run.events:
        state = reduce(state, event)
        assert find_violations(state, flow, walking=True) == [], event
    assert [event.seq for event in run.events] == sorted(event.seq for event in run.events)
    assert [event.at_ms for event in run.events] == sorted(event.at_ms for event in run.events)


@given(SEEDS, SEEDS, ITEMS)
@settings(max_examples=200 * DEPTH, deadline=None)
def test_a_run_goes_along_the_edges_of_its_flow(flow_seed: int, seed: int, items: object) -> None:
    flow = random_flow(Random(flow_seed))
    run = run_flow(flow, RandomWorld(seed), items)
    assert {move.edge for move in run.moves} <= set(list_edges(flow))
    assert [(move.edge.node, move.to) for move in run.moves] == list(pairwise(run.path))
    assert run.path[-1] == run.state.node
    coverage = measure_coverage(flow, [run])
    assert coverage.nodes - len(coverage.missing_nodes) == len(set(run.path))
    assert coverage.edges - len(coverage.missing_edges) == len({move.edge for move in run.moves})


@given(SEEDS, SEEDS, ITEMS)
@settings(max_examples=200 * DEPTH, deadline=None)
def test_the_same_answers_give_the_same_events(flow_seed: int, seed: int, items: object) -> None:
    flow = random_flow(Random(flow_seed))
    world = RandomWorld(seed)
    run = run_flow(flow, world, items)
    assert run_flow(flow, RandomWorld(seed), items).events == run.events
    script = ScriptedWorld(world.script, {})
    assert run_flow(flow, script, items).events == run.events
    assert list(script.list_unused()) == []


@given(SEEDS, SEEDS, ITEMS)
@settings(max_examples=200 * DEPTH, deadline=None)
def test_a_simulated_run_can_be_recorded(flow_seed: int, seed: int, items: object) -> None:
    flow = random_flow(Random(flow_seed))
    run = run_flow(flow, RandomWorld(seed), items)
    scenario = record_scenario(flow, run.events, load=run.ended.__getitem__, environment=build_environment())
    assert scenario.expect.path == run.path
