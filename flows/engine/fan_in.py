"""What a `map` or `subflow` node makes of its runs once they are terminal. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.model_warnings import describe_warnings, list_messages
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import RunsJoined
from fluxagents.flows.language.inputs import check_facts
from fluxagents.flows.language.node_base import ChildRunNode
from fluxagents.flows.state import RunState

MAX_SHOWN = 8
"""Items and failures that a chat model is shown; the artifact has all."""


def join_children(
    controller: FlowController,
    state: RunState,
    node: ChildRunNode,
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
    values = collect_facts(node, runs)
    facts: dict[str, JsonValue] = (
        dict(values) if node.has_items else {fact: each[0] for fact, each in values.items()}
    )
    only = None if node.has_items else runs[0]
    return RunsJoined(
        seq=state.seq,
        at_ms=at_ms,
        node=state.node,
        what=node.work,
        finished=sum(run.status == "finished" for run in runs),
        failed=sum(run.status != "finished" for run in runs),
        facts=check_facts(controller.flow, facts, where=state.node),
        key_findings={**summarise_runs(runs, values), **describe_warnings(_list_messages(runs))},
        new_model=only.model if only and only.model != state.model else None,
    )


def collect_facts(node: ChildRunNode, runs: Sequence[RunState]) -> dict[str, list[JsonValue]]:
    """Fact name -> its value in each run; None in one that did not finish."""
    return {fact: [_read_fact(run, source) for run in runs] for fact, source in node.fact_sources.items()}


def _read_fact(run: RunState, source: str) -> JsonValue:
    if run.status != "finished":
        return None
    return run.answer if source == "answer" else run.facts.get(source)


def summarise_runs(runs: Sequence[RunState], facts: Mapping[str, list[JsonValue]]) -> dict[str, JsonValue]:
    """Counts, the first failures, and each fact: all of few values, or the range of many numbers."""
    failures: list[JsonValue] = [_describe(run)[:160] for run in runs if run.status != "finished"]
    shown: dict[str, JsonValue] = {
        "runs": len(runs),
        "finished": len(runs) - len(failures),
        "failed": len(failures),
    }
    if failures:
        shown["failures"] = failures[:MAX_SHOWN]
    if len(runs) == 1 and runs[0].answer:
        shown["answer"] = runs[0].answer[:800]
    for fact, values in facts.items():
        numbers = [
            value for value in values if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        if len(values) <= MAX_SHOWN:
            shown[fact] = values[0] if len(values) == 1 else values
        elif numbers:
            shown[fact] = {"least": min(numbers), "most": max(numbers), "known": len(numbers)}
    return shown


def _list_messages(runs: Sequence[RunState]) -> list[str]:
    """What was left out of the models that the runs worked on."""
    return list(dict.fromkeys(message for run in runs for message in list_messages(run.findings)))


def _describe(run: RunState) -> str:
    reason = f": {run.error.message}" if run.error else ""
    return f"run {run.run_id} is {run.status}{reason}"


def find_shortfall(node: ChildRunNode, runs: Sequence[RunState]) -> FluxError | None:
    """The failure of a node whose runs did not finish often enough; of the kind of the first of them."""
    finished = sum(run.status == "finished" for run in runs)
    if not runs or finished >= node.min_share * len(runs):
        return None
    first = next(run for run in runs if run.status != "finished")
    kind = first.error.kind if first.error else ErrorClass.PERMISSION
    return FluxError(kind, f"{finished} of {len(runs)} runs finished; {_describe(first)}")


def late_runs_error(state: RunState, late: int, of: int) -> FluxError:
    """The failure of a node some of whose runs did not end in its time."""
    return FluxError(ErrorClass.TIMEOUT, f"{late} of {of} runs of node {state.node!r} did not end in time")
