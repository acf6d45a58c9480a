"""`/v1/sessions/{session}/clusters` and `/statistics`: what the runs of a session add up to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from fluxagents.flows.state import Status
from fluxagents.flows.statistics.run_clusters import TOLERANCE, Cluster
from fluxagents.scheduler.http.access import Body, Client, Ports

router = APIRouter(prefix="/sessions", tags=["sessions"])


class DisagreementView(Body):
    """Answers to the same question about the same model that differ."""

    model: str
    what: str
    """The name of a number, or `outcome`."""
    values: dict[str, float | str]
    """By run."""


class OutlierView(Body):
    """A value that stands out."""

    runs: list[str]
    model: str
    what: str
    value: float
    median: float
    """Of the cluster."""
    score: float | None
    """Modified z-score; null if all other values are equal."""


class ClusterView(Body):
    """Runs that ask the same under the same conditions."""

    question: str
    flow: str
    condition: str
    """As exchanges and their uptakes (mmol/gDW/h); empty for the model's own medium."""
    runs: list[str]
    models: list[str]
    outcomes: dict[str, int]
    disagreements: list[DisagreementView]
    outliers: list[OutlierView]


class StatesAt(Body):
    """How many runs had which status at a time."""

    at: datetime
    runs: Mapping[Status, int]


class SessionStatistics(Body):
    """How a session went."""

    totals: dict[str, Any]
    """As `/v1/statistics` adds them up."""
    states: list[StatesAt]
    """At equal distances from its first step to its last."""


@router.get("/{session:path}/clusters", summary="Compare the runs of a session")
def list_clusters(
    session: str,
    client: Client,
    ports: Ports,
    tolerance: Annotated[float, Query(ge=0, le=1, description="Relative; numbers within it agree.")] = (
        TOLERANCE
    ),
) -> list[ClusterView]:
    """Which runs ask the same, where answers about one model disagree, and which values stand out."""
    return [_view(each) for each in ports.sessions(client).clusters(session, tolerance=tolerance)]


@router.get("/{session:path}/statistics", summary="Add up a session")
def show_session_statistics(session: str, client: Client, ports: Ports) -> SessionStatistics:
    """States over time, times of steps and tools, tokens and costs; runs in the archive included."""
    ports.sessions(client).show(session)
    totals, moments = ports.session_statistics(session)
    return SessionStatistics(
        totals=dict(totals),
        states=[
            StatesAt(at=datetime.fromtimestamp(moment.at_ms / 1_000, tz=UTC), runs=moment.runs)
            for moment in moments
        ],
    )


def _view(cluster: Cluster) -> ClusterView:
    return ClusterView(
        question=cluster.question,
        flow=cluster.flow,
        condition=cluster.condition,
        runs=list(cluster.runs),
        models=list(cluster.models),
        outcomes=dict(cluster.outcomes),
        disagreements=[
            DisagreementView(model=each.model, what=each.what, values=dict(each.values))
            for each in cluster.disagreements
        ],
        outliers=[
            OutlierView(
                runs=list(each.runs),
                model=each.model,
                what=each.what,
                value=each.value,
                median=each.median,
                score=each.score if math.isfinite(each.score) else None,
            )
            for each in cluster.outliers
        ],
    )
