"""Dashboards for Grafana, made from the list of metrics: each metric has a panel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.metric import Metric, Topic
from fluxagents.workers.observing.monitoring.alerts import OBJECTIVES

SCHEMA_VERSION = 39
"""Of Grafana 11."""

SOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDTH = 24
"""Columns of a dashboard."""
PANEL_WIDTH = 8
PANEL_HEIGHT = 7
WINDOW = "$__rate_interval"

UNITS = {"seconds": "s", "bytes": "bytes"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot."""

    title: str
    queries: tuple[str, ...]
    unit: str = "short"
    legend: str = ""
    kind: str = "timeseries"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page of plots."""

    uid: str
    title: str
    panels: tuple[Panel, ...]


TOPICS: Mapping[str, tuple[str, tuple[Topic, ...]]] = {
    "runs": ("Runs", ("runs", "steps")),
    "queues": ("Queues and workers", ("queues", "nodes", "redis")),
    "tools": ("Tools", ("tools",)),
    "chat-models": ("Chat models and costs", ("chat models",)),
    "humans": ("Humans and triggers", ("humans", "triggers")),
    "api": ("API", ("api",)),
}
"""Dashboards that show all metrics of some topics."""

OVERVIEW = Dashboard(
    "fluxagents-overview",
    "fluxagents / Overview",
    (
        Panel("Runs by status", (m.RUNS.name,), legend="{{status}}", kind="stat"),
        Panel(
            "Runs that ended",
            (f"sum by (outcome) (rate({m.RUNS_ENDED.name}[{WINDOW}]))",),
            "ops",
            "{{outcome}}",
        ),
        Panel(
            "Answered",
            (f'sum by (answered) (increase({m.RUNS_ENDED.name}{{outcome="finished"}}[1d]))',),
            legend="{{answered}}",
            kind="stat",
        ),
        *(
            Panel(
                f"Objective: {each.promise} ({each.target:.1%})",
                (f"1 - {each.error_ratio('1h')}",),
                "percentunit",
                "last hour",
            )
            for each in OBJECTIVES
        ),
        Panel("Oldest step by lane", (m.QUEUE_OLDEST.name,), "s", "{{queue}}"),
        Panel("Requests that wait", (f"sum by (kind) ({m.REQUESTS_WAITING.name})",), legend="{{kind}}"),
        Panel("Workers", (m.NODE_ACTIVE.name, m.NODE_SLOTS.name), legend="{{node}} {{__name__}}"),
        Panel(
            "Memory of Redis",
            (f"{m.REDIS_MEMORY.name} / {m.REDIS_MEMORY_LIMIT.name}",),
            "percentunit",
            "used",
        ),
        Panel("Money", (f"sum by (chat_model) (increase({m.CHAT_COST.name}[1d]))",), legend="{{chat_model}}"),
        Panel("Alerts", ('ALERTS{alertstate="firing"}',), legend="{{alertname}} {{severity}}", kind="table"),
    ),
)


def list_dashboards() -> Iterator[Dashboard]:
    """All of them."""
    yield OVERVIEW
    for name, (title, topics) in TOPICS.items():
        panels = tuple(build_panel(metric) for metric in m.METRICS if metric.topic in topics)
        yield Dashboard(f"fluxagents-{name}", f"fluxagents / {title}", panels)


def build_panel(metric: Metric) -> Panel:
    """The usual plot of a metric: a gauge as it is, the rate of a counter, quantiles of a histogram."""
    by = f" by ({', '.join(metric.labels)})" if metric.labels else ""
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.labels)
    unit = next(
        (unit for word, unit in UNITS.items() if metric.name.removesuffix("_total").endswith(word)), "short"
    )
    if metric.kind == "gauge":
        if metric.name.endswith("_timestamp_seconds"):
            return Panel(metric.help, (f"time() - {metric.name}",), "s", legend)
        return Panel(metric.help, (metric.name,), unit, legend)
    if metric.kind == "counter":
        unit = "Bps" if unit == "bytes" else "ops" if unit == "short" else unit
        return Panel(metric.help, (f"sum{by} (rate({metric.name}[{WINDOW}]))",), unit, legend)
    labels = ", ".join((*metric.labels, "le"))
    return Panel(
        metric.help,
        tuple(
            f"histogram_quantile({share}, sum by ({labels}) (rate({metric.name}_bucket[{WINDOW}])))"
            for share in (0.5, 0.95)
        ),
        unit,
        legend,
    )


def write_dashboard(dashboard: Dashboard) -> Mapping[str, Any]:
    """The file of a dashboard, as Grafana's provisioning reads it."""
    numbers = count(1)
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["fluxagents"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "annotations": {"list": []},
        "templating": {"list": []},
        "panels": [_write_panel(panel, next(numbers), at) for at, panel in enumerate(dashboard.panels)],
    }


def list_queries(dashboard: Mapping[str, Any]) -> Sequence[str]:
    """All queries of a file."""
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def _write_panel(panel: Panel, number: int, at: int) -> Mapping[str, Any]:
    per_row = WIDTH // PANEL_WIDTH
    return {
        "id": number,
        "title": panel.title,
        "type": panel.kind,
        "datasource": SOURCE,
        "gridPos": {
            "x": at % per_row * PANEL_WIDTH,
            "y": at // per_row * PANEL_HEIGHT,
            "w": PANEL_WIDTH,
            "h": PANEL_HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": panel.legend or "__auto",
            }
            for place, query in enumerate(panel.queries)
        ],
    }
