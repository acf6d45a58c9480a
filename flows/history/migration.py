"""A run that goes on with another version of its flow: what speaks against it, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from fluxagents.flows.engine.budget import check_budget
from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs, is_of
from fluxagents.flows.state import RunState


@dataclass(frozen=True, slots=True)
class Migration:
    """A way to another version that was checked."""

    inputs: dict[str, JsonValue]
    """Of the run in the new version, with its defaults."""
    changes: tuple[str, ...]
    """What differs between the versions, a sentence each."""


def plan_migration(old: Flow, new: Flow, state: RunState, *, now_ms: int) -> Migration:
    """Check that a run can go on with another version of its flow.

    Args:
        old: The version that it follows.
        new: The one to follow from now on.
        state: Of the run.
        now_ms: Unix time in ms.

    Raises:
        FluxError: If it cannot, with all that speaks against it.
    """
    problems = list(_problems(old, new, state, now_ms))
    inputs: dict[str, JsonValue] = {}
    try:
        stated_inputs = {name: value for name, value in state.inputs.items() if value is not None}
        inputs = check_inputs(new, stated_inputs)
    except FluxError as error:
        problems.append(error.message)
    if problems:
        what = f"version {new.version} of flow {new.flow!r}"
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"run {state.run_id!r} cannot go on with {what}: {problems[0]}",
            suggestions=(*problems[1:], "fork the run at an earlier step, or start a new one"),
        )
    return Migration(inputs=inputs, changes=tuple(_changes(old, new)))


def _problems(old: Flow, new: Flow, state: RunState, now_ms: int) -> Iterator[str]:
    if state.status not in {"waiting", "paused"}:
        yield f"it is {state.status}; only a run that waits or is paused can change its flow"
    if new.flow != old.flow:
        yield f"it follows flow {old.flow!r}"
    if new.digest == state.flow.digest:
        yield "it follows just that version already"
    node = new.nodes.get(state.node)
    if node is None:
        close = nearest(state.node, new.nodes)
        yield f"it stands at node {state.node!r}, which that version has not" + "".join(
            f"; {c}" for c in close
        )
        return
    if node.kind != old.nodes[state.node].kind:
        yield (
            f"it stands at node {state.node!r}, which was of kind {old.nodes[state.node].kind!r}"
            f" and is of kind {node.kind!r}"
        )
    yield from _about_facts(old, new, state)
    spent = check_budget(new, state, now_ms)
    if spent is not None:
        yield spent.message


def _about_facts(old: Flow, new: Flow, state: RunState) -> Iterator[str]:
    """Facts that were found and that the new version takes for something else."""
    for name, value in state.facts.items():
        was, is_ = old.facts.get(name), new.facts.get(name)
        if was and not is_:
            yield f"fact {name!r} was found, and that version does not declare it"
        elif is_ and ((was and was.type != is_.type) or (value is not None and not is_of(value, is_.type))):
            yield f"fact {name!r} is {value!r:.80}, and that version declares it as {is_.type}"


def _changes(old: Flow, new: Flow) -> Iterator[str]:
    yield f"version {old.version} becomes version {new.version}"
    yield from _differences("node", old.nodes, new.nodes)
    yield from _differences("input", old.inputs, new.inputs)
    yield from _differences("fact", old.facts, new.facts)
    for name in ("start", "budget", "purpose"):
        was, is_ = getattr(old, name), getattr(new, name)
        if was != is_:
            yield f"{name} is another" if name != "start" else f"it starts at {is_!r}, no longer at {was!r}"


def _differences(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in (*old, *(name for name in new if name not in old)):
        if name not in new:
            yield f"{what} {name!r} is gone"
        elif name not in old:
            yield f"{what} {name!r} is new"
        elif old[name] != new[name]:
            was, is_ = old[name].model_dump(mode="json"), new[name].model_dump(mode="json")
            fields = ", ".join(key for key in {**was, **is_} if was.get(key) != is_.get(key))
            yield f"{what} {name!r} differs in {fields}"
