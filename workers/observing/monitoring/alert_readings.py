"""Which alerts hold now, as far as one reading tells: for how long they have held only Prometheus knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fluxagents.flows.drawing.durations import format_duration
from fluxagents.scheduler.http.ports import AlertReading
from fluxagents.workers.observing.metrics.snapshot import Snapshot
from fluxagents.workers.observing.monitoring.alerts import ALERTS, Alert, burn_alerts
from fluxagents.workers.observing.monitoring.instant_query import Labels, needs_past, run_query

PLACEHOLDER = re.compile(r"\{\{ \$(?:labels\.(?P<label>\w+)|value)(?: \| (?P<form>\w+))? \}\}")


def read_alerts(snapshot: Snapshot) -> Iterator[AlertReading]:
    """Every alert, with what it says of each thing that it holds for."""
    for alert in (*ALERTS, *burn_alerts()):
        is_known = not needs_past(alert.expression)
        found = run_query(alert.expression, snapshot) if is_known else {}
        yield AlertReading(
            name=alert.name,
            severity=alert.severity,
            lasts=alert.lasts,
            runbook=alert.runbook_name,
            is_known=is_known,
            messages=tuple(sorted(_write_summary(alert, labels, value) for labels, value in found.items())),
        )


def _write_summary(alert: Alert, labels: Labels, value: float) -> str:
    def fill(placeholder: re.Match[str]) -> str:
        label, form = placeholder.group("label", "form")
        if label:
            return dict(labels).get(label, "")
        if form == "humanizeDuration":
            return format_duration(round(abs(value) * 1_000))
        return f"{value:.1%}" if form == "humanizePercentage" else f"{value:g}"

    return PLACEHOLDER.sub(fill, alert.summary)
