"""Panels of one reading: their figures are those of the page of metrics, as Prometheus computes them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.workers.observing.monitoring.test_alerts import PAGE, Series, run

from fluxagents.scheduler.http.ports import PanelReading
from fluxagents.workers.observing.metrics.catalog import BY_NAME, METRICS
from fluxagents.workers.observing.metrics.snapshot import Snapshot
from fluxagents.workers.observing.monitoring.live_panels import NOW, SO_FAR, read_panels

PANELS = (*NOW, *SO_FAR)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    """A real installation after one run."""
    return Snapshot(text_string_to_metric_families(PAGE.read_text()))


@pytest.fixture(scope="module")
def panels(snapshot: Snapshot) -> dict[str, PanelReading]:
    return {panel.title: panel for panel in read_panels(snapshot)}


def test_panels_have_names_of_their_own_and_labels_that_their_metrics_have() -> None:
    assert len({panel.title for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        labels = {label for label in (panel.label, panel.parts) if label}
        assert labels <= set(panel.bar.metric.labels), panel.title
        for column in panel.columns:
            assert panel.label in {"", *column.metric.labels}, (panel.title, column.title)


def test_each_topic_has_a_panel() -> None:
    assert {panel.bar.metric.topic for panel in PANELS} == {metric.topic for metric in METRICS}


def test_bars_and_numbers_are_those_of_the_page(panels: dict[str, PanelReading]) -> None:
    (flow,) = panels["Runs by outcome"].rows
    assert (flow.name, flow.parts) == ("metabolic_analysis", {"finished": 1.0})
    assert {row.name: row.parts for row in panels["Tools"].rows} == {
        "analyze_metabolic_model": {"ok": 1.0},
        "run_metabolic_fba": {"ok": 1.0},
    }
    (chat,) = panels["Chat models"].rows
    # Both directions of both prompts.
    assert (chat.parts, chat.values[0]) == ({"answered": 2.0}, 1_688 + 52 + 10_680 + 55)
    workers = {row.name: row.parts for row in panels["Workers"].rows}
    assert workers["tools@one"] == {"used": 0.0, "free": 2.0}
    for row in panels["Disks and memory of nodes"].rows:
        assert row.parts["free"] > 0
    assert [row.name for row in panels["Waits"].rows] == []


def test_quantiles_are_those_of_prometheus(snapshot: Snapshot, tmp_path: Path) -> None:
    tests = [
        {
            "expr": f"histogram_quantile({column.share}, "
            f"sum by ({panel.label}, le) ({column.metric.name}_bucket))",
            "eval_time": "0s",
            "exp_samples": [
                {"labels": f'{{{panel.label}="{row}"}}', "value": value}
                for row, value in snapshot.find_quantiles(column.metric, panel.label, column.share).items()
            ],
        }
        for panel in PANELS
        for column in panel.columns
        if column.share is not None
    ]
    assert sum(len(test["exp_samples"]) for test in tests) > 10
    series = [
        Series(sample.name, sample.labels, str(sample.value)).document()
        for name in BY_NAME
        for sample in snapshot.list_samples(f"{name}_bucket")
    ]
    case = {"interval": "15s", "input_series": series, "promql_expr_test": tests}
    file = tmp_path / "cases.yml"
    file.write_text(yaml.safe_dump({"tests": [case]}))
    run("promtool", "test", "rules", str(file))
