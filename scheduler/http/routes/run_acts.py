"""`/v1/runs/{run_id}/…`: pause, resume, cancel and the other acts on one run."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue

from fluxagents.flows.state import RunState
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_REASON
from fluxagents.scheduler.http.access import (
    Body,
    Client,
    IfMatch,
    check_match,
    load_visible,
    run_tag,
    tag_run,
)
from fluxagents.scheduler.runs.run_client import RunClient

router = APIRouter(prefix="/runs/{run_id}", tags=["runs"])


class Reason(Body):
    """Why."""

    reason: str = Field("no reason given", max_length=MAX_REASON)


class Signal(Body):
    """A named event for a run that waits for it, now or later."""

    name: str = Field(max_length=MAX_NAME, examples=["medium_ready"])
    data: dict[str, JsonValue] = Field({})


class CallArguments(Body):
    """Arguments of the next tool call that are to differ."""

    args: dict[str, JsonValue]


def _check(client: RunClient, run_id: str, if_match: str) -> None:
    """Refuse to act on a run that is not as whoever acts has seen it, or that they may not see."""
    check_match(if_match, run_tag(load_visible(client, run_id)), f"run {run_id}")


@router.post("/pause", summary="Pause a run", responses={202: {"model": RunState}})
def pause_run(run_id: str, client: Client, response: Response, if_match: IfMatch = "") -> RunState:
    """Pause a run: 200 when it is paused, 202 when it will be after the step that runs now."""
    _check(client, run_id, if_match)
    state = client.pause(run_id)
    response.status_code = 200 if state.status == "paused" else 202
    tag_run(response, state)
    return state


@router.post("/resume", summary="Resume a run")
def resume_run(run_id: str, client: Client, response: Response, if_match: IfMatch = "") -> RunState:
    """Let a paused run go on."""
    _check(client, run_id, if_match)
    return _answer(client.resume(run_id), response)


@router.post("/cancel", summary="Cancel a run")
def cancel_run(
    run_id: str, client: Client, response: Response, body: Reason | None = None, if_match: IfMatch = ""
) -> RunState:
    """End a run now. A step that runs is killed and not recorded."""
    _check(client, run_id, if_match)
    return _answer(client.cancel(run_id, reason=(body or Reason()).reason), response)


@router.post("/retry", summary="Retry a dead letter")
def retry_run(run_id: str, client: Client, response: Response, if_match: IfMatch = "") -> RunState:
    """Try a run again that went to the dead letters."""
    _check(client, run_id, if_match)
    return _answer(client.retry(run_id), response)


@router.post("/discard", summary="Discard a dead letter")
def discard_run(run_id: str, client: Client, response: Response, if_match: IfMatch = "") -> RunState:
    """End a run that went to the dead letters."""
    _check(client, run_id, if_match)
    return _answer(client.discard(run_id), response)


@router.post("/signal", summary="Send a run an event")
def signal_run(run_id: str, body: Signal, client: Client, response: Response) -> RunState:
    """Send a run a named event; a node that waits for it takes it."""
    _check(client, run_id, "")
    return _answer(client.signal(run_id, body.name, data=body.data), response)


@router.post("/edit", summary="Edit the next call")
def edit_run(
    run_id: str, body: CallArguments, client: Client, response: Response, if_match: IfMatch = ""
) -> RunState:
    """Change the arguments of the tool call that a paused run makes next."""
    _check(client, run_id, if_match)
    return _answer(client.edit(run_id, body.args), response)


def _answer(state: RunState, response: Response) -> RunState:
    tag_run(response, state)
    return state
