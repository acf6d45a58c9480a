"""The panels of the page of operations: what one reading of the metrics shows, without a Grafana."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from fluxagents.scheduler.http.ports import PanelReading, RowReading, Unit
from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.metric import Metric
from fluxagents.workers.observing.metrics.snapshot import Snapshot

ROW_OF_ALL = "whole installation"
"""The row of a metric without labels."""


@dataclass(frozen=True, slots=True)
class Column:
    """A number beside a bar."""

    title: str
    metric: Metric
    unit: Unit = ""
    share: float | None = None
    """Of a histogram: which quantile; None for a value."""


@dataclass(frozen=True, slots=True)
class LivePanel:
    """Some metrics with a label in common: a row for each value of it."""

    title: str
    label: str
    """Empty where there is none, and so one row."""
    bar: Column
    parts: str = ""
    """The label that divides the bars."""
    part_name: str = "{}"
    """What a part is called, with the value of that label."""
    whole: Metric | None = None
    """What the bar is a part of, if it is."""
    part: Literal["used", "free"] = "used"
    """Which part of it."""
    columns: tuple[Column, ...] = ()


def _list_quantiles(histogram: Metric) -> tuple[Column, Column]:
    return (
        Column("median", histogram, "seconds", share=0.5),
        Column("p95", histogram, "seconds", share=0.95),
    )


NOW: tuple[LivePanel, ...] = (
    LivePanel(
        "Queues",
        "queue",
        Column("Steps that are due", m.QUEUE_DUE),
        columns=(
            Column("Messages", m.QUEUE_MESSAGES),
            Column("Oldest", m.QUEUE_OLDEST, "seconds"),
            Column("Slots", m.QUEUE_SLOTS),
        ),
    ),
    LivePanel("Runs", "status", Column("Runs in Redis", m.RUNS)),
    LivePanel("Runs that hold no worker", "waits_for", Column("Runs", m.SLEEPING)),
    LivePanel(
        "Requests to humans",
        "kind",
        Column("Waiting", m.REQUESTS_WAITING),
        parts="level",
        part_name="at step {}",
        columns=(Column("Overdue", m.REQUESTS_OVERDUE),),
    ),
    LivePanel(
        "Outbox",
        "family",
        Column("Messages that wait", m.OUTBOX_PENDING),
        columns=(Column("Oldest", m.OUTBOX_OLDEST, "seconds"),),
    ),
    LivePanel(
        "Workers",
        "node",
        Column("Tasks", m.NODE_ACTIVE),
        whole=m.NODE_SLOTS,
        columns=(
            Column("Takes tasks", m.NODE_UP, "flag"),
            Column("Longest task", m.NODE_OLDEST_TASK, "seconds"),
            Column("Clock ahead", m.NODE_CLOCK_OFFSET, "seconds"),
        ),
    ),
    LivePanel(
        "Disks and memory of nodes",
        "node",
        Column("Free disk", m.NODE_DISK_FREE, "bytes"),
        whole=m.NODE_DISK_SIZE,
        part="free",
        columns=(Column("Memory", m.NODE_MEMORY, "bytes"),),
    ),
    LivePanel(
        "Redis",
        "",
        Column("Memory", m.REDIS_MEMORY, "bytes"),
        whole=m.REDIS_MEMORY_LIMIT,
        columns=(
            Column("Durable", m.REDIS_AOF, "flag"),
            Column("Clients", m.REDIS_CLIENTS),
            Column("Replicas", m.REDIS_REPLICAS),
            Column("Unacknowledged messages", m.UNACKED),
        ),
    ),
    LivePanel("Schedules", "schedule", Column("Late by", m.SCHEDULE_OVERDUE, "seconds")),
)
"""What is so at the time of the reading."""

SO_FAR: tuple[LivePanel, ...] = (
    LivePanel(
        "Runs by outcome",
        "flow",
        Column("Ended", m.RUNS_ENDED),
        parts="outcome",
        columns=_list_quantiles(m.RUN_SECONDS),
    ),
    LivePanel(
        "Waits for the first step",
        "lane",
        Column("Runs", m.FIRST_STEP_WAIT),
        columns=_list_quantiles(m.FIRST_STEP_WAIT),
    ),
    LivePanel("Steps", "kind", Column("Steps", m.STEPS), columns=_list_quantiles(m.STEPS)),
    LivePanel(
        "Tools",
        "tool",
        Column("Calls", m.TOOL_SECONDS),
        parts="outcome",
        columns=_list_quantiles(m.TOOL_SECONDS),
    ),
    LivePanel(
        "Chat models",
        "chat_model",
        Column("Requests", m.CHAT_REQUESTS),
        parts="outcome",
        columns=(
            Column("Tokens", m.CHAT_TOKENS),
            Column("Cost", m.CHAT_COST),
            *_list_quantiles(m.CHAT_SECONDS),
        ),
    ),
    LivePanel("Waits", "kind", Column("Waits", m.WAITS)),
    LivePanel("Requests by outcome", "kind", Column("Requests", m.REQUESTS_ASKED), parts="outcome"),
    LivePanel("Deliveries of the outbox", "family", Column("Attempts", m.OUTBOX_ATTEMPTS), parts="outcome"),
    LivePanel("Errors", "class", Column("Errors", m.ERRORS), parts="source"),
    LivePanel(
        "Requests to the API",
        "resource",
        Column("Requests", m.API_REQUESTS),
        parts="status",
        columns=_list_quantiles(m.API_SECONDS),
    ),
)
"""What was counted since the installation began."""


def read_panels(snapshot: Snapshot) -> Iterator[PanelReading]:
    """The panels with their rows, the longest bar first."""
    for is_total, panels in ((False, NOW), (True, SO_FAR)):
        for panel in panels:
            yield _read_panel(snapshot, panel, is_total=is_total)


def _read_panel(snapshot: Snapshot, panel: LivePanel, *, is_total: bool) -> PanelReading:
    rows = _read_bars(snapshot, panel)
    columns = [_read_column(snapshot, panel.label, column) for column in panel.columns]
    return PanelReading(
        title=panel.title,
        is_total=is_total,
        about=panel.bar.metric.help.replace("`", ""),
        label=panel.label,
        bar=panel.bar.title,
        unit=panel.bar.unit,
        columns=tuple((column.title, column.unit) for column in panel.columns),
        rows=tuple(
            RowReading(name, parts, tuple(values.get(name) for values in columns))
            for name, parts in sorted(rows.items(), key=lambda row: (-sum(row[1].values()), row[0]))
        ),
    )


def _read_bars(snapshot: Snapshot, panel: LivePanel) -> Mapping[str, Mapping[str, float]]:
    """Row -> part -> value."""
    values = _read_column(snapshot, panel.label, panel.bar)
    if panel.whole is not None:
        rest = "free" if panel.part == "used" else "used"
        wholes = _read_column(snapshot, panel.label, Column("", panel.whole))
        divided = {
            name: {panel.part: value, rest: max(0.0, wholes.get(name, value) - value)}
            for name, value in values.items()
        }
        return {name: {part: parts[part] for part in ("used", "free")} for name, parts in divided.items()}
    if not panel.parts:
        return {name: {"": value} for name, value in values.items()}
    rows: dict[str, dict[str, float]] = {name: {} for name in values}
    for (name, part), value in sorted(
        snapshot.sum_by(_name_series(panel.bar.metric), panel.label, panel.parts).items()
    ):
        rows[name][panel.part_name.format(part)] = value
    return rows


def _read_column(snapshot: Snapshot, label: str, column: Column) -> Mapping[str, float]:
    """Row -> value."""
    if column.share is not None:
        return snapshot.find_quantiles(column.metric, label, column.share)
    sums = snapshot.sum_by(_name_series(column.metric), *([label] if label else []))
    return {name[0] if name else ROW_OF_ALL: value for name, value in sums.items()}


def _name_series(metric: Metric) -> str:
    """The series that counts: of a histogram, its observations."""
    return f"{metric.name}_count" if metric.kind == "histogram" else metric.name
