"""`/runs/{run_id}`: a run, with the proof of each number of its answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.events import RunStarted
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.trace_context import find_trace
from fluxagents.prompts.statistics.costs import usage
from fluxagents.scheduler.collaboration.collaboration import Collaboration
from fluxagents.scheduler.http.access import VisibleSessions, load_visible, run_tag
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.pages.answer_text import split_answer
from fluxagents.scheduler.pages.drawings.flux_map_page import find_maps
from fluxagents.scheduler.pages.drawings.pictures import answer_svg
from fluxagents.scheduler.pages.number_proof import NumberProof, prove_number, read_number
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.run_lookup import find_model_name, look_up_runs
from fluxagents.scheduler.pages.run_page import build_timeline, draw_run, find_controls, find_next_call
from fluxagents.scheduler.pages.visitor import Visitor, Who
from fluxagents.scheduler.runs.argument_form import list_arguments
from fluxagents.tasks.registry import entries_of

router = APIRouter(route_class=PageRoute)

OTHERS = 15
"""Runs that a page names to compare with; any other can be given by its id."""

TOLERANCE = 1e-6
"""Relative difference up to which a number that was computed again is the same."""


@router.get("/runs/{run_id}")
def show_run(run_id: str, who: Who) -> Response:
    """A run: the answer first, then how it came about."""
    state = load_visible(who.client, run_id)
    events = who.client.store.events(run_id)
    record, timeline = build_timeline(events)
    collaboration = Collaboration(who.client, who.ports.presence)
    return who.show(
        "run.html.j2",
        state=state,
        tag=run_tag(state),
        answer=split_answer(state),
        has_changed_model=any(
            isinstance(event, RunStarted) and event.model != state.model for event in events
        ),
        called=find_model_name(who, state.model),
        maps=find_maps(who.ports.artifacts, state),
        record=record,
        related=look_up_runs(who, (state.origin, state.parent, *record.children[:20])),
        timeline=timeline,
        usage=usage(events),
        others=_list_others(who),
        controls=find_controls(who, state),
        next_call=find_next_call(who, state),
        remarks=collaboration.remarks(run_id),
        present=sorted(set(collaboration.present(run_id)) - {who.name}),
        is_watched=who.name in collaboration.watchers(run_id),
        steps=[entry.record.seq for entry in timeline],
        trace=find_trace(state.trace),
    )


def _list_others(who: Visitor) -> list[RunState]:
    shows = VisibleSessions(who.client).shows
    return list_page(who.client.store, RunFilter(), shows, limit=OTHERS, after=None)[0]


@router.get("/runs/{run_id}/drawing.svg")
def draw(run_id: str, who: Who) -> Response:
    """The flow of a run with the way that it took."""
    state = load_visible(who.client, run_id)
    return answer_svg(who.ports.draw_flow(draw_run(who, state)))


@router.get("/runs/{run_id}/numbers/{index}")
def show_number(
    run_id: str, index: int, who: Who, again: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """The proof of a number of the answer, and what came of computing it again."""
    state = load_visible(who.client, run_id)
    events = who.client.store.events(run_id)
    proof = prove_number(state, events, who.ports.artifacts(), index)
    entry = entries_of(who.client.tools).get(proof.finding.tool) if proof.finding else None
    repeat = load_visible(who.client, again) if again else None
    return who.show(
        "number.html.j2",
        state=state,
        proof=proof,
        called=find_model_name(who, proof.manifest.provenance.model_digest if proof.manifest else None),
        arguments=list_arguments(entry, proof.finding.args) if proof.finding else (),
        reference=entry.reference if entry else "",
        may_repeat=find_controls(who, state).fork and entry is not None and not entry.needs_approval,
        repeat=repeat,
        verdict=_compare(proof, repeat) if repeat else None,
    )


def _compare(proof: NumberProof, repeat: RunState) -> tuple[str, float | None] | None:
    """Whether a number came out the same, and as what; None while it is computed."""
    if repeat.status not in {"finished", "failed", "cancelled", "dead"}:
        return None
    finding = next(iter(repeat.findings), None)
    value = read_number(finding.key_findings, proof.source.key) if finding else None
    if value is None or proof.source.value is None:
        return "missing", None
    before = float(proof.source.value)
    is_same = abs(value - before) <= TOLERANCE * max(abs(value), abs(before))
    return ("equal" if is_same else "different"), value
