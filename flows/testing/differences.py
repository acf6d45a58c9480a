"""What is not as a scenario expects, with the reasons that the run shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

from pydantic import BaseModel, JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.testing.environment import format_call
from fluxagents.flows.testing.expectation import Expectation
from fluxagents.flows.testing.simulated_run import Move, SimulatedRun

ABSOLUTE_TOLERANCE = 1e-9
"""By how much numbers may differ at zero."""

MAX_SHOWN = 8
"""Unused answers that are shown before the rest is counted."""

_Format = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class ScenarioDifference:
    """Something that is not as expected."""

    what: str
    expected: str
    found: str
    notes: tuple[str, ...] = ()
    """The reasons."""

    def __str__(self) -> str:
        notes = "".join(f"\n  {note}" for note in self.notes)
        return f"{self.what}\n  expected  {self.expected}\n  found     {self.found}{notes}"


def find_differences(expected: Expectation, run: SimulatedRun) -> Iterator[ScenarioDifference]:
    """Find all that is not as expected, the telling one first; answers that nothing asked for count too."""
    yield from _compare_path(expected, run)
    yield from _compare_end(expected, run)
    yield from _compare_facts(expected, run)
    yield from _compare_lists(expected, run)
    yield from _compare_retries(expected, run)
    if run.unused:
        more = len(run.unused) - MAX_SHOWN
        notes = (*run.unused[1:MAX_SHOWN], *([f"and {more} more"] if more > 0 else []))
        yield ScenarioDifference("an answer was not used", "every answer is asked for", run.unused[0], notes)


def _compare_path(expected: Expectation, run: SimulatedRun) -> Iterator[ScenarioDifference]:
    path = _format_path(run.path)
    if expected.path is not None and expected.path != run.path:
        pairs = zip(expected.path, run.path, strict=False)
        shorter = min(len(expected.path), len(run.path))
        index = next(
            (index for index, (expected_node, node) in enumerate(pairs) if expected_node != node), shorter
        )
        yield ScenarioDifference(
            f"the path is another from place {index + 1} on",
            _format_path(expected.path),
            path,
            tuple(_explain_node(run, index)),
        )
    rest = iter(run.path)
    for node in expected.passes:
        if node not in rest:
            yield ScenarioDifference(
                f"the run does not pass {node!r}" + (" (in this order)" if node in run.path else ""),
                _format_path(expected.passes),
                path,
                (*(_format_move(move) for move in run.moves if move.seen), *_list_error(run)),
            )
            break
    for node in expected.avoids:
        if node in run.path:
            notes = tuple(_explain_node(run, run.path.index(node)))
            yield ScenarioDifference(f"the run comes to {node!r}", f"not {node}", path, notes)


def _compare_end(expected: Expectation, run: SimulatedRun) -> Iterator[ScenarioDifference]:
    notes = tuple(_list_error(run))
    if expected.status is not None and expected.status != run.status:
        where = f"{run.status} at {run.state.node}"
        yield ScenarioDifference("the status is another", expected.status, where, notes)
    if expected.error is not None:
        error = {"kind": run.error.kind, "text": notes[0]} if run.error else {}
        stated = expected.error.model_dump(exclude_none=True)
        if not error or not _matches(stated, error):
            contains = f" with {stated['contains']!r}" if "contains" in stated else ""
            yield ScenarioDifference(
                "the error is another",
                f"{stated.get('kind', 'an error')}{contains}",
                error.get("text", "none"),
            )
    if expected.answer is not None:
        stated = expected.answer.model_dump(exclude_none=True)
        if not _matches(stated, {"text": run.answer or ""}):
            text = repr(stated["text"]) if "text" in stated else f"with {expected.answer.contains!r}"
            yield ScenarioDifference("the answer is another", text, repr(run.answer), notes)


def _compare_facts(expected: Expectation, run: SimulatedRun) -> Iterator[ScenarioDifference]:
    for name, value in expected.facts.items():
        fact = run.facts.get(name)
        if not is_close(value, fact, expected.tolerance):
            missing = "" if name in run.facts else " (never found)"
            expected_text = json.dumps(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                expected_text += f" ± {expected.tolerance:.3g} of it"
            yield ScenarioDifference(
                f"fact {name!r} is another", expected_text, f"{json.dumps(fact)}{missing}"
            )


def _compare_lists(expected: Expectation, run: SimulatedRun) -> Iterator[ScenarioDifference]:
    """Compare questions, calls and runs one by one, then how many there are."""
    questions = [{"kind": each.kind, "node": each.node, "text": each.question} for each in run.questions]
    calls = [{"tool": call.tool, "node": call.node, "args": dict(call.args)} for call in run.calls]
    runs = [_describe_run(event, child) for event, child in run.runs]
    lists: tuple[tuple[Sequence[BaseModel] | None, list[dict[str, Any]], _Format, str, str], ...] = (
        (
            expected.questions,
            questions,
            _format_question,
            "question {} to a human",
            "humans are asked so often",
        ),
        (expected.calls, calls, _format_call, "call {} of a tool", "tools are called so often"),
        (expected.runs, runs, _format_run, "run {} of a node", "nodes begin so many runs"),
    )
    for items, actual_items, to_text, item, number in lists:
        if items is None:
            continue
        for index, (model, actual) in enumerate(zip(items, actual_items, strict=False), start=1):
            stated = model.model_dump(exclude_none=True)
            if not _matches(stated, actual, expected.tolerance):
                yield ScenarioDifference(f"{item.format(index)} is another", to_text(stated), to_text(actual))
        if len(items) != len(actual_items):
            yield ScenarioDifference(
                number, str(len(items)), str(len(actual_items)), tuple(map(to_text, actual_items))
            )


def _describe_run(event: e.RunsBegun, run: e.RunBegun) -> dict[str, Any]:
    inputs = {name: value for name, value in run.inputs.items() if value is not None}
    return {"node": event.node, "flow": event.flow.name, "inputs": inputs, "model": run.model_name}


def _compare_retries(expected: Expectation, run: SimulatedRun) -> Iterator[ScenarioDifference]:
    retries: int | dict[str, int] = run.retries
    if isinstance(expected.retries, int):
        retries = sum(run.retries.values())
    if expected.retries is not None and retries != expected.retries:
        yield ScenarioDifference("something is tried again so often", str(expected.retries), str(retries))


def _matches(stated: Mapping[str, Any], actual: Mapping[str, Any], tolerance: float = 0) -> bool:
    """Whether something has all that is wanted of it; `contains` is looked for in its text."""
    fields = {name: value for name, value in stated.items() if name != "contains"}
    same = is_close(fields, {name: actual[name] for name in fields}, tolerance)
    return same and stated.get("contains", "") in actual.get("text", "")


def is_close(left: JsonValue, right: JsonValue, tolerance: float) -> bool:
    """Whether two values are the same, numbers within a share of them, however deep."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return isclose(left, right, rel_tol=tolerance, abs_tol=ABSOLUTE_TOLERANCE)
    if isinstance(left, list) and isinstance(right, list):
        pairs = zip(left, right, strict=True)
        return len(left) == len(right) and all(is_close(*pair, tolerance) for pair in pairs)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(is_close(left[key], right[key], tolerance) for key in left)
    return left == right


def _format_path(path: Sequence[str]) -> str:
    return " → ".join(path)


def _format_question(question: Mapping[str, Any]) -> str:
    text = f": {question['text']!r}" if "text" in question else ""
    contains = f" with {question['contains']!r}" if "contains" in question else ""
    return f"{question.get('kind', 'a request')}{_format_node(question)}{text}{contains}"


def _format_call(call: Mapping[str, Any]) -> str:
    text: str = format_call(call["tool"], call["args"]) if "args" in call else call["tool"]
    return f"{text}{_format_node(call)}"


def _format_node(item: Mapping[str, Any]) -> str:
    return f" at {item['node']}" if "node" in item else ""


def _format_run(run: Mapping[str, Any]) -> str:
    return json.dumps(run, ensure_ascii=False)


def _format_move(move: Move) -> str:
    """Write an edge with the values that were seen or the error that led along it."""
    seen = ", ".join(f"{name} = {json.dumps(value)}" for name, value in sorted(move.seen.items()))
    error = f"; {move.error.kind}: {move.error.message}" if move.error else ""
    return f"{move.edge}{f'; saw {seen}' if seen else ''}{error}"


def _explain_node(run: SimulatedRun, index: int) -> Iterator[str]:
    """What led to a node of the path, or kept the run from going on."""
    if 0 < index < len(run.path):
        yield _format_move(run.moves[index - 1])
    if index >= len(run.path):
        yield f"the run is {run.status} at {run.state.node!r}"
    yield from _list_error(run)


def _list_error(run: SimulatedRun) -> Iterator[str]:
    if run.error is not None:
        yield f"{run.error.kind}: {run.error.message}"
