"""`/runs/{run_id}/steps` and `/runs/{run_id}/diff`: one step from all sides, and two runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.commands import Command
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.history.event_text import describe_event
from fluxagents.flows.history.explanation import Explanation, explain_step
from fluxagents.flows.history.lineage import open_steps
from fluxagents.flows.history.run_diff import compare_runs
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import load_visible
from fluxagents.scheduler.http.routes.artifacts import show_artifact
from fluxagents.scheduler.pages.drawings.flux_map_page import find_maps
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.run_page import find_controls, find_plot
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.runs.argument_form import ArgumentRow, list_arguments
from fluxagents.tasks.fba.maps.stored_map import has_map
from fluxagents.tasks.ports.artifacts import SVG
from fluxagents.tasks.registry import tool_facts

router = APIRouter(route_class=PageRoute)


@router.get("/runs/{run_id}/steps/{seq}")
def show_step(run_id: str, seq: int, who: Who) -> Response:
    """A step: its command, the prompt as it was sent, what happened, and what that changed."""
    state = load_visible(who.client, run_id)
    events = who.client.store.events(run_id)
    store, facts = who.client.store, tool_facts(who.client.tools)
    explanation = explain_step(events, seq, lambda digest: FlowController(store.flow(digest), tools=facts))
    seqs = sorted({event.seq for event in events})
    at = seqs.index(seq)
    return who.show(
        "step.html.j2",
        state=state,
        step=explanation.step,
        record=explanation.record,
        command=_list_parts(explanation.command) if explanation.command else (),
        events=[(event, describe_event(event)) for event in explanation.step.events],
        changes=explanation.changes,
        artifacts=explanation.artifacts,
        prompt=_read_prompt(who, events, explanation),
        before=seqs[at - 1] if at else None,
        after=seqs[at + 1] if at + 1 < len(seqs) else None,
        may_fork=find_controls(who, state).fork and seq in open_steps(events),
    )


def _list_parts(command: Command) -> Sequence[ArgumentRow]:
    """What a command says, without what it leaves open."""
    parts = command.model_dump(mode="json").items()
    return list_arguments(None, {name: value for name, value in parts if value not in (None, "", [], {})})


def _read_prompt(who: Visitor, events: tuple[Event, ...], explanation: Explanation) -> dict[str, Any] | None:
    """What the decision of a step sent; None for a step without one."""
    before = explanation.step.before
    if not explanation.record.prompt or before is None:
        return None
    try:
        flow = who.client.store.flow(before.flow.digest)
        return dict(who.ports.rebuild_request(events, flow, explanation.step.seq))
    except FluxError as error:
        if error.kind not in {ErrorClass.UNKNOWN_ID, ErrorClass.BAD_ARGUMENT}:
            raise
        return {"problem": error.message}


@router.get("/runs/{run_id}/diff")
def choose_other(run_id: str, who: Who, other: Annotated[str, Query(max_length=MAX_NAME)]) -> Response:
    """Go to the comparison with the run that was named."""
    load_visible(who.client, other.strip())
    return go_to(f"/runs/{quote_url(run_id)}/diff/{quote_url(other.strip())}")


@router.get("/runs/{run_id}/diff/{other_id}")
def compare(run_id: str, other_id: str, who: Who, *, pictures: bool = False) -> Response:
    """Where two runs differ; ids, times and digests of results are no difference.

    Args:
        run_id: A run.
        other_id: Another one.
        who: Looks at them.
        pictures: Whether plots and maps of results are laid side by side as well; they take seconds to draw.
    """
    a, b = load_visible(who.client, run_id), load_visible(who.client, other_id)
    diff = compare_runs(who.client.store.events(run_id), who.client.store.events(other_id))
    sections: dict[str, list[Any]] = {}
    for difference in diff.differences:
        sections.setdefault(difference.section, []).append(difference)
    maps = [find_maps(who.ports.artifacts, run) for run in (a, b)]
    return who.show(
        "diff.html.j2",
        a=a,
        b=b,
        sections=sections,
        tolerance=diff.tolerance,
        walk=diff.path,
        results=_lay_results(who, a, b, pictures=pictures),
        pictures=pictures,
        maps=min(map(len, maps)),
    )


@dataclass(frozen=True, slots=True)
class ResultSide:
    """A result of one of two runs."""

    address: str
    tables: tuple[str, ...]
    pictures: tuple[tuple[str, str], ...]
    """What each shows, and its address."""


def _lay_results(
    who: Visitor, a: RunState, b: RunState, *, pictures: bool
) -> list[tuple[str, tuple[ResultSide | None, ResultSide | None]]]:
    """The last result of each tool in either run, side by side."""
    last_a, last_b = (
        {finding.tool: finding.artifact for finding in state.findings if finding.artifact} for state in (a, b)
    )
    return [
        (
            tool,
            (
                _open_side(who, a, last_a.get(tool), pictures=pictures),
                _open_side(who, b, last_b.get(tool), pictures=pictures),
            ),
        )
        for tool in dict.fromkeys((*last_a, *last_b))
    ]


def _open_side(who: Visitor, state: RunState, digest: str | None, *, pictures: bool) -> ResultSide | None:
    if digest is None:
        return None
    address = f"/runs/{state.run_id}/results/{digest}"
    try:
        manifest = show_artifact(state.run_id, digest, who.client, who.ports)
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        return None
    if has_map(manifest):  # shown beside the other run's
        return ResultSide(address, tuple(manifest.tables), ())
    drawn = [("Plot", f"{address}/plot")] if pictures and find_plot(who, digest) is not None else []
    drawn += [
        (name, f"{address}/pictures/{quote_url(name, safe='')}")
        for name, file in manifest.files.items()
        if file.media_type == SVG
    ]
    return ResultSide(address, tuple(manifest.tables), tuple(drawn) if pictures else ())
