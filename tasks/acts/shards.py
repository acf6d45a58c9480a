"""Large tool calls in shards: how a call is split, how one shard is computed, and how all are merged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fluxagents.flows.commands import CallTool
from fluxagents.flows.engine.shards import name_shards
from fluxagents.flows.engine.tool_flows import build_shard_flow
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Shard, ToolSplit
from fluxagents.flows.state import RunState
from fluxagents.tasks.acts.child_runs import ChildRuns
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.tool import Split, Tool

if TYPE_CHECKING:
    from cobra import Model


def split_call(children: ChildRuns, state: RunState, call: CallTool, count: int) -> ToolSplit:
    """The event that splits a call into so many shards; stores their flow."""
    children.save_flow(build_shard_flow(call.tool, call.args))
    return ToolSplit(
        seq=state.seq,
        at_ms=children.clock.now_ms(),
        node=state.node,
        call=call,
        runs=name_shards(state.run_id, state.seq, count),
    )


def compute_shard(artifacts: ArtifactStore, tool: Tool, model: Model | None, args: Args, shard: Shard) -> str:
    """Compute one shard and store its whole result; the digest of the artifact."""
    result = _split_of(tool).run(model, args, shard)
    return artifacts.put_json(result.model_dump(mode="json"), tool=tool.name).digest


def merge_shards(
    children: ChildRuns, artifacts: ArtifactStore, tool: Tool, args: Args, runs: Sequence[str]
) -> Result:
    """The result of the whole call.

    Raises:
        FluxError: As the first shard that has no result, naming it.
    """
    shards = [
        _load_result(children, artifacts, tool, run, f"part {i + 1} of {len(runs)}")
        for i, run in enumerate(runs)
    ]
    return _split_of(tool).merge(args, shards)


def _load_result(children: ChildRuns, artifacts: ArtifactStore, tool: Tool, run: str, which: str) -> Result:
    state = children.load(run)
    if state.status != "finished":
        why = f"is {state.status}: {state.error.message}" if state.error else f"is {state.status}"
        kind = state.error.kind if state.error else ErrorClass.INTERNAL
        raise FluxError(kind, f"{which} of '{tool.name}', run {run!r}, {why}")
    digest = state.findings[-1].artifact
    assert digest is not None
    return tool.result.model_validate(json.loads(artifacts.get(digest)))


def _split_of(tool: Tool) -> Split:
    if tool.split is None:
        raise FluxError(ErrorClass.INTERNAL, f"tool '{tool.name}' cannot be split")
    return tool.split
