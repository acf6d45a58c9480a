"""Something that happened and that a trigger may wait for: its id, its names, and what led to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.events import Frozen
from fluxagents.flows.ports.event_feed import FeedEntry, has_new_model
from fluxagents.flows.state import RunState
from fluxagents.scheduler.triggers.event_trigger import (
    ArtifactSource,
    ModelSource,
    RunEnd,
    RunSource,
    Source,
)

MAX_TEXT = 2_000
"""Characters of an answer that an occurrence remembers."""

_ENDS: Mapping[type[e.EventBase], RunEnd] = MappingProxyType(
    {
        e.RunFinished: "finished",
        e.RunFailed: "failed",
        e.RunCancelled: "cancelled",
        e.RunDeadLettered: "dead",
    }
)


class Occurrence(Frozen):
    """One event, as a trigger sees it."""

    id: str
    """The same event has the same id, whoever reads it and however often."""
    at_ms: int
    model: str
    """The model that it is about, by content; empty for none."""
    names: dict[str, JsonValue]
    """What expressions may speak of."""
    chain: tuple[str, ...] = ()
    """The triggers that led to it, the first one first."""


def find_occurrences(source: Source, entry: FeedEntry) -> Iterator[Occurrence]:
    """Those of a step's events that are of a source, in their order."""
    for place, event in enumerate(entry.events, start=entry.first):
        names = _read_event(source, event, entry.state)
        if names is not None:
            yield Occurrence(
                id=f"{entry.state.run_id}|{place}",
                at_ms=event.at_ms,
                model=str(names.get("model") or ""),
                names=names,
                chain=find_chain(entry.state),
            )


def find_chain(state: RunState) -> tuple[str, ...]:
    """The triggers that led to a run, its own last."""
    if state.trigger is None:
        return ()
    own = (state.trigger.name,) if state.trigger.kind == "event" else ()
    return (*state.trigger.chain, *own)


def _read_event(source: Source, event: e.Event, state: RunState) -> dict[str, JsonValue] | None:
    """The names of an event, or None if it is none of the source."""
    match source:
        case RunSource():
            status = _ENDS.get(type(event))
            if status in source.ends and not state.parent and source.flow in {"", state.flow.name}:
                return _name_end(event, status, state)
        case ModelSource():
            if has_new_model(event) and source.tool in {"", _find_tool(event)}:
                return _name_result(event, state)
        case ArtifactSource():
            if getattr(event, "artifact", None) and source.tool in {"", _find_tool(event)}:
                return _name_result(event, state)
        case _:
            # What is posted comes by another way.
            pass
    return None


def _name_end(event: Any, status: str | None, state: RunState) -> dict[str, JsonValue]:
    facts: dict[str, JsonValue] = {**state.inputs, **state.facts}
    return {
        # What a flow calls its inputs and facts is at hand as there.
        **facts,
        "run_id": state.run_id,
        "session": state.session,
        "flow": state.flow.name,
        "status": status,
        "answer": getattr(event, "answer", "")[:MAX_TEXT],
        "error": str(event.error.kind) if hasattr(event, "error") else None,
        "model": state.model,
        "model_name": state.model_name,
    }


def _name_result(event: Any, state: RunState) -> dict[str, JsonValue]:
    new_model = getattr(event, "new_model", None)
    return {
        "run_id": state.run_id,
        "session": state.session,
        "flow": state.flow.name,
        "tool": _find_tool(event),
        "artifact": event.artifact,
        "findings": dict(event.key_findings),
        "model": new_model or getattr(event, "model", None) or state.model,
        "model_name": "" if new_model else state.model_name,
    }


def _find_tool(event: Any) -> str:
    """The tool whose result an event is; for a node's runs what they ran."""
    return event.call.tool if isinstance(event, e.ToolSucceeded) else str(getattr(event, "what", ""))
