"""What runs have found about a model: of each analysis the newest result, and what has begun since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.engine.tool_flows import build_call_flow
from fluxagents.flows.state import Finding, RunState
from fluxagents.scheduler.http.access import VisibleSessions
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.pages.visitor import Visitor
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.ports.models import ModelRecord

MAX_RUNS = 200
"""Runs on a model whose results are looked at, the newest."""

Args = Mapping[str, JsonValue]

ANALYSES = ("analyze_metabolic_model", "score_model", "compare_media_performance")
"""Tools that a page of a model starts by a button, each with nothing but what it takes by itself."""


@dataclass(frozen=True, slots=True)
class ModelAnalysis:
    """The newest result of a tool on a model."""

    finding: Finding | None = None
    run: RunState | None = None
    """Of the finding."""
    begun: RunState | None = None
    """A call of the tool by itself that is newer and has not finished: it goes on, waits or has failed."""

    @property
    def goes_on(self) -> bool:
        """Whether a result is still to come by itself."""
        return self.begun is not None and not self.begun.has_ended and self.begun.status != "dead"


def list_runs_on(who: Visitor, record: ModelRecord) -> list[RunState]:
    """The newest runs on a model that whoever looks may see, under whatever name it had."""
    shows = VisibleSessions(who.client).shows

    def is_on_it(state: RunState) -> bool:
        return (state.model == record.digest or state.model_name == record.name) and shows(state)

    return list_page(who.client.store, RunFilter(), is_on_it, limit=MAX_RUNS, after=None)[0]


def find_analysis(
    runs: Sequence[RunState], model: str, tool: str, fits: Callable[[Args], object] = lambda _: True
) -> ModelAnalysis:
    """The newest result of a tool on a model.

    Args:
        runs: The newest first.
        model: The digest of the model.
        tool: Which is called.
        fits: Whether a call with these arguments is of the kind that is looked for.
    """
    begun = None
    for run in runs:
        for finding in reversed(run.findings):
            is_on_it = (finding.model or run.model) == model
            if finding.tool == tool and is_on_it and fits(finding.args):
                return ModelAnalysis(finding, run, begun)
        if run.flow.name == build_call_flow(tool, {}).flow and run.model == model and begun is None:
            begun = run
    return ModelAnalysis(begun=begun)


def start_analysis(who: Visitor, record: ModelRecord, tool: str) -> None:
    """Start the run that calls a tool on a model."""
    flow = build_call_flow(tool, {})
    who.client.store.save_flow(flow)
    spec = RunSpec(model=record.digest, inputs={})
    list(who.client.batch(flow.digest, [spec], session="", lane="interactive"))
