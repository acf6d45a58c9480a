"""The parts of a tool call: each a run of its own, with all that holds for runs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fluxagents.flows.events import FlowRef, Part, RunStarted, ToolSplit
from fluxagents.flows.language.definition import Budget, Flow
from fluxagents.flows.language.nodes import EndNode, ToolNode
from fluxagents.flows.state import RunState


def part_flow(tool: str, names: Iterable[str]) -> Flow:
    """The flow of one part: calls the tool with the run's inputs as they are.

    Args:
        tool: The tool.
        names: The arguments that are given.
    """
    work = ToolNode(kind="tool", tool=tool, args={name: f"={name}" for name in sorted(names)}, next="done")
    return Flow(
        flow=f"part_of_{tool}",
        version=1,
        purpose=f"One part of a call of {tool}.",
        budget=Budget(steps=20),
        start="work",
        nodes={"work": work, "done": EndNode(kind="end", message="computed")},
    )


def part_ids(run_id: str, seq: int, count: int) -> tuple[str, ...]:
    """The runs of a call's parts; the same step always names the same."""
    return tuple(f"{run_id}.{seq}.part{index}" for index in range(count))


def is_part_id(run_id: str) -> bool:
    """Whether it is the id of a part; see `part_ids`."""
    return re.fullmatch(r".+\.\d+\.part\d+", run_id, re.DOTALL) is not None


def part_starts(state: RunState, split: ToolSplit) -> list[RunStarted]:
    """How the parts begin.

    Args:
        state: The run before it was split.
        split: What was decided.
    """
    flow = part_flow(split.call.tool, split.call.args)
    return [
        RunStarted(
            seq=0,
            at_ms=split.at_ms,
            run_id=run_id,
            session=state.run_id,
            flow=FlowRef(name=flow.flow, version=flow.version, digest=flow.digest),
            start_node=flow.start,
            inputs=split.call.args,
            model=state.model,
            model_name=state.model_name,
            lane=state.lane,
            parent=state.run_id,
            part=Part(index=index, of=len(split.runs)),
        )
        for index, run_id in enumerate(split.runs)
    ]
