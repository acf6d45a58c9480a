"""A history under another run id: requests to humans and runs that were begun are named after their run."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e


def rename_run(event: e.Event, old: str, new: str, *, with_children: bool = False) -> e.Event:
    """An event of run `old` as one of run `new`.

    Args:
        event: The event; also one of a run that `old` began.
        old: The id that it was written under.
        new: The id to write it under.
        with_children: Whether the runs that `old` began are renamed as well; else the new run has no parent,
            and what it tells of them stays as it is.
    """
    changes = _own(event, old, new)
    if with_children:
        changes |= _children(event, old, new)
    return event.model_copy(update=changes) if changes else event


ABOUT_REQUESTS = (
    e.VoteCast,
    e.VoteDelegated,
    e.RequestEdited,
    e.ExplanationAsked,
    e.ExplanationGiven,
    e.CallTakenOver,
    e.LadderStepReached,
    e.ApprovalGranted,
    e.ApprovalRejected,
    e.QuestionAnswered,
    e.OpinionGiven,
    e.ConsultationClosed,
    e.RequestAssigned,
    e.RequestExpired,
    e.HumanNotified,
)


def _own(event: e.Event, old: str, new: str) -> dict[str, Any]:
    if isinstance(event, e.RunStarted):
        renamed_to = _other(event.run_id, old, new)
        return {"run_id": renamed_to, "first_id": event.first_id or event.run_id, "parent": ""}
    if isinstance(event, e.ApprovalRequested | e.QuestionAsked):
        return {"request": event.request.model_copy(update={"id": _other(event.request.id, old, new)})}
    if isinstance(event, ABOUT_REQUESTS):
        return {"request_id": _other(event.request_id, old, new)}
    if isinstance(event, e.RunRolledBack):
        state: dict[str, JsonValue] = {**event.state, "run_id": new, "parent": ""}
        request = event.state.get("waiting_for")
        if isinstance(request, dict):
            state["waiting_for"] = {**request, "id": _other(str(request["id"]), old, new)}
        return {"state": state}
    return {}


def _children(event: e.Event, old: str, new: str) -> dict[str, Any]:
    if isinstance(event, e.RunStarted):
        return {name: _other(getattr(event, name), old, new) for name in ("parent", "session")}
    if isinstance(event, e.ToolSplit):
        return {"runs": tuple(_other(run, old, new) for run in event.runs)}
    if isinstance(event, e.RunsBegun):
        runs = (run.model_copy(update={"run_id": _other(run.run_id, old, new)}) for run in event.runs)
        return {"runs": tuple(runs)}
    if isinstance(event, e.RunRolledBack):
        return {"state": _state(event.state, old, new)}
    return {}


def _other(id_: str, old: str, new: str) -> str:
    """An id of the run itself, or of something that is named after it, with its new name."""
    return new + id_.removeprefix(old) if id_ == old or id_.startswith(f"{old}.") else id_


def _state(state: dict[str, JsonValue], old: str, new: str) -> dict[str, JsonValue]:
    changed = {
        **state,
        **{name: _other(str(state.get(name, "")), old, new) for name in ("run_id", "parent", "session")},
    }
    request, joining, begun = state.get("waiting_for"), state.get("joining"), state.get("begun")
    if isinstance(request, dict):
        changed["waiting_for"] = {**request, "id": _other(str(request["id"]), old, new)}
    if isinstance(joining, dict) and isinstance(joining["runs"], list):
        changed["joining"] = {**joining, "runs": [_other(str(run), old, new) for run in joining["runs"]]}
    if isinstance(begun, dict):
        changed["begun"] = {**begun, "prefix": _other(str(begun["prefix"]), old, new)}
    return changed
