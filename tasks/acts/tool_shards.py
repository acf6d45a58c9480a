"""Large work in parts: how a call is split, how one part is kept, and how all are joined."""

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
from fluxagents.tasks.effects import Effects
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.tool import Split, Tool

if TYPE_CHECKING:
    from cobra import Model


def split(effects: Effects, state: RunState, call: CallTool, count: int) -> ToolSplit:
    """A call as so many parts."""
    # The runs of the parts begin when the event is committed; their flow must be there before.
    effects.store.save_flow(build_shard_flow(call.tool, call.args))
    return ToolSplit(
        seq=state.seq,
        at_ms=effects.clock.now_ms(),
        node=state.node,
        call=call,
        runs=name_shards(state.run_id, state.seq, count),
    )


def computed(effects: Effects, tool: Tool, model: Model | None, args: Args, shard: Shard) -> str:
    """Compute one part and keep all of it; the digest of the artifact."""
    result = _split_of(tool).run(model, args, shard)
    return effects.artifacts.put_json(result.model_dump(mode="json"), tool=tool.name).digest


def joined(effects: Effects, tool: Tool, args: Args, runs: Sequence[str]) -> Result:
    """The whole result.

    Raises:
        FluxError: As the first part that has none, naming it.
    """
    parts = [_result(effects, tool, run, f"part {i + 1} of {len(runs)}") for i, run in enumerate(runs)]
    return _split_of(tool).merge(args, parts)


def _result(effects: Effects, tool: Tool, run: str, which: str) -> Result:
    state = effects.store.load(run)
    if state.status != "finished":
        why = f"is {state.status}: {state.error.message}" if state.error else f"is {state.status}"
        kind = state.error.kind if state.error else ErrorClass.INTERNAL
        raise FluxError(kind, f"{which} of '{tool.name}', run {run!r}, {why}")
    digest = state.findings[-1].artifact
    assert digest is not None
    return tool.result.model_validate(json.loads(effects.artifacts.get(digest)))


def _split_of(tool: Tool) -> Split:
    if tool.split is None:
        raise FluxError(ErrorClass.INTERNAL, f"tool '{tool.name}' knows no parts")
    return tool.split
