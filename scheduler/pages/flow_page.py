"""What the page of a flow lays over its drawing: the newest runs, or its scenarios and what they cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fluxagents.flows.drawing.picture import Picture, build_picture
from fluxagents.flows.drawing.traffic import lay_over_runs
from fluxagents.flows.events import Event
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState
from fluxagents.flows.testing.coverage import Coverage
from fluxagents.scheduler.flow_files.scenario_suites import load_suite
from fluxagents.scheduler.http.access import VisibleSessions
from fluxagents.scheduler.http.routes.library import DIGEST
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.pages.visitor import Visitor

Overlay = Literal["", "runs", "scenarios"]

RUNS = 200
"""The newest runs of a flow that are laid over it; each log is read."""


@dataclass(frozen=True, slots=True)
class Scenarios:
    """The scenarios of a flow, simulated now."""

    count: int
    failed: tuple[tuple[str, str], ...]
    """Name and reason of those that do not hold."""
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class FlowVersion:
    """A version that runs keep."""

    number: int
    digest: str
    runs: int


def list_runs(who: Visitor, flow: Flow) -> Sequence[RunState]:
    """The newest runs of all versions of a flow, of those that whoever looks may see."""
    shows = VisibleSessions(who.client).shows
    return list_page(who.client.store, RunFilter(flow=flow.flow), shows, limit=RUNS, after=None)[0]


def list_versions(runs: Sequence[RunState]) -> list[FlowVersion]:
    """The versions that runs keep, the newest first."""
    counts = Counter((state.flow.version, state.flow.digest) for state in runs)
    return [FlowVersion(number, digest, count) for (number, digest), count in sorted(counts.items())][::-1]


def draw_over(
    who: Visitor, flow: Flow, name: str, runs: Sequence[RunState], over: Overlay
) -> tuple[Picture, Scenarios | None]:
    """The picture of a flow, with runs or scenarios laid over it.

    Args:
        who: Looks at it.
        flow: The flow.
        name: Its name or digest, as the address has it. A name stands for all runs of its version number.
        runs: The newest of it.
        over: What is laid over it.

    Raises:
        FluxError: If a file of scenarios cannot be read, or the flow cannot run at all.
    """
    picture = build_picture(flow, digest=name if DIGEST.fullmatch(name) else "")
    match over:
        case "runs":
            chosen = [state for state in runs if _is_of(state, flow, name)]
            return lay_over_runs(picture, (who.client.store.events(each.run_id) for each in chosen)), None
        case "scenarios":
            scenarios, simulated = _simulate(who, flow)
            return lay_over_runs(picture, simulated), scenarios
    return picture, None


def _is_of(state: RunState, flow: Flow, name: str) -> bool:
    # The digest of a run is that of the flow with the versions of its subflows pinned.
    return state.flow.digest == name if DIGEST.fullmatch(name) else state.flow.version == flow.version


def _simulate(who: Visitor, flow: Flow) -> tuple[Scenarios, list[tuple[Event, ...]]]:
    suite = load_suite(flow.flow, folders=who.client.flows.folders)
    results = [(case, case.run()) for case in suite.cases]
    (coverage,) = suite.measure_coverage(result for _, result in results)
    failed = tuple((case.scenario.name, str(result)) for case, result in results if not result.holds)
    logs = [result.run.events for _, result in results if result.run]
    return Scenarios(len(results), failed, coverage), logs
