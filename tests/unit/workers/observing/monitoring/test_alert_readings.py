"""What one reading says of the alerts is what Prometheus says of them, where no past is needed."""

from __future__ import annotations

import re

import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.workers.observing.monitoring.test_alerts import FAULTS, PAGE, Series, with_fault

from fluxagents.flows.errors import FluxError
from fluxagents.workers.observing.metrics.snapshot import Snapshot
from fluxagents.workers.observing.monitoring.alert_readings import read_alerts
from fluxagents.workers.observing.monitoring.alerts import ALERTS, burn_alerts
from fluxagents.workers.observing.monitoring.instant_query import needs_past, run_query

VALUES = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?)([+-][\d.]+)?x(\d+)")
"""As promtool writes them: first value, growth, how often."""


def end_with(series: list[Series]) -> Snapshot:
    """A reading at the end of the ten minutes in which promtool tries the alerts."""
    families = []
    for each in series:
        values = VALUES.fullmatch(each.values)
        assert values, each.values
        family = GaugeMetricFamily(each.name, "", labels=tuple(each.labels))
        family.add_metric(
            tuple(each.labels.values()), float(values[1]) + float(values[2] or 0) * float(values[3])
        )
        families.append(family)
    return Snapshot(families)


@pytest.fixture(scope="module")
def healthy() -> list[Series]:
    """A page of a real installation after one run."""
    return [
        Series(sample.name, sample.labels, f"{sample.value}x40")
        for family in text_string_to_metric_families(PAGE.read_text())
        for sample in family.samples
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_alert_holds_for_its_fault_and_no_other_does(healthy: list[Series], fault: str) -> None:
    """That exactly these fire is what promtool says of the same series: see `test_alerts`."""
    past = {alert.name for alert in (*ALERTS, *burn_alerts()) if needs_past(alert.expression)}
    for change, expected in zip(FAULTS[fault], ({fault} - past, set()), strict=True):
        readings = list(read_alerts(end_with(list(with_fault(healthy, change)))))
        assert {reading.name for reading in readings if reading.messages} == expected
        assert {reading.name for reading in readings if not reading.is_known} == past


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("WorkerStuck", "A task of tools@one runs for 10 min 40 s, longer than its time limit."),
        ("RedisMemoryHigh", "Redis uses 90.0% of its memory; at its limit it refuses every step."),
        ("RequestsOverdue", "Nobody answered 2 requests in time (approval, step 1)."),
    ],
)
def test_a_message_names_the_thing_and_its_value(healthy: list[Series], fault: str, message: str) -> None:
    snapshot = end_with(list(with_fault(healthy, FAULTS[fault][0])))
    (reading,) = [reading for reading in read_alerts(snapshot) if reading.name == fault]
    assert reading.messages == (message,)


@pytest.mark.parametrize("query", ["up + 1", "up ==", "5", "(up", "up{job}", "1 > up", "up up"])
def test_a_query_of_another_kind_is_refused(query: str) -> None:
    with pytest.raises(FluxError, match="cannot be computed from one reading"):
        run_query(query, Snapshot(()))
