"""The kinds of nodes that need the store and the workers: maps, subflows, waits and limits of time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.stack import Stack

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.runs.run import Run

END = {"kind": "end", "message": "done"}


def flow(folder: Path, name: str, nodes: dict[str, Any], **fields: Any) -> str:
    document = {"flow": name, "version": 1, "purpose": "p", "start": next(iter(nodes)), "nodes": nodes}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document | fields, sort_keys=False))
    return str(path)


def folds(stack: Stack, run: Run) -> None:
    store = stack.client().store
    for state in store.runs(session=run.id, limit=1_000):
        assert fold(store.events(state.run_id)) == state


def test_a_map_works_on_some_items_at_once_and_joins_them_in_order(stack: Stack, tmp_path: Path) -> None:
    survey = {
        "kind": "map",
        "over": "uptakes",
        "each": "uptake",
        "tool": "run_metabolic_fba",
        "args": {"method": "fba", "medium_changes": {"EX_glc__D_e": "=uptake"}},
        "facts": {"growth": "growth_per_h"},
        "width": 3,
        "min_finished": 0.5,
        "next": "end",
    }
    inputs = {"uptakes": {"type": "array", "required": True}}
    facts = {"growth": {"type": "array"}}
    name = flow(tmp_path, "survey", {"survey": survey, "end": END}, inputs=inputs, facts=facts)
    run = stack.client().start(name, model="e_coli_core", uptakes=[10, 5, 18.5, -3, 2, 8, 1])
    assert run.wait(120) == "finished", run.state.error
    growth = run.state.facts["growth"]
    assert isinstance(growth, list)
    assert growth[0] == pytest.approx(0.8739215069684, rel=1e-9)
    assert growth[2] == pytest.approx(1.6530718512, rel=1e-9)
    assert growth[3] is None, "a negative uptake is an error of its item alone"
    folds(stack, run)
    store = stack.client().store
    begun = next(event for event in run.events() if isinstance(event, e.RunsBegun))
    began = [store.load(one.run_id) for one in begun.runs]
    ended = [child.updated_ms for child in began]
    worked = [next(x.at_ms for x in store.events(child.run_id) if x.seq == child.seq - 1) for child in began]
    working = [place for place, child in enumerate(began) if child.status == "finished"]
    for before, after in zip(working, working[3:], strict=False):
        assert worked[after] >= ended[before], "no more than three at once"


def test_a_wait_ends_by_time_and_by_an_event_from_the_command_line(stack: Stack, tmp_path: Path) -> None:
    nodes = {
        "pause": {"kind": "wait", "for_s": 0.5, "next": "lab"},
        "lab": {"kind": "wait", "event": "measured", "facts": {"growth": "growth"}, "next": "end"},
        "end": {**END, "message": "measured {growth}"},
    }
    run = stack.client().start(
        flow(tmp_path, "waits", nodes, facts={"growth": {"type": "number"}}), model="e_coli_core"
    )
    assert run.wait(60) == "waiting"
    assert run.state.node == "lab"
    stack.client().signal(run.id, "measured", by="lab", data={"growth": 0.7})
    assert run.wait(60) == "finished"
    assert run.answer == "measured 0.7"
    folds(stack, run)


def test_a_tool_that_takes_longer_than_its_node_allows_is_stopped(stack: Stack, tmp_path: Path) -> None:
    nodes = {
        "all": {
            "kind": "tool",
            "tool": "run_flux_sampling",
            "timeout_s": 1,
            "retry": {"attempts": 2, "pause_s": 0, "kinds": ["timeout"]},
            "on_error": "late",
            "next": "end",
        },
        "late": {**END, "message": "{error.kind}"},
        "end": END,
    }
    run = stack.client().start(flow(tmp_path, "late", nodes), model="iJO1366")
    assert run.wait(120) == "finished"
    assert run.answer == ErrorClass.TIMEOUT
    assert sum(isinstance(event, e.ToolFailed) for event in run.events()) == 2


def test_a_cancelled_run_takes_the_runs_of_its_map_with_it(stack: Stack, tmp_path: Path) -> None:
    ask = {"kind": "wait", "event": "never", "next": "end"}
    stack.settings.flows_folder.mkdir(exist_ok=True)
    child = flow(tmp_path, "waiter", {"ask": ask, "end": END}, inputs={"x": {"type": "integer"}})
    Path(child).rename(stack.settings.flows_folder / "waiter.yaml")
    survey = {"kind": "map", "over": "[1, 2, 3]", "flow": "waiter", "inputs": {"x": "=item"}, "next": "end"}
    run = stack.client().start(
        flow(tmp_path, "cancelled", {"survey": survey, "end": END}), model="e_coli_core"
    )
    store = stack.client().store
    for event in run.watch():
        if isinstance(event, e.RunsBegun):
            break
    run.cancel("enough")
    children = [state for state in store.runs(session=run.id) if state.parent]
    assert len(children) == 3
    assert {state.status for state in children} == {"cancelled"}
