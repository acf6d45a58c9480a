"""Each alert fires for its fault and nothing else does: tried by promtool on the page of an installation."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Command, Context, Group
from prometheus_client.parser import text_string_to_metric_families
from tests.support.places import ROOT

from fluxagents.workers.cli import cli
from fluxagents.workers.observing.metrics.amounts import Amounts
from fluxagents.workers.observing.metrics.catalog import BY_NAME, METRICS
from fluxagents.workers.observing.metrics.exposition import Reading, SnapshotCollector, write_page
from fluxagents.workers.observing.monitoring.alerts import ALERTS, RUNBOOKS, burn_alerts

RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
ROUTES = ROOT / "deploy" / "prometheus" / "alertmanager.yml"
PAGE = ROOT / "tests" / "data" / "metrics" / "healthy.txt"
"""Of a real installation after one run."""

INTERVAL = "15s"
TICKS = 40
"""Ten minutes."""


@dataclass(frozen=True)
class Series:
    """A series and its values: one for as long as it takes, or as promtool writes them."""

    name: str
    labels: Mapping[str, str]
    values: str

    def covers(self, other: Series) -> bool:
        """Whether another one is of the same name and has these labels."""
        return self.name == other.name and self.labels.items() <= other.labels.items()

    def document(self) -> dict[str, str]:
        labels = ",".join(f"{name}={json.dumps(value)}" for name, value in sorted(self.labels.items()))
        return {"series": f"{self.name}{{{labels}}}", "values": self.values}


def change(name: str, values: str, **labels: str) -> Series:
    return Series(f"fluxagents_{name}", labels, values)


def hold(value: float, name: str, **labels: str) -> Series:
    return change(name, f"{value}x{TICKS}", **labels)


def grow(step: float, name: str, **labels: str) -> Series:
    return change(name, f"0+{step}x{TICKS}", **labels)


GONE = Series("", {}, "")
"""Instead of everything else: nobody reports metrics."""

FAULTS: Mapping[str, tuple[tuple[Series, ...], tuple[Series, ...]]] = {
    "ExporterAbsent": ((GONE,), ()),
    "WorkerStuck": (
        (hold(640, "node_oldest_task_age_seconds", node="tools@one"),),
        (hold(590, "node_oldest_task_age_seconds", node="tools@one"),),
    ),
    "WorkerIdle": (
        (hold(90, "node_poll_age_seconds", node="tools@one"),),
        (hold(30, "node_poll_age_seconds", node="tools@one"),),
    ),
    "QueueWithoutWorkers": (
        (hold(0, "queue_worker_slots", queue="tools"), hold(3, "queue_messages", queue="tools")),
        (hold(0, "queue_worker_slots", queue="tools"),),
    ),
    "QueueGrowing": (
        (
            hold(120, "queue_oldest_step_age_seconds", queue="tools"),
            grow(2, "queue_due_steps", queue="tools"),
        ),
        (
            hold(120, "queue_oldest_step_age_seconds", queue="tools"),
            change("queue_due_steps", f"400-5x{TICKS}", queue="tools"),
        ),
    ),
    "BulkQueueOld": (
        (hold(15_000, "queue_oldest_step_age_seconds", queue="tools.bulk"),),
        (hold(10_000, "queue_oldest_step_age_seconds", queue="tools.bulk"),),
    ),
    "BeatDown": (
        (hold(0, "beat_up"), change("schedule_overdue_seconds", f"0+15x{TICKS}")),
        (hold(5, "schedule_overdue_seconds", schedule="reconcile"),),
    ),
    "ScheduleOverdue": (
        (hold(400, "schedule_overdue_seconds", schedule="schedule:nightly"),),
        (hold(200, "schedule_overdue_seconds", schedule="schedule:nightly"),),
    ),
    "RedisMemoryHigh": (
        (hold(9e8, "redis_memory_used_bytes"), hold(1e9, "redis_memory_limit_bytes")),
        (hold(8e8, "redis_memory_used_bytes"), hold(1e9, "redis_memory_limit_bytes")),
    ),
    "RedisNotDurable": ((hold(0, "redis_aof_ok"),), ()),
    "DiskNearlyFull": (
        (hold(5e8, "node_disk_free_bytes", node="tools@one"),),
        (hold(2e10, "node_disk_free_bytes", node="tools@one"),),
    ),
    "ClockSkew": (
        (hold(-5, "node_clock_offset_seconds", node="tools@one"),),
        (hold(0.2, "node_clock_offset_seconds", node="tools@one"),),
    ),
    "ProviderFailing": (
        (
            grow(1, "chat_requests_total", chat_model="m", outcome="refused"),
            grow(1, "errors_total", **{"class": "provider_outage", "source": "DecisionRefused"}),
        ),
        (
            grow(1, "chat_requests_total", chat_model="m", outcome="refused"),
            grow(3, "chat_requests_total", chat_model="m", outcome="answered"),
            grow(1, "errors_total", **{"class": "provider_outage", "source": "DecisionRefused"}),
        ),
    ),
    "WebhookReceiverDown": (
        (
            hold(400, "outbox_oldest_pending_age_seconds", family="webhook"),
            grow(1, "outbox_attempts_total", family="webhook", outcome="retry"),
        ),
        (
            hold(400, "outbox_oldest_pending_age_seconds", family="webhook"),
            grow(1, "outbox_attempts_total", family="webhook", outcome="delivered"),
        ),
    ),
    "ChannelDown": (
        (hold(400, "outbox_oldest_pending_age_seconds", family="channel"),),
        (hold(60, "outbox_oldest_pending_age_seconds", family="channel"),),
    ),
    "RequestsOverdue": (
        (hold(2, "requests_overdue", kind="approval", level="1"),),
        (hold(2, "requests_waiting", kind="approval", level="0"),),
    ),
    "DeadLetters": ((hold(1, "runs", status="dead"),), (hold(5, "runs", status="failed"),)),
    "MessagesRefused": ((grow(1, "messages_refused_total", reason="unsigned"),), ()),
    "SeriesDropped": ((grow(1, "series_dropped_total"),), ()),
    "FirstStepBudgetBurnsFast": (
        (
            grow(10, "first_step_wait_seconds_count", lane="interactive"),
            grow(8, "first_step_wait_seconds_bucket", lane="interactive", le="5.0"),
        ),
        (
            grow(1_000, "first_step_wait_seconds_count", lane="interactive"),
            grow(995, "first_step_wait_seconds_bucket", lane="interactive", le="5.0"),
        ),
    ),
    "TimerBudgetBurnsFast": (
        (grow(10, "timer_delay_seconds_count"), grow(9, "timer_delay_seconds_bucket", le="10.0")),
        # Some timers that are all late are no trend.
        (grow(0.1, "timer_delay_seconds_count"), hold(0, "timer_delay_seconds_bucket", le="10.0")),
    ),
}
"""What fires each alert, and what is close to it and does not."""


@pytest.fixture(scope="module")
def healthy() -> list[Series]:
    """A page of a real installation after one run."""
    page = PAGE.read_text()
    return [
        Series(sample.name, sample.labels, f"{sample.value}x{TICKS}")
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    ]


def with_fault(healthy: list[Series], fault: tuple[Series, ...]) -> Iterator[Series]:
    """The page with some series changed; one that is not there is added."""
    if GONE in fault:
        return
    for series in healthy:
        yield next((replace(series, values=each.values) for each in fault if each.covers(series)), series)
    yield from (each for each in fault if not any(each.covers(series) for series in healthy))


def build_case(healthy: list[Series], fault: tuple[Series, ...], *firing: str) -> dict[str, Any]:
    """What promtool runs: exactly these alerts fire after ten minutes."""
    samples = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in firing]
    return {
        "interval": INTERVAL,
        "input_series": [series.document() for series in with_fault(healthy, fault)],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (count by (alertname, topic) (ALERTS{alertstate="firing"}))',
                "eval_time": "10m",
                "exp_samples": samples,
            }
        ],
    }


def run(tool: str, *arguments: str) -> str:
    """Call a tool of Prometheus, which Debian has as `prometheus` and `prometheus-alertmanager`."""
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed (Debian: prometheus, prometheus-alertmanager)")
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_alert_has_a_fault() -> None:
    fast = {alert.name for alert in burn_alerts() if alert.name.endswith("Fast")}
    assert set(FAULTS) == {alert.name for alert in ALERTS} | fast


def test_each_fault_fires_its_alert_and_nothing_else_fires(healthy: list[Series], tmp_path: Path) -> None:
    cases = [build_case(healthy, ())]
    for name, (fires, quiet) in FAULTS.items():
        cases += [build_case(healthy, fires, name), build_case(healthy, quiet)]
    file = tmp_path / "cases.yml"
    document = {"rule_files": [str(RULES)], "evaluation_interval": INTERVAL, "tests": cases}
    file.write_text(yaml.safe_dump(document))
    run("promtool", "test", "rules", str(file))


def write_full_page() -> str:
    """A page with a series of every metric."""
    amounts, gauges = Amounts(), []
    for metric in METRICS:
        if metric.kind == "gauge":
            gauges.append(Reading(metric, metric.labels, 1.0))
        elif metric.kind == "counter":
            amounts.add(metric, *metric.labels)
        else:
            amounts.observe(metric, *metric.labels, ms=5)
    return write_page(SnapshotCollector(amounts.fields(), gauges))[0].decode()


@pytest.mark.parametrize("read", [PAGE.read_text, write_full_page], ids=["of an installation", "full"])
def test_a_page_keeps_the_rules_of_prometheus(read: Callable[[], str]) -> None:
    path = shutil.which("promtool")
    if path is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    page = read()
    done = subprocess.run([path, "check", "metrics"], input=page, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(("severity", "receiver"), [("page", "pager"), ("ticket", "tickets")])
def test_alerts_are_routed_by_severity(severity: str, receiver: str) -> None:
    routed = run("amtool", "config", "routes", "test", f"--config.file={ROUTES}", f"severity={severity}")
    assert routed.strip() == receiver


@pytest.mark.parametrize("alert", [*ALERTS, *burn_alerts()], ids=lambda alert: alert.name)
def test_an_alert_speaks_of_metrics_that_exist(alert: Any) -> None:
    for name in re.findall(r"fluxagents_\w+", alert.expression):
        assert name in BY_NAME or re.sub(r"_(bucket|count|sum)$", "", name) in BY_NAME


@pytest.mark.parametrize("page", sorted({alert.runbook for alert in (*ALERTS, *burn_alerts())}))
def test_the_commands_of_a_runbook_are_taken(page: str) -> None:
    text = (ROOT / page).read_text()
    codes = "\n".join(" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`", text))
    lines = [*"".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).splitlines(), *codes.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("fluxagents ")]
    assert commands
    for words in commands:
        node: Command = cli
        while isinstance(node, Group):
            assert words, f"{page}: {node.name} needs a command"
            child = node.get_command(Context(node), words.pop(0))
            assert child is not None, page
            node = child
        if "--help" not in words:
            # Fails where an argument or option is missing or unknown.
            node.make_context(node.name, words)
    for name in re.findall(r"fluxagents_\w+", text):
        assert name in BY_NAME


def test_no_runbook_is_left_over() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / RUNBOOKS).glob("*.md")}
    assert pages == {alert.runbook for alert in (*ALERTS, *burn_alerts())}
