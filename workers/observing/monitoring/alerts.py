"""The alerts of an installation: what each means, how bad it is, and the page that says what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.metric import Metric, Topic

Severity = Literal["page", "ticket"]
"""`page` wakes somebody; `ticket` is for the next working day."""

RUNBOOKS = "workers/observing/monitoring/runbooks"
"""From the top of the repository."""
EVERY = "15s"
"""How often rules are evaluated."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule."""

    name: str
    expression: str
    lasts: str
    """How long it must hold before it fires."""
    severity: Severity
    summary: str
    topic: Topic
    page: str = ""
    """The name of its runbook, if several alerts share one."""

    @property
    def runbook_name(self) -> str:
        """The name of its runbook."""
        return self.page or self.name

    @property
    def runbook(self) -> str:
        """Its runbook, from the top of the repository."""
        return f"{RUNBOOKS}/{self.runbook_name}.md"


@dataclass(frozen=True, slots=True)
class Objective:
    """What an installation promises: so much of all waits is not above a bound."""

    name: str
    promise: str
    histogram: Metric
    selector: str
    bound_s: float
    """One of the buckets."""
    target: float

    def error_ratio(self, window: str) -> str:
        """The query for the share of waits that were longer, in a window."""
        name, selector = self.histogram.name, self.selector
        bound = f'le="{self.bound_s}"'
        within = f"sum(rate({name}_bucket{{{_join(selector, bound)}}}[{window}]))"
        total = f"sum(rate({name}_count{_braces(selector)}[{window}]))"
        return f"(1 - {within} / {total})"

    def has_enough(self, window: str) -> str:
        """The query whether there were enough waits in a window to speak of a share."""
        return f"sum(increase({self.histogram.name}_count{_braces(self.selector)}[{window}])) > {LEAST_WAITS}"


FIRST_STEP = Objective(
    "FirstStep",
    "the first step of an interactive run starts within 5 s",
    m.FIRST_STEP_WAIT,
    'lane="interactive"',
    5.0,
    0.99,
)
TIMER = Objective("Timer", "a due timer fires within 10 s", m.TIMER_DELAY, "", 10.0, 0.999)
OBJECTIVES = (FIRST_STEP, TIMER)

LEAST_WAITS = 10
"""One run that waited is no trend, on an installation that has one an hour."""

BURN_RATES: tuple[tuple[str, str, str, float, str, Severity], ...] = (
    ("Fast", "1h", "5m", 14.4, "2m", "page"),
    ("Steadily", "6h", "30m", 6.0, "15m", "page"),
    ("Slowly", "3d", "6h", 1.0, "1h", "ticket"),
)
"""How fast in a word, long and short window, how much faster than allowed the errors of a month are used up,
for how long, severity: the rates of the Site Reliability Workbook, chapter 5 (O'Reilly 2018)."""

ALERTS: tuple[Alert, ...] = (
    Alert(
        "ExporterAbsent",
        f"absent({m.BUILD.name})",
        "2m",
        "page",
        "Nobody reports metrics: the API is down, its key is not valid, or Prometheus does not reach it.",
        "api",
    ),
    Alert(
        "WorkerStuck",
        f"{m.NODE_OLDEST_TASK.name} > {m.NODE_TASK_LIMIT.name}",
        "30s",
        "page",
        "A task of {{ $labels.node }} runs for {{ $value | humanizeDuration }}, longer than its time limit.",
        "nodes",
    ),
    Alert(
        "WorkerIdle",
        f"{m.NODE_POLL_AGE.name} > 60",
        "30s",
        "page",
        "{{ $labels.node }} has a free slot and asked its queues {{ $value | humanizeDuration }} ago.",
        "nodes",
    ),
    Alert(
        "QueueWithoutWorkers",
        f"{m.QUEUE_SLOTS.name} == 0 and on (queue) {m.QUEUE_MESSAGES.name} > 0",
        "1m",
        "page",
        "Messages wait in {{ $labels.queue }}, and no live worker serves it.",
        "queues",
    ),
    Alert(
        "QueueGrowing",
        f'{m.QUEUE_OLDEST.name}{{queue!~".*[.]bulk.*|tools[.]long.*"}} > 60'
        f" and on (queue) deriv({m.QUEUE_DUE.name}[10m]) >= 0 and on (queue) {m.QUEUE_SLOTS.name} > 0",
        "1m",
        "page",
        "{{ $labels.queue }} grows; its first step waits for {{ $value | humanizeDuration }}.",
        "queues",
    ),
    Alert(
        "BulkQueueOld",
        f'{m.QUEUE_OLDEST.name}{{queue=~".*[.]bulk.*|tools[.]long.*"}} > 14400',
        "5m",
        "ticket",
        "The first step in {{ $labels.queue }} waits for {{ $value | humanizeDuration }}.",
        "queues",
    ),
    Alert(
        "BeatDown",
        f'min({m.BEAT_UP.name}) == 0 or max({m.SCHEDULE_OVERDUE.name}{{schedule=~"reconcile|look"}}) > 60',
        "30s",
        "page",
        "No beat ticks: timers, schedules and lost messages wait.",
        "triggers",
    ),
    Alert(
        "ScheduleOverdue",
        f"{m.SCHEDULE_OVERDUE.name} > 300 unless on () {m.BEAT_UP.name} == 0",
        "1m",
        "ticket",
        "The schedule {{ $labels.schedule }} is {{ $value | humanizeDuration }} late, though a beat ticks.",
        "triggers",
    ),
    Alert(
        "RedisMemoryHigh",
        f"{m.REDIS_MEMORY.name} / ({m.REDIS_MEMORY_LIMIT.name} > 0) > 0.85",
        "1m",
        "page",
        "Redis uses {{ $value | humanizePercentage }} of its memory; at its limit it refuses every step.",
        "redis",
    ),
    Alert(
        "RedisNotDurable",
        f"{m.REDIS_AOF.name} == 0",
        "1m",
        "page",
        "The append-only file of Redis is off or cannot be written: a restart loses steps.",
        "redis",
    ),
    Alert(
        "DiskNearlyFull",
        f"{m.NODE_DISK_FREE.name} / ({m.NODE_DISK_SIZE.name} > 0) < 0.05 or {m.NODE_DISK_FREE.name} < 1e9",
        "1m",
        "page",
        "The disk of {{ $labels.node }} is nearly full.",
        "nodes",
    ),
    Alert(
        "ClockSkew",
        f"abs({m.NODE_CLOCK_OFFSET.name}) > 1",
        "1m",
        "ticket",
        "The clock of {{ $labels.node }} is {{ $value | humanizeDuration }} off that of Redis.",
        "nodes",
    ),
    Alert(
        "ProviderFailing",
        f'sum by (chat_model) (rate({m.CHAT_REQUESTS.name}{{outcome="refused"}}[5m]))'
        f" / sum by (chat_model) (rate({m.CHAT_REQUESTS.name}[5m])) > 0.5"
        f' and on () sum(increase({m.ERRORS.name}{{class=~"provider_.*|invalid_answer"}}[5m])) > 2',
        "1m",
        "page",
        "More than half of the requests to {{ $labels.chat_model }} fail.",
        "chat models",
    ),
    Alert(
        "WebhookReceiverDown",
        f'{m.OUTBOX_OLDEST.name}{{family="webhook"}} > 300'
        f" unless on () sum(increase({m.OUTBOX_ATTEMPTS.name}"
        '{family="webhook",outcome="delivered"}[5m])) > 0',
        "1m",
        "ticket",
        "A message to a webhook waits for {{ $value | humanizeDuration }}, and none is delivered.",
        "triggers",
    ),
    Alert(
        "ChannelDown",
        f'{m.OUTBOX_OLDEST.name}{{family="channel"}} > 300',
        "1m",
        "page",
        "Humans are not told: a message to a channel waits for {{ $value | humanizeDuration }}.",
        "triggers",
    ),
    Alert(
        "RequestsOverdue",
        f"sum by (kind, level) ({m.REQUESTS_OVERDUE.name}) > 0",
        "1m",
        "ticket",
        "Nobody answered {{ $value }} requests in time ({{ $labels.kind }}, step {{ $labels.level }}).",
        "humans",
    ),
    Alert(
        "DeadLetters",
        f'{m.RUNS.name}{{status="dead"}} > 0',
        "30s",
        "ticket",
        "{{ $value }} runs are dead letters: a step killed its worker each time.",
        "runs",
    ),
    Alert(
        "MessagesRefused",
        f"sum(increase({m.MESSAGES_REFUSED.name}[10m])) > 0",
        "0s",
        "page",
        "Workers refused {{ $value }} messages: a sender has another key, or none.",
        "queues",
    ),
    Alert(
        "SeriesDropped",
        f"increase({m.SERIES_DROPPED.name}[1h]) > 0",
        "0s",
        "ticket",
        "Too many labels: some counts are not kept.",
        "redis",
    ),
)


def burn_alerts() -> Iterator[Alert]:
    """For each objective, the alerts that its budget of errors burns too fast."""
    for objective in OBJECTIVES:
        for speed, long, short, factor, lasts, severity in BURN_RATES:
            limit = f"{factor} * (1 - {objective.target})"
            yield Alert(
                f"{objective.name}BudgetBurns{speed}",
                f"{objective.error_ratio(long)} > {limit} and {objective.error_ratio(short)} > {limit}"
                f" and {objective.has_enough(long)}",
                lasts,
                severity,
                f"Not true often enough in the last {long}: {objective.promise} ({objective.target:.1%}).",
                "runs",
                page=f"{objective.name}BudgetBurns",
            )


def write_rules() -> Mapping[str, Any]:
    """The file of rules, as Prometheus reads it."""
    groups = {"installation": ALERTS, "objectives": tuple(burn_alerts())}
    return {
        "groups": [
            {
                "name": f"fluxagents-{name}",
                "interval": EVERY,
                "rules": [_write_rule(alert) for alert in alerts],
            }
            for name, alerts in groups.items()
        ]
    }


def _write_rule(alert: Alert) -> Mapping[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expression,
        "for": alert.lasts,
        "labels": {"severity": alert.severity, "topic": alert.topic},
        "annotations": {"summary": alert.summary, "runbook": alert.runbook},
    }


def _join(*selectors: str) -> str:
    return ",".join(selector for selector in selectors if selector)


def _braces(selector: str) -> str:
    return f"{{{selector}}}" if selector else ""
