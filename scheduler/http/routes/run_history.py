"""`/v1/runs/{run_id}/…`: fork, rollback, other versions of the flow, comparison and export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated, Any
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Query, Response
from pydantic import Field, JsonValue
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from fluxagents.flows.history.run_diff import compare_runs
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_REASON
from fluxagents.scheduler.http.access import (
    Body,
    Client,
    IfMatch,
    Ports,
    check_match,
    load_visible,
    run_tag,
    tag_run,
)
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.runs.history_control import Rewind

router = APIRouter(prefix="/runs/{run_id}", tags=["history"])

ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


class Fork(Body):
    """A new run that is another one up to a step."""

    at: int | None = Field(None, ge=0)
    """The last step that both share; the last of all that are possible when absent."""
    values: dict[str, JsonValue] = Field({})
    """Inputs and facts that differ from then on."""
    session: str = Field("", max_length=MAX_NAME)
    """Of the new run; that of this one if empty."""
    stepwise: bool = False


class Rollback(Body):
    """Where a run is to stand again: after a step, or at its last arrival at a node."""

    to: int | None = Field(None, ge=0)
    node: str | None = Field(None, max_length=MAX_NAME)
    reason: str = Field("no reason given", max_length=MAX_REASON)
    confirmed: bool = False
    """It is known what cannot be undone."""


class RollbackPlan(Body):
    """What a rollback would do."""

    to_step: int
    node: str
    report: dict[str, Any]
    begun: tuple[str, ...]
    """Runs that it began since, which are cancelled."""


class OtherFlow(Body):
    """Another version of the flow."""

    flow: str = Field(max_length=MAX_NAME)
    """Its name, or the digest of a stored version."""


class Difference(Body):
    """One thing that is not the same in both runs."""

    section: str
    what: str
    a: JsonValue
    b: JsonValue
    relative: float | None


class Comparison(Body):
    """Two runs side by side."""

    a: str
    b: str
    same: bool
    tolerance: float
    differences: list[Difference]


@router.post("/fork", status_code=201, summary="Fork a run")
def fork_run(run_id: str, body: Fork, client: Client, response: Response) -> RunState:
    """Start a new run that is this one up to a step; this one stays as it is."""
    load_visible(client, run_id)
    state = client.fork(run_id, at=body.at, values=body.values, session=body.session, stepwise=body.stepwise)
    response.headers["Location"] = f"/v1/runs/{state.run_id}"
    tag_run(response, state)
    return state


@router.get("/rollback", summary="Plan a rollback")
def plan_rollback(
    run_id: str,
    client: Client,
    to: Annotated[int | None, Query(ge=0)] = None,
    node: Annotated[str | None, Query(max_length=MAX_NAME)] = None,
) -> RollbackPlan:
    """What a rollback would do, and what it cannot undo; it changes nothing."""
    load_visible(client, run_id)
    plan = client.plan_rewind(run_id, to=to, node=node)
    return RollbackPlan(
        to_step=plan.to_seq, node=plan.then.node, report=asdict(plan.report), begun=plan.begun
    )


@router.post("/rollback", summary="Roll a run back")
def roll_back(
    run_id: str, body: Rollback, client: Client, response: Response, if_match: IfMatch = ""
) -> RunState:
    """Let a run stand again where it stood; what it did since stays in its log."""
    check_match(if_match, run_tag(load_visible(client, run_id)), f"run {run_id}")
    if (body.to is None) == (body.node is None):
        raise ProblemError("invalid_request", "a rollback names either a step (`to`) or a `node`")
    plan: Rewind = client.plan_rewind(run_id, to=body.to, node=body.node)
    state = client.rewind(plan, reason=body.reason, confirmed=body.confirmed)
    tag_run(response, state)
    return state


@router.post("/migrate", summary="Go on with another version of the flow")
def migrate_run(
    run_id: str, body: OtherFlow, client: Client, response: Response, if_match: IfMatch = ""
) -> RunState:
    """Let a run that waits or is paused go on with another version of its flow."""
    check_match(if_match, run_tag(load_visible(client, run_id)), f"run {run_id}")
    state = client.migrate(run_id, flow=body.flow)
    tag_run(response, state)
    return state


@router.get("/diff/{other_id}", summary="Compare two runs")
def compare(
    run_id: str,
    other_id: str,
    client: Client,
    tolerance: Annotated[float, Query(ge=0, le=1)] = 1e-6,
) -> Comparison:
    """Where two runs differ; ids, times and digests of results are no difference."""
    for each in (run_id, other_id):
        load_visible(client, each)
    diff = compare_runs(client.store.events(run_id), client.store.events(other_id), tolerance)
    return Comparison(
        a=run_id,
        b=other_id,
        same=diff.same,
        tolerance=diff.tolerance,
        differences=[Difference(**asdict(difference)) for difference in diff.differences],
    )


@router.get("/export", summary="Export a run", response_class=FileResponse, responses=ZIP)
def export_run(run_id: str, client: Client, ports: Ports, with_models: bool = False) -> FileResponse:
    """A run as one signed file, with all that is needed to look at it elsewhere."""
    load_visible(client, run_id)
    return answer_written(
        lambda path: ports.export_run(run_id, path, with_models), f"{quote_url(run_id, safe='')}.run.zip"
    )


def answer_written(write: Callable[[Path], object], name: str) -> FileResponse:
    """A zip file that is written for this answer, and removed when it was sent.

    Args:
        write: Writes it at a path.
        name: What it is called where it is saved.
    """
    folder = Path(mkdtemp(prefix="fluxagents-export-"))
    path = folder / "export.zip"
    try:
        write(path)
    except BaseException:
        rmtree(folder, ignore_errors=True)
        raise
    remove = BackgroundTask(rmtree, folder, ignore_errors=True)
    return FileResponse(path, media_type="application/zip", filename=name, background=remove)
