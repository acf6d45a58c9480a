"""Whether a process is well, judged by its progress: each cause that speaks against it has a name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fluxagents.workers.observing.metrics.node_figures import NodeFigures

STALLED_S = 60.0
"""A worker with a free slot asks its queues every second; beat ticks every two."""

GRACE_S = 60.0
"""After its time limit a task is killed, whose place is free soon after."""

LEAST_FREE_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One question, and what speaks against the process."""

    name: str
    cause: str = ""
    """Empty where all is well."""
    mends_by_restart: bool = False
    """Whether the process is not even alive, so that a restart helps."""


def is_alive(checks: Iterable[HealthCheck]) -> bool:
    """Whether a restart would mend nothing."""
    return not any(check.cause and check.mends_by_restart for check in checks)


def is_ready(checks: Iterable[HealthCheck]) -> bool:
    """Whether it does its work."""
    return not any(check.cause for check in checks)


def judge_worker(
    figures: NodeFigures, *, heartbeat_age_s: float, ttl_s: float, hard_limit_s: float
) -> Iterator[HealthCheck]:
    """The checks of a worker.

    Args:
        figures: What it says of itself.
        heartbeat_age_s: Since when no heartbeat was written.
        ttl_s: After which the others count it as dead.
        hard_limit_s: When a task is killed.
    """
    has_redis = heartbeat_age_s <= ttl_s
    yield HealthCheck("started", "" if figures.ready else "it has not come up yet")
    yield HealthCheck("heartbeat", "" if has_redis else f"Redis was not written for {heartbeat_age_s:.0f} s")
    dropped = ", ".join(figures.dropped_queues)
    # A restart would undo what somebody wanted.
    yield HealthCheck("lanes", f"remote control told it to take nothing from {dropped}" if dropped else "")
    stalled = figures.poll_age_s > STALLED_S and figures.ready
    yield HealthCheck(
        "queues",
        f"it has a free slot and has not asked its queues for {figures.poll_age_s:.0f} s" if stalled else "",
        # Without Redis it cannot ask, and a new process could not either.
        mends_by_restart=has_redis,
    )
    stuck = figures.oldest_task_s > hard_limit_s + GRACE_S
    yield HealthCheck(
        "tasks",
        f"a task runs for {figures.oldest_task_s:.0f} s, past its limit of {hard_limit_s:.0f} s"
        if stuck
        else "",
        mends_by_restart=True,
    )
    full = figures.disk_size_bytes and figures.disk_free_bytes < LEAST_FREE_BYTES
    yield HealthCheck("disk", f"{figures.disk_free_bytes / 1e6:.0f} MB are free" if full else "")


def judge_beat(*, has_ticked: bool, tick_age_s: float, is_lock_held: bool) -> Iterator[HealthCheck]:
    """The check of a beat: it ticks, or waits for one that does.

    Args:
        has_ticked: Whether it ever did.
        tick_age_s: Since when it has not, or since it started.
        is_lock_held: Whether any beat holds the lock.
    """
    cause = ""
    if has_ticked and tick_age_s > STALLED_S:
        cause = f"it has not ticked for {tick_age_s:.0f} s"
    elif not has_ticked and not is_lock_held and tick_age_s > STALLED_S:
        cause = f"it has not begun to tick for {tick_age_s:.0f} s, and no other beat does"
    yield HealthCheck("ticks", cause, mends_by_restart=True)


def describe_checks(checks: Iterable[HealthCheck]) -> str:
    """A line for each check."""
    return "".join(
        f"[-]{check.name} failed: {check.cause}\n" if check.cause else f"[+]{check.name} ok\n"
        for check in checks
    )
