"""First steps have lanes of their own; a run has begun when it has computed something."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Decide, JoinShards
from fluxagents.flows.engine.lanes import choose_lane, leave_first_lane
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState

CALL = CallTool(tool="noop")
DECIDE = Decide(node="a", prompt="p", tools=("noop",), steps_left=3)
JOIN = JoinShards(call=CALL, runs=("r.run0", "r.run1"), until_ms=0)


def state(**fields: Any) -> RunState:
    """A run at its first step, but for these fields."""
    started = e.RunStarted(
        seq=0,
        at_ms=0,
        run_id="r",
        session="s",
        flow=e.FlowRef(name="f", version=1, digest="d"),
        start_node="a",
        inputs={},
        lane="bulk",
    )
    return reduce(None, started).model_copy(update=fields)


@pytest.mark.parametrize(
    ("queue", "fields", "lane"),
    [
        ("tools", {}, "tools.bulk.new"),
        ("tools", {"lane": "interactive"}, "tools.new"),
        ("tools.long", {}, "tools.long.new"),
        ("tools", {"tool_calls": 1}, "tools.bulk"),
        ("tools.long", {"tool_calls": 1}, "tools.long"),
        ("tools", {"tool_calls": 1, "lane": "interactive"}, "tools"),
    ],
)
def test_the_first_tool_call_of_a_run_waits_behind_those_of_others(
    queue: str, fields: dict[str, Any], lane: str
) -> None:
    assert choose_lane(queue, state(**fields), CALL) == lane


def test_a_decision_puts_a_run_under_way_for_chat_models_and_not_for_tools() -> None:
    decided = state(decisions=1, seq=2)
    assert choose_lane("decide", state(), DECIDE) == "decide.bulk.new"
    assert choose_lane("decide", decided, DECIDE) == "decide.bulk"
    assert choose_lane("tools", decided, CALL) == "tools.bulk.new"
    assert choose_lane("decide", state(tool_calls=2, seq=3), DECIDE) == "decide.bulk"


def test_a_call_that_was_split_is_under_way_to_its_end() -> None:
    assert choose_lane("tools", state(), JOIN) == "tools.bulk"
    assert choose_lane("tools", state(parent="p", part=e.Shard(index=0, of=2)), CALL) == "tools.bulk"


def test_a_run_that_another_one_began_waits_at_its_first_step_only() -> None:
    assert choose_lane("tools", state(parent="p"), CALL) == "tools.bulk.new"
    assert choose_lane("tools", state(parent="p", decisions=1, seq=2), CALL) == "tools.bulk"


def test_the_lane_of_runs_under_way() -> None:
    assert leave_first_lane("tools.bulk.new") == leave_first_lane("tools.bulk") == "tools.bulk"
