"""What a rehearsal did to the world, against what its scenario expects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.testing.difference import Difference, alike, is_text, text_in_words
from fluxagents.flows.testing.expectation import Expectation, ExpectedCall, ExpectedQuestion
from fluxagents.flows.testing.rehearsal import Call, Rehearsal
from fluxagents.flows.testing.world import call_in_words


def act_differences(expected: Expectation, found: Rehearsal) -> Iterator[Difference]:
    """What is another in questions to humans, calls of tools, runs that were begun, and retries."""
    yield from _of_questions(expected.questions, found.questions)
    yield from _of_calls(expected, found)
    yield from _of_runs(expected, found)
    yield from _of_retries(expected, found)


def _of_questions(
    expected: Sequence[ExpectedQuestion] | None, found: Sequence[e.HumanRequest]
) -> Iterator[Difference]:
    if expected is None:
        return
    for place, (one, request) in enumerate(zip(expected, found, strict=False), start=1):
        fits = (
            is_text(one, request.question)
            and one.node in {None, request.node}
            and one.kind in {None, request.kind}
        )
        if not fits:
            yield Difference(f"question {place} to a human is another", _question(one), _asked(request))
    if len(expected) != len(found):
        yield Difference(
            "humans are asked so often",
            f"{len(expected)} times",
            f"{len(found)} times",
            tuple(_asked(request) for request in found),
        )


def _question(one: ExpectedQuestion) -> str:
    said = "" if one.text is None and one.contains is None else f" {text_in_words(one)}"
    return f"{one.kind or 'a request'}{f' at {one.node}' if one.node else ''}{said}"


def _asked(request: e.HumanRequest) -> str:
    return f"{request.kind} at {request.node}: {request.question!r}"


def _of_calls(expected: Expectation, found: Rehearsal) -> Iterator[Difference]:
    if expected.calls is None:
        return
    for place, (one, call) in enumerate(zip(expected.calls, found.calls, strict=False), start=1):
        if not _is_call(one, call, expected.tolerance):
            yield Difference(f"call {place} of a tool is another", _wanted_call(one), _made_call(call))
    if len(expected.calls) != len(found.calls):
        yield Difference(
            "tools are called so often",
            f"{len(expected.calls)} times",
            f"{len(found.calls)} times",
            tuple(_made_call(call) for call in found.calls),
        )


def _is_call(one: ExpectedCall, call: Call, tolerance: float) -> bool:
    same = one.tool == call.tool and one.node in {None, call.node}
    return same and (one.args is None or alike(one.args, dict(call.args), tolerance))


def _wanted_call(one: ExpectedCall) -> str:
    words = one.tool if one.args is None else call_in_words(one.tool, one.args)
    return f"{words}{f' at {one.node}' if one.node else ''}"


def _made_call(call: Call) -> str:
    return f"{call_in_words(call.tool, call.args)} at {call.node}"


def _of_runs(expected: Expectation, found: Rehearsal) -> Iterator[Difference]:
    if expected.runs is None:
        return
    for place, (one, (event, run)) in enumerate(zip(expected.runs, found.runs, strict=False), start=1):
        made = _made_run(event, run)
        wanted: dict[str, JsonValue] = one.model_dump(exclude_none=True)
        if not alike(wanted, {name: made[name] for name in wanted}, expected.tolerance):
            yield Difference(f"run {place} of a node is another", _json(wanted), _json(made))
    if len(expected.runs) != len(found.runs):
        yield Difference(
            "nodes begin so many runs",
            f"{len(expected.runs)}",
            f"{len(found.runs)}",
            tuple(f"{event.node}: {_json(run.inputs)}" for event, run in found.runs),
        )


def _made_run(event: e.RunsBegun, run: e.RunBegun) -> dict[str, JsonValue]:
    given: dict[str, JsonValue] = {name: value for name, value in run.inputs.items() if value is not None}
    return {"node": event.node, "flow": event.flow.name, "inputs": given, "model": run.model_name}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _of_retries(expected: Expectation, found: Rehearsal) -> Iterator[Difference]:
    if expected.retries is None:
        return
    made: int | dict[str, int] = found.retries
    if isinstance(expected.retries, int):
        made = sum(found.retries.values())
    if made != expected.retries:
        yield Difference("something is tried again so often", str(expected.retries), str(made))
