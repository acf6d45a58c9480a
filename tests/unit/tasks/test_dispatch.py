"""In which lanes the runs of a `map` node begin."""

from __future__ import annotations

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.reducer import reduce
from fluxagents.tasks.dispatch import build_commit

PARENT = """
flow: parent
version: 1
purpose: For tests.
inputs: {items: {type: array, purpose: Any.}}
start: all
nodes:
  all: {kind: map, over: items, tool: noop, next: done}
  done: {kind: end, message: joined}
"""
CHILD = """
flow: child
version: 1
purpose: For tests.
start: work
nodes:
  work: {kind: tool, tool: noop, next: done}
  done: {kind: end, message: done}
"""
TOOLS = {"noop": ToolFacts("noop")}


@pytest.mark.parametrize(
    ("tool_calls", "queues"),
    [
        (0, ["tools.new", "tools.new", "tools", "tools"]),
        (1, ["tools", "tools", "tools", "tools"]),
    ],
    ids=["of a run that has computed nothing", "of a run under way"],
)
def test_children_go_before_other_runs_once_their_parent_is_under_way(
    tool_calls: int, queues: list[str]
) -> None:
    parent, child = (FlowController(flow_from_yaml(text), tools=TOOLS) for text in (PARENT, CHILD))
    started = e.RunStarted(
        seq=0,
        at_ms=0,
        run_id="r",
        session="s",
        flow=parent.flow.ref,
        start_node="all",
        inputs={"items": [1, 2, 3, 4]},
    )
    state = reduce(None, started).model_copy(update={"tool_calls": tool_calls})
    begun = e.RunsBegun(
        seq=1,
        at_ms=1,
        node="all",
        flow=child.flow.ref,
        start_node="work",
        runs=tuple(e.RunBegun(run_id=f"r.1.run{index}", inputs={}, model=None) for index in range(4)),
        width=2,
    )
    commit = build_commit(parent, state, [begun], seq=1, at_ms=1, controllers=lambda _: child)
    dispatches = [run.dispatch for run in commit.children if run.dispatch]
    assert [dispatch.queue for dispatch in dispatches] == queues
    assert [dispatch.after for dispatch in dispatches] == [(), (), ("r.1.run0",), ("r.1.run1",)]
