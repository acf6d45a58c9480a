"""The step before a request: whatever happens in it, the request follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.recorded_run import RUN_ID

from fluxagents.flows.commands import ComputeEffect, call_digest
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import ApprovalRequested, EffectComputed, RunStarted
from fluxagents.flows.humans.effect import shown_digest
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.tasks.acts.compute_effect import EffectPorts, compute_call_effect
from fluxagents.tasks.fba.maps.stored_map import read_map
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.tasks.tool import Tool
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles

FLOW = """
flow: change
version: 1
purpose: Changes a model.
start: change
nodes:
  change: {kind: tool, tool: knock_out, args: {genes: [b4025]}, next: done}
  done: {kind: end, message: "changed"}
"""
CONTROLLER = FlowController(flow_from_yaml(FLOW), tools=tool_facts(TOOLS))


@pytest.fixture
def ports(tmp_path: Path) -> EffectPorts:
    models, artifacts = ModelFiles(str(tmp_path)), ArtifactFiles(str(tmp_path))
    sources: Any = Sources(
        models=models,
        artifacts=artifacts,
        runs=lambda: None,  # type: ignore[arg-type, return-value]
        biochem=None,  # type: ignore[arg-type]
        tools=TOOLS,
        media=None,  # type: ignore[arg-type]
    )
    return EffectPorts(clock=SystemClock(), tools=TOOLS, models=models, artifacts=artifacts, sources=sources)


def start(ports: EffectPorts, **fields: Any) -> tuple[RunState, ComputeEffect]:
    ref = ports.models.add_named("e_coli_core")
    started = RunStarted(
        seq=0,
        at_ms=1,
        run_id=RUN_ID,
        session="s",
        flow=CONTROLLER.flow.ref,
        start_node="change",
        inputs={},
        model=ref.digest,
        model_name=ref.name,
        **fields,
    )
    state, _, command = CONTROLLER.advance(reduce(None, started), seq=0, at_ms=1)
    assert isinstance(command, ComputeEffect)
    return state, command


def ask(ports: EffectPorts) -> tuple[RunState, EffectComputed, ApprovalRequested]:
    """The effect, and the request that follows it."""
    state, command = start(ports)
    happened = compute_call_effect(ports, CONTROLLER, state, command)
    after, events, _ = CONTROLLER.advance(state, seq=state.seq, at_ms=2, after=happened)
    computed, requested = events
    assert isinstance(computed, EffectComputed)
    assert isinstance(requested, ApprovalRequested)
    return after, computed, requested


def with_change(ports: EffectPorts, change: Any) -> EffectPorts:
    """The same with a tool whose change does this."""
    tools: dict[str, Tool] = {**TOOLS, "knock_out": replace(TOOLS["knock_out"], change=change)}
    return replace(ports, tools=tools)


def test_the_request_shows_the_effect_and_is_bound_to_it(ports: EffectPorts) -> None:
    state, computed, requested = ask(ports)
    request = requested.request
    assert request.effect == computed.effect
    assert request.effect is not None
    assert request.effect.growth is not None
    assert request.effect.growth.after_per_h == pytest.approx(0.8631595522, rel=1e-6)
    asked = call_digest("knock_out", {"genes": ["b4025"]}, state.model)
    assert request.digest == shown_digest(asked, request.effect) != asked
    assert state.effect is None, "it is in the request, and not twice in the state"


def test_the_tables_are_stored_with_where_they_come_from(ports: EffectPorts) -> None:
    _, computed, _ = ask(ports)
    manifest = ports.artifacts.manifest(computed.effect.artifact)
    of_map = {"reactions", "curves", "places"}
    assert set(manifest.tables) == {"growth", "fluxes", "essential_genes", "differences", *of_map}
    drawn = read_map(ports.artifacts, computed.effect.artifact)
    assert drawn.title == "Fluxes: core metabolism"
    assert drawn.states == ("after knock_out", "before")
    assert manifest.provenance.tool == "effect"
    assert manifest.provenance.args == {"tool": "knock_out", "args": {"genes": ["b4025"]}}
    assert manifest.provenance.model_digest == computed.model
    growth = ports.artifacts.table(manifest.tables["growth"].digest)
    assert growth.growth_per_h.tolist() == pytest.approx([686440 / 785471, 0.8631595522], rel=1e-6)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ValueError("odd"), "the effect: ValueError: odd"),
        (MemoryError("much"), "the effect: there was not enough memory: much"),
        (type("SoftTimeLimitExceeded", (Exception,), {})(), "the effect: it was not computed within 60 s"),
    ],
)
def test_an_effect_that_cannot_be_computed_says_why_and_is_asked_for_all_the_same(
    ports: EffectPorts, fault: BaseException, reason: str
) -> None:
    def fail(*_: object) -> None:
        raise fault

    _, _, requested = ask(with_change(ports, fail))
    assert requested.request.effect is not None
    assert requested.request.effect.unknown == (reason,)
    assert requested.request.effect.estimate is not None


def test_a_store_that_is_out_gives_the_step_back(ports: EffectPorts) -> None:
    def fail(*_: object) -> None:
        raise StoreOutageError("out")

    faulty = with_change(ports, fail)
    state, command = start(faulty)
    with pytest.raises(StoreOutageError):
        compute_call_effect(faulty, CONTROLLER, state, command)


def test_time_that_is_over_leaves_what_is_known(ports: EffectPorts) -> None:
    ticks = iter(range(0, 100_000, 61))
    _, computed, _ = ask(replace(ports, seconds=lambda: float(next(ticks))))
    assert computed.effect.growth is not None
    assert computed.effect.fluxes_changed is None
    assert len(computed.effect.unknown) == 4


def test_the_cost_is_that_of_the_worker(ports: EffectPorts) -> None:
    priced = replace(ports, prices=Prices(currency="EUR", worker_hour=60, models={}))
    ticks = iter(range(0, 1_000, 5))
    _, computed, _ = ask(replace(priced, seconds=lambda: float(next(ticks))))
    estimate = computed.effect.estimate
    assert estimate is not None
    # The change takes one tick of 5 s, and the tool makes it twice.
    assert (estimate.minutes, estimate.limit_minutes) == (0.2, 10)
    assert estimate.cost == pytest.approx(0.2)
    assert estimate.currency == "EUR"


def test_a_run_of_an_early_version_asks_without_an_effect(ports: EffectPorts) -> None:
    ref = ports.models.add_named("e_coli_core")
    started = RunStarted(
        schema_version=4,
        seq=0,
        at_ms=1,
        run_id=RUN_ID,
        session="s",
        flow=CONTROLLER.flow.ref,
        start_node="change",
        inputs={},
        model=ref.digest,
    )
    state, events, _ = CONTROLLER.advance(reduce(None, started), seq=0, at_ms=1)
    assert [type(event) for event in events] == [ApprovalRequested]
    assert state.waiting_for is not None
    assert state.waiting_for.digest == call_digest("knock_out", {"genes": ["b4025"]}, state.model)


def test_the_event_is_as_small_as_a_state_allows(ports: EffectPorts) -> None:
    _, computed, _ = ask(ports)
    assert len(computed.model_dump_json()) < 6_000
