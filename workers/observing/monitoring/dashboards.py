"""Dashboards for Grafana: each metric of the list has a panel, and one run is shown by its trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.metric import Metric, Topic
from fluxagents.workers.observing.monitoring.alerts import OBJECTIVES
from fluxagents.workers.observing.traces.traced_step import RUN_ATTRIBUTE, SERVICE

SCHEMA_VERSION = 39
"""Of Grafana 11."""

SourceName = Literal["prometheus", "jaeger"]
"""As `deploy/grafana/provisioning/datasources` names what a panel asks."""

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

    source: ClassVar[SourceName] = "prometheus"
    width: ClassVar[int] = PANEL_WIDTH
    height: ClassVar[int] = PANEL_HEIGHT

    def list_targets(self) -> Sequence[Mapping[str, Any]]:
        """What it asks."""
        return [
            {
                "expr": query,
                "legendFormat": self.legend or "__auto",
                # The dots in a plot that lead to traces.
                "exemplar": "_bucket[" in query,
            }
            for query in self.queries
        ]


@dataclass(frozen=True, slots=True)
class TracePanel:
    """What the store of traces has, over the whole width."""

    title: str
    query: Mapping[str, str]
    """As Grafana's source for Jaeger reads it."""
    kind: Literal["table", "traces"]
    height: int

    unit: ClassVar[str] = "short"
    source: ClassVar[SourceName] = "jaeger"
    width: ClassVar[int] = WIDTH

    def list_targets(self) -> Sequence[Mapping[str, Any]]:
        """What it asks."""
        return [self.query]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page of plots."""

    uid: str
    title: str
    panels: tuple[Panel | TracePanel, ...]
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """What its reader fills in: name in the queries, and its label."""


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


RUN_FIELD, TRACE_FIELD = "run", "trace"

ONE_RUN_METRICS = (m.STEPS, m.TOOL_SECONDS, m.CHAT_SECONDS)
"""Plots whose dots lead to the traces of slow steps."""


def list_dashboards() -> Iterator[Dashboard]:
    """All of them."""
    yield OVERVIEW
    yield _build_one_run()
    for name, (title, topics) in TOPICS.items():
        panels = tuple(build_panel(metric) for metric in m.METRICS if metric.topic in topics)
        yield Dashboard(f"fluxagents-{name}", f"fluxagents / {title}", panels)


def _build_one_run() -> Dashboard:
    """Metrics know no runs, so it shows traces: found by run, by a dot in a plot, or by id."""
    search = {
        "queryType": "search",
        "service": SERVICE,
        "tags": f"{RUN_ATTRIBUTE}=${RUN_FIELD}",
        "limit": "20",
    }
    return Dashboard(
        "fluxagents-run",
        "fluxagents / One run",
        (
            TracePanel("Traces with steps of the run", search, "table", height=PANEL_HEIGHT),
            TracePanel("Steps", {"query": f"${TRACE_FIELD}"}, "traces", height=2 * PANEL_HEIGHT),
            *map(build_panel, ONE_RUN_METRICS),
        ),
        {RUN_FIELD: "Run", TRACE_FIELD: "Trace (fluxagents runs show RUN tells it)"},
    )


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
        "templating": {"list": [_write_field(name, label) for name, label in dashboard.fields.items()]},
        "panels": list(_write_panels(dashboard.panels)),
    }


def list_queries(dashboard: Mapping[str, Any]) -> Sequence[str]:
    """All queries of a file for Prometheus."""
    targets = (target for panel in dashboard["panels"] for target in panel["targets"])
    return [target["expr"] for target in targets if "expr" in target]


def _write_field(name: str, label: str) -> Mapping[str, Any]:
    return {"name": name, "label": label, "type": "textbox", "query": "", "hide": 0}


def _write_panels(panels: Sequence[Panel | TracePanel]) -> Iterator[Mapping[str, Any]]:
    """The panels in rows, those of a row of one height."""
    x = y = 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > WIDTH:
            x, y = 0, y + panels[number - 2].height
        yield _write_panel(panel, number, x, y)
        x += panel.width


def _write_panel(panel: Panel | TracePanel, number: int, x: int, y: int) -> Mapping[str, Any]:
    source = {"type": panel.source, "uid": panel.source}
    return {
        "id": number,
        "title": panel.title,
        "type": panel.kind,
        "datasource": source,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": {},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": source, **target}
            for place, target in enumerate(panel.list_targets())
        ],
    }
