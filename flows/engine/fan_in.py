"""What a `map` or `subflow` node makes of its runs once they have come to rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import RunsJoined
from fluxagents.flows.language.nodes import MapNode, SubflowNode
from fluxagents.flows.state import RunState

SHOWN = 8
"""Items and failures that a chat model is shown; the artifact has all."""


def joined(
    controller: FlowController,
    state: RunState,
    node: MapNode | SubflowNode,
    runs: Sequence[RunState],
    at_ms: int,
) -> RunsJoined:
    """What the runs found, put together; without an artifact.

    Args:
        controller: Of the flow.
        state: Of the run that began them.
        node: The node that began them.
        runs: In the order of the node's items.
        at_ms: When, as Unix time in ms.

    Raises:
        FluxError: `BAD_FLOW` if a fact has another type than declared.
    """
    found = found_by(node, runs)
    facts: dict[str, JsonValue] = (
        dict(found) if isinstance(node, MapNode) else {fact: values[0] for fact, values in found.items()}
    )
    ended = runs[0] if isinstance(node, SubflowNode) else None
    return RunsJoined(
        seq=state.seq,
        at_ms=at_ms,
        node=state.node,
        what=what_runs(node),
        finished=sum(run.status == "finished" for run in runs),
        failed=sum(run.status != "finished" for run in runs),
        facts=controller.joined_facts(state, facts),
        key_findings=key_findings(runs, found),
        new_model=ended.model if ended and ended.model != state.model else None,
    )


def what_runs(node: MapNode | SubflowNode) -> str:
    """The tool or the flow that a node runs."""
    return (node.tool if isinstance(node, MapNode) else None) or node.flow or ""


def sources(node: MapNode | SubflowNode) -> Mapping[str, str]:
    """Fact name -> the fact of the runs that it is made of."""
    return {name: name for name in node.facts} if isinstance(node, MapNode) and node.tool else node.facts


def found_by(node: MapNode | SubflowNode, runs: Sequence[RunState]) -> dict[str, list[JsonValue]]:
    """Fact name -> its value in each run; None in one that did not finish."""
    return {fact: [_found(run, source) for run in runs] for fact, source in sources(node).items()}


def _found(run: RunState, source: str) -> JsonValue:
    if run.status != "finished":
        return None
    return run.answer if source == "answer" else run.facts.get(source)


def key_findings(runs: Sequence[RunState], found: Mapping[str, list[JsonValue]]) -> dict[str, JsonValue]:
    """Counts, the first failures, and each fact: all of few values, or the range of many numbers."""
    failures: list[JsonValue] = [_why(run)[:160] for run in runs if run.status != "finished"]
    shown: dict[str, JsonValue] = {
        "runs": len(runs),
        "finished": len(runs) - len(failures),
        "failed": len(failures),
    }
    if failures:
        shown["failures"] = failures[:SHOWN]
    if len(runs) == 1 and runs[0].answer:
        shown["answer"] = runs[0].answer[:800]
    for fact, values in found.items():
        numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(values) <= SHOWN:
            shown[fact] = values[0] if len(values) == 1 else values
        elif numbers:
            shown[fact] = {"least": min(numbers), "most": max(numbers), "known": len(numbers)}
    return shown


def _why(run: RunState) -> str:
    said = f": {run.error.message}" if run.error else ""
    return f"run {run.run_id} is {run.status}{said}"


def too_few(node: MapNode | SubflowNode, runs: Sequence[RunState]) -> FluxError | None:
    """The failure of a node whose runs did not finish often enough; of the kind of the first of them."""
    finished = sum(run.status == "finished" for run in runs)
    share = node.min_finished if isinstance(node, MapNode) else 1.0
    if not runs or finished >= share * len(runs):
        return None
    first = next(run for run in runs if run.status != "finished")
    kind = first.error.kind if first.error else ErrorClass.PERMISSION
    return FluxError(kind, f"{finished} of {len(runs)} runs finished; {_why(first)}")


def too_late(state: RunState, late: int, of: int) -> FluxError:
    """The failure of a node some of whose runs did not come to rest in its time."""
    return FluxError(ErrorClass.TIMEOUT, f"{late} of {of} runs of node {state.node!r} did not end in time")
