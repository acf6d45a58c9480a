"""Writes `docs/metrics.md`, rules and dashboards from the list of metrics; `make monitoring` calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import yaml

from fluxagents.workers.observing.metrics.catalog import METRICS
from fluxagents.workers.observing.metrics.metric import Metric
from fluxagents.workers.observing.monitoring.alerts import ALERTS, OBJECTIVES, Alert, burn_alerts, write_rules
from fluxagents.workers.observing.monitoring.dashboards import list_dashboards, write_dashboard

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "metrics.md"
GUIDE = ROOT / "docs" / "metrics_guide.txt"
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"

NOTE = "# Made from the code by `make monitoring`.\n"


def render_files() -> Mapping[Path, str]:
    """Every file that is made from the list, as it should be."""
    files = {PAGE: render_page(), RULES: NOTE + yaml.safe_dump(write_rules(), sort_keys=False, width=1_000)}
    for dashboard in list_dashboards():
        text = json.dumps(write_dashboard(dashboard), indent=1) + "\n"
        files[DASHBOARDS / f"{dashboard.uid.removeprefix('fluxagents-')}.json"] = text
    return files


def render_page() -> str:
    """The reference of the metrics, objectives and alerts, after the guide."""
    parts = [GUIDE.read_text(encoding="utf-8").rstrip(), "", "## Reference"]
    for topic, metrics in groupby(METRICS, key=lambda metric: metric.topic):
        rows = [_write_row(metric) for metric in metrics]
        parts += [
            "",
            f"### {topic.capitalize()}",
            "",
            "| metric | type | labels | meaning |",
            "|---|---|---|---|",
        ]
        parts += rows
    parts += ["", "## Objectives", ""]
    parts += [f"- {each.promise.capitalize()}: {each.target:.1%} of them." for each in OBJECTIVES]
    parts += ["", "## Alerts", "", "| alert | severity | says |", "|---|---|---|"]
    named = {alert.name: alert for alert in (*ALERTS, *burn_alerts())}
    parts += [_write_alert(alert) for alert in named.values()]
    return "\n".join(parts) + "\n"


def _write_row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |"


def _write_alert(alert: Alert) -> str:
    summary = alert.summary.replace("{{ ", "").replace(" }}", "").replace("|", "\\|")
    return f"| [{alert.name}](../{alert.runbook}) | {alert.severity} | {summary} |"


if __name__ == "__main__":
    for path, text in render_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
