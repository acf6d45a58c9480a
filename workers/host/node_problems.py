"""What is not well with workers and API, by what they say of themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fluxagents.workers.observing.health.verdict import judge_worker
from fluxagents.workers.observing.metrics.node_figures import STALE_S, NodeFigures

SKEW_S = 1.0
LEAST_FREE_BYTES = 1_000_000_000
"""Of a disk, as the alert `DiskNearlyFull` has it."""

WAYS_OUT = {
    "started": "wait, or look into its log",
    "lanes": "restart it, or `celery control add_consumer QUEUE`",
    "queues": "restart it: its steps are taken up again",
    "tasks": "`fluxagents runs cancel RUN` ends it",
}
"""Check of a worker's health -> what to do."""


def list_node_problems(live: Iterable[NodeFigures]) -> Iterator[tuple[str, str]]:
    """What is not well, and what to do about it.

    Args:
        live: The figures of every process whose heartbeat is heard.
    """
    for figures in live:
        if abs(figures.clock_offset_s) > SKEW_S:
            yield (
                f"the clock of {figures.node} is {figures.clock_offset_s:+.1f} s off that of Redis",
                "run NTP there",
            )
        free = figures.disk_free_bytes
        if figures.disk_size_bytes and free < LEAST_FREE_BYTES:
            yield (
                f"{figures.node}: {free / 1e9:.1f} GB of disk are free",
                "make room there",
            )
        if figures.is_worker:
            yield from _judge(figures)


def _judge(figures: NodeFigures) -> Iterator[tuple[str, str]]:
    checks = judge_worker(figures, heartbeat_age_s=0.0, ttl_s=STALE_S, hard_limit_s=figures.task_limit_s)
    for check in checks:
        if check.cause and check.name in WAYS_OUT:
            yield f"{figures.node}: {check.cause}", WAYS_OUT[check.name]
