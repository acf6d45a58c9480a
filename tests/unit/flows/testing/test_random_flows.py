"""Random flows in random worlds: each run ends or waits, its log folds to its state, it can be told again."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH
from tests.support.random_flows import FLOWS, RandomWorld, random_flow, stage

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.invariants import find_violations
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import KINDS
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import ENDED, RunState
from fluxagents.flows.testing.coverage import coverage
from fluxagents.flows.testing.moves import edges_of
from fluxagents.flows.testing.player import play
from fluxagents.flows.testing.recording import verified
from fluxagents.flows.testing.rehearsal import Rehearsal
from fluxagents.flows.testing.world import ScriptedWorld, World

SEEDS = st.integers(0, 2**32)
ITEMS = st.sampled_from([[], [1], [1, 2, 3], [2.5, 1], "none"])


def played(flow: Flow, world: World, items: object) -> Rehearsal:
    inputs = {"items": items} if isinstance(items, list) else {}
    return play(flow, world, stage=stage(), inputs=inputs)


def test_the_random_flows_are_valid_and_of_every_kind() -> None:
    kinds: set[str] = set()
    for seed in range(300):
        flow = random_flow(Random(seed))
        kinds |= {node.kind for node in flow.nodes.values()}
        assert FlowController(flow, tools=stage().tools, flows=FLOWS).validate_flow() == []
    assert kinds == set(KINDS)


@given(SEEDS, SEEDS, ITEMS)
@settings(max_examples=400 * DEPTH, deadline=None)
def test_a_run_ends_or_waits_and_its_log_says_all(flow_seed: int, seed: int, items: object) -> None:
    flow = random_flow(Random(flow_seed))
    run = played(flow, RandomWorld(seed), items)
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
    run = played(flow, RandomWorld(seed), items)
    assert {move.edge for move in run.moves} <= set(edges_of(flow))
    assert [(move.edge.node, move.to) for move in run.moves] == list(pairwise(run.path))
    assert run.path[-1] == run.state.node
    found = coverage(flow, [run])
    assert found.nodes - len(found.missing_nodes) == len(set(run.path))
    assert found.edges - len(found.missing_edges) == len({move.edge for move in run.moves})


@given(SEEDS, SEEDS, ITEMS)
@settings(max_examples=200 * DEPTH, deadline=None)
def test_the_same_answers_give_the_same_events(flow_seed: int, seed: int, items: object) -> None:
    flow = random_flow(Random(flow_seed))
    world = RandomWorld(seed)
    run = played(flow, world, items)
    assert played(flow, RandomWorld(seed), items).events == run.events
    told = ScriptedWorld(world.script, {})
    assert played(flow, told, items).events == run.events
    assert list(told.unused()) == []


@given(SEEDS, SEEDS, ITEMS)
@settings(max_examples=200 * DEPTH, deadline=None)
def test_what_was_played_can_be_recorded(flow_seed: int, seed: int, items: object) -> None:
    flow = random_flow(Random(flow_seed))
    run = played(flow, RandomWorld(seed), items)
    scenario = verified(flow, run.events, load=run.ended.__getitem__, stage=stage())
    assert scenario.expect.path == run.path
