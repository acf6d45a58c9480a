"""Where two runs differ: their beginning, the way they took, decisions, calls, findings, answers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Decision, Finish
from fluxagents.flows.history.alignment import align
from fluxagents.flows.history.recorded_steps import call_of, path_of, prompt_of, steps_of
from fluxagents.flows.history.run_record import record_of
from fluxagents.flows.history.tolerance import TOLERANCE, find_differences, is_same_text
from fluxagents.flows.state import RunState

Section = Literal["start", "prompts", "path", "decisions", "calls", "findings", "humans", "outcome", "answer"]

Side = Literal["both", "a", "b"]


@dataclass(frozen=True, slots=True)
class RunDifference:
    """One thing that is not the same in both runs."""

    section: Section
    what: str
    a: JsonValue
    b: JsonValue
    relative: float | None = None
    """Of two numbers: their difference as a fraction of the greater one."""


@dataclass(frozen=True, slots=True)
class RunDiff:
    """Two runs side by side."""

    differences: tuple[RunDifference, ...]
    path: tuple[tuple[Side, str], ...]
    """The nodes in order, and which run was there."""
    tolerance: float

    @property
    def same(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class _Call:
    """A tool call and what came of it."""

    node: str
    call: CallTool
    findings: JsonValue
    error: str


def compare_runs(a: Sequence[e.Event], b: Sequence[e.Event], tolerance: float = TOLERANCE) -> RunDiff:
    """Compare two histories. Ids, times and digests of results are no difference.

    Args:
        a: One run's log.
        b: The other's.
        tolerance: Numbers are the same whose difference is at most this fraction of the greater one.

    Raises:
        FluxError: As `fluxagents.flows.reducer.fold`.
    """
    path = align(path_of(a), path_of(b), key=str)
    return RunDiff(
        differences=(
            *_starts(a, b),
            *_prompts(a, b),
            *_paths(path),
            *_decisions(a, b, tolerance),
            *_calls(a, b, tolerance),
            *_humans(a, b),
            *_outcomes(_last(a), _last(b), tolerance),
        ),
        path=tuple(
            ("both" if node_a and node_b else "a" if node_a else "b", str(node_a or node_b))
            for node_a, node_b in path
        ),
        tolerance=tolerance,
    )


def _last(events: Sequence[e.Event]) -> RunState:
    return steps_of(events)[-1].after


def _starts(a: Sequence[e.Event], b: Sequence[e.Event]) -> Iterator[RunDifference]:
    starts: list[JsonValue] = [
        {
            "flow": state.flow.name,
            "flow version": state.flow.version,
            "flow digest": state.flow.digest,
            "model": state.model_name,
            "model digest": _first_event(events).model,
            "inputs": state.inputs,
        }
        for state, events in ((_last(a), a), (_last(b), b))
    ]
    yield from _compare("start", "", starts[0], starts[1], 0.0)


def _compare(
    section: Section, prefix: str, a: JsonValue, b: JsonValue, tolerance: float
) -> Iterator[RunDifference]:
    """Where two values differ, each place named with a prefix."""
    for value in find_differences(a, b, tolerance):
        yield RunDifference(section, f"{prefix}{value.path}", value.a, value.b, value.relative)


def _first_event(events: Sequence[e.Event]) -> e.RunStarted:
    first = events[0]
    assert isinstance(first, e.RunStarted)
    return first


def _prompts(a: Sequence[e.Event], b: Sequence[e.Event]) -> Iterator[RunDifference]:
    """Versions of prompts that both used, and the chat models."""
    prompts_a, prompts_b = _list_prompts(a), _list_prompts(b)
    for name in prompts_a.keys() & prompts_b.keys():
        if prompts_a[name] != prompts_b[name]:
            yield RunDifference("prompts", name, prompts_a[name], prompts_b[name])


def _list_prompts(events: Sequence[e.Event]) -> dict[str, str]:
    uses = [use for event in events if (use := prompt_of(event))]
    versions = {f"prompt {use.name}": f"version {use.version} ({use.digest[:12]})" for use in uses}
    chat_models = ", ".join(dict.fromkeys(use.chat_model for use in uses))
    return {**versions, **({"chat model": chat_models} if chat_models else {})}


def _paths(path: Sequence[tuple[str | None, str | None]]) -> Iterator[RunDifference]:
    only_a = [node_a for node_a, node_b in path if node_a and not node_b]
    only_b = [node_b for node_a, node_b in path if node_b and not node_a]
    if only_a or only_b:
        yield RunDifference("path", "nodes only there", [*only_a], [*only_b])


def _decisions(a: Sequence[e.Event], b: Sequence[e.Event], tolerance: float) -> Iterator[RunDifference]:
    decisions = [[event for event in log if isinstance(event, e.DecisionMade)] for log in (a, b)]
    pairs = align(decisions[0], decisions[1], key=_decision_key)
    for number, (made_a, made_b) in enumerate(pairs, start=1):
        made = made_a or made_b
        assert made is not None
        what = f"{number} at {made.node}"
        dump_a, dump_b = _dump_decision(made_a), _dump_decision(made_b)
        if made_a is None or made_b is None:
            yield RunDifference("decisions", what, dump_a, dump_b)
        # What a decision ends with is compared as the run's answer.
        elif not isinstance(made.decision, Finish):
            yield from _compare("decisions", f"{what}: ", dump_a, dump_b, tolerance)


def _decision_key(event: e.DecisionMade) -> str:
    decision: Decision = event.decision
    return f"{event.node} {decision.kind} {decision.tool if isinstance(decision, CallTool) else ''}"


def _dump_decision(event: e.DecisionMade | None) -> JsonValue:
    return None if event is None else event.decision.model_dump(mode="json")


def _list_calls(events: Sequence[e.Event]) -> list[_Call]:
    calls: list[_Call] = []
    for event in events:
        call = call_of(event)
        if call and isinstance(event, e.ToolSucceeded):
            calls.append(_Call(event.node, call, event.key_findings, ""))
        elif call and isinstance(event, e.ToolFailed):
            calls.append(_Call(event.node, call, None, f"{event.error.kind}: {event.error.message}"))
    return calls


def _calls(a: Sequence[e.Event], b: Sequence[e.Event], tolerance: float) -> Iterator[RunDifference]:
    pairs = align(
        _list_calls(a), _list_calls(b), key=lambda made: f"{made.node} {made.call.tool} {bool(made.error)}"
    )
    for number, (call_a, call_b) in enumerate(pairs, start=1):
        call = call_a or call_b
        assert call is not None
        what = f"{number} {call.call.tool}"
        if call_a is None or call_b is None:
            yield RunDifference("calls", what, _dump_call(call_a), _dump_call(call_b))
            continue
        yield from _compare("calls", f"{what}: ", call_a.call.args, call_b.call.args, tolerance)
        if not is_same_text(call_a.error, call_b.error, tolerance):
            yield RunDifference("calls", f"{what}: error", call_a.error, call_b.error)
        yield from _compare("findings", f"{what}: ", call_a.findings, call_b.findings, tolerance)


def _dump_call(made: _Call | None) -> JsonValue:
    return None if made is None else {"args": made.call.args, **({"error": made.error} if made.error else {})}


def _humans(a: Sequence[e.Event], b: Sequence[e.Event]) -> Iterator[RunDifference]:
    requests = [
        [f"{asked.kind} {asked.tool}".strip() + f": {asked.outcome}" for asked in record_of(log).requests]
        for log in (a, b)
    ]
    for number, (request_a, request_b) in enumerate(align(requests[0], requests[1], key=str), start=1):
        if request_a != request_b:
            yield RunDifference("humans", f"request {number}", request_a, request_b)


def _outcomes(a: RunState, b: RunState, tolerance: float) -> Iterator[RunDifference]:
    if a.status != b.status:
        yield RunDifference("outcome", "status", a.status, b.status)
    errors = [f"{run.error.kind}: {run.error.message}" if run.error else "" for run in (a, b)]
    if not is_same_text(errors[0], errors[1], tolerance):
        yield RunDifference("outcome", "error", errors[0] or None, errors[1] or None)
    yield from _compare("outcome", "fact ", dict(a.facts), dict(b.facts), tolerance)
    if not is_same_text(a.answer or "", b.answer or "", tolerance):
        yield RunDifference("answer", "answer", a.answer, b.answer)
