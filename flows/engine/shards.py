"""The shards of a tool call: each a run of its own, with all that holds for runs."""

from __future__ import annotations

import re

from fluxagents.flows.engine.tool_flows import build_shard_flow
from fluxagents.flows.events import RunStarted, Shard, ToolSplit
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.trace_context import pass_on


def name_shards(run_id: str, seq: int, count: int) -> tuple[str, ...]:
    """The runs of a call's shards; the same step always names the same."""
    return tuple(f"{run_id}.{seq}.part{index}" for index in range(count))


def is_shard_id(run_id: str) -> bool:
    """Whether it is the id of a shard; see `name_shards`."""
    return re.fullmatch(r".+\.\d+\.part\d+", run_id, re.DOTALL) is not None


def start_shards(state: RunState, split: ToolSplit) -> list[RunStarted]:
    """How the shards begin.

    Args:
        state: The run before it was split.
        split: What was decided.
    """
    flow = build_shard_flow(split.call.tool, split.call.args)
    return [
        RunStarted(
            seq=0,
            at_ms=split.at_ms,
            run_id=run_id,
            session=state.run_id,
            flow=flow.ref,
            start_node=flow.start,
            inputs=split.call.args,
            model=state.model,
            model_name=state.model_name,
            lane=state.lane,
            parent=state.run_id,
            unverified=state.unverified,
            requester=state.requester,
            trace=pass_on(state.trace, state.run_id, split.seq),
            part=Shard(index=index, of=len(split.runs)),
        )
        for index, run_id in enumerate(split.runs)
    ]
