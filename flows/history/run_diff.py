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
from fluxagents.flows.state import RunState
from fluxagents.flows.tolerance import TOLERANCE, find_differences, same_text

Section = Literal["start", "prompts", "path", "decisions", "calls", "findings", "humans", "outcome", "answer"]

Side = Literal["both", "a", "b"]


@dataclass(frozen=True, slots=True)
class Difference:
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

    differences: tuple[Difference, ...]
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
    found: JsonValue
    error: str


def run_diff(a: Sequence[e.Event], b: Sequence[e.Event], tolerance: float = TOLERANCE) -> RunDiff:
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
            ("both" if one and other else "a" if one else "b", str(one or other)) for one, other in path
        ),
        tolerance=tolerance,
    )


def _last(events: Sequence[e.Event]) -> RunState:
    return steps_of(events)[-1].after


def _starts(a: Sequence[e.Event], b: Sequence[e.Event]) -> Iterator[Difference]:
    one, other = _last(a), _last(b)
    starts: list[JsonValue] = [
        {
            "flow": state.flow.name,
            "flow version": state.flow.version,
            "flow digest": state.flow.digest,
            "model": state.model_name,
            "model digest": _first_event(events).model,
            "inputs": state.inputs,
        }
        for state, events in ((one, a), (other, b))
    ]
    for found in find_differences(starts[0], starts[1], 0.0):
        yield Difference("start", found.path, found.a, found.b, found.relative)


def _first_event(events: Sequence[e.Event]) -> e.RunStarted:
    first = events[0]
    assert isinstance(first, e.RunStarted)
    return first


def _prompts(a: Sequence[e.Event], b: Sequence[e.Event]) -> Iterator[Difference]:
    """Versions of prompts that both used, and the chat models."""
    one, other = _list_prompts(a), _list_prompts(b)
    for name in one.keys() & other.keys():
        if one[name] != other[name]:
            yield Difference("prompts", name, one[name], other[name])


def _list_prompts(events: Sequence[e.Event]) -> dict[str, str]:
    uses = [use for event in events if (use := prompt_of(event))]
    versions = {f"prompt {use.name}": f"version {use.version} ({use.digest[:12]})" for use in uses}
    chat_models = ", ".join(dict.fromkeys(use.chat_model for use in uses))
    return {**versions, **({"chat model": chat_models} if chat_models else {})}


def _paths(path: Sequence[tuple[str | None, str | None]]) -> Iterator[Difference]:
    only_a = [one for one, other in path if one and not other]
    only_b = [other for one, other in path if other and not one]
    if only_a or only_b:
        yield Difference("path", "nodes only there", [*only_a], [*only_b])


def _decisions(a: Sequence[e.Event], b: Sequence[e.Event], tolerance: float) -> Iterator[Difference]:
    made = [[event for event in log if isinstance(event, e.DecisionMade)] for log in (a, b)]
    pairs = align(made[0], made[1], key=_decision_key)
    for number, (one, other) in enumerate(pairs, start=1):
        there = one or other
        assert there is not None
        what = f"{number} at {there.node}"
        if one is None or other is None:
            yield Difference("decisions", what, _dump_decision(one), _dump_decision(other))
            continue
        # What a decision ends with is compared as the run's answer.
        if isinstance(one.decision, Finish):
            continue
        for found in find_differences(one.decision.model_dump(), other.decision.model_dump(), tolerance):
            yield Difference("decisions", f"{what}: {found.path}", found.a, found.b, found.relative)


def _decision_key(event: e.DecisionMade) -> str:
    decision: Decision = event.decision
    return f"{event.node} {decision.kind} {decision.tool if isinstance(decision, CallTool) else ''}"


def _dump_decision(event: e.DecisionMade | None) -> JsonValue:
    return None if event is None else event.decision.model_dump(mode="json")


def _list_calls(events: Sequence[e.Event]) -> list[_Call]:
    found: list[_Call] = []
    for event in events:
        call = call_of(event)
        if call and isinstance(event, e.ToolSucceeded):
            found.append(_Call(event.node, call, event.key_findings, ""))
        elif call and isinstance(event, e.ToolFailed):
            found.append(_Call(event.node, call, None, f"{event.error.kind}: {event.error.message}"))
    return found


def _calls(a: Sequence[e.Event], b: Sequence[e.Event], tolerance: float) -> Iterator[Difference]:
    pairs = align(
        _list_calls(a), _list_calls(b), key=lambda one: f"{one.node} {one.call.tool} {bool(one.error)}"
    )
    for number, (one, other) in enumerate(pairs, start=1):
        there = one or other
        assert there is not None
        what = f"{number} {there.call.tool}"
        if one is None or other is None:
            yield Difference("calls", what, _args(one), _args(other))
            continue
        for found in find_differences(one.call.args, other.call.args, tolerance):
            yield Difference("calls", f"{what}: {found.path}", found.a, found.b, found.relative)
        if not same_text(one.error, other.error, tolerance):
            yield Difference("calls", f"{what}: error", one.error, other.error)
        for found in find_differences(one.found, other.found, tolerance):
            yield Difference("findings", f"{what}: {found.path}", found.a, found.b, found.relative)


def _args(one: _Call | None) -> JsonValue:
    return None if one is None else {"args": one.call.args, **({"error": one.error} if one.error else {})}


def _humans(a: Sequence[e.Event], b: Sequence[e.Event]) -> Iterator[Difference]:
    asked = [
        [f"{one.kind} {one.tool}".strip() + f": {one.outcome}" for one in record_of(log).requests]
        for log in (a, b)
    ]
    for number, (one, other) in enumerate(align(asked[0], asked[1], key=str), start=1):
        if one != other:
            yield Difference("humans", f"request {number}", one, other)


def _outcomes(a: RunState, b: RunState, tolerance: float) -> Iterator[Difference]:
    if a.status != b.status:
        yield Difference("outcome", "status", a.status, b.status)
    errors = [f"{one.error.kind}: {one.error.message}" if one.error else "" for one in (a, b)]
    if not same_text(errors[0], errors[1], tolerance):
        yield Difference("outcome", "error", errors[0] or None, errors[1] or None)
    for found in find_differences(dict(a.facts), dict(b.facts), tolerance):
        yield Difference("outcome", f"fact {found.path}", found.a, found.b, found.relative)
    if not same_text(a.answer or "", b.answer or "", tolerance):
        yield Difference("answer", "answer", a.answer, b.answer)
