"""A process is judged by its progress, and each cause has a name."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from fluxagents.workers.observing.health.health_server import HealthServer
from fluxagents.workers.observing.health.verdict import (
    HealthCheck,
    is_alive,
    is_ready,
    judge_beat,
    judge_worker,
)
from fluxagents.workers.observing.metrics.node_figures import NodeFigures

WELL = NodeFigures(at_s=0, node="tools@here", slots=2, disk_free_bytes=10**10, disk_size_bytes=10**11)


def judge(*, heartbeat_age_s: float = 1.0, **changes: Any) -> tuple[list[str], bool, bool]:
    """The checks that fail, and whether the worker is alive and ready."""
    figures = WELL.model_copy(update=changes)
    checks = list(judge_worker(figures, heartbeat_age_s=heartbeat_age_s, ttl_s=10.0, hard_limit_s=660.0))
    return [check.name for check in checks if check.cause], is_alive(checks), is_ready(checks)


@pytest.mark.parametrize(
    ("changes", "failing", "alive"),
    [
        ({}, [], True),
        ({"ready": False}, ["started"], True),
        ({"dropped_queues": ("tools", "tools.new")}, ["lanes"], True),
        ({"poll_age_s": 61.0}, ["queues"], False),
        ({"oldest_task_s": 721.0}, ["tasks"], False),
        ({"oldest_task_s": 700.0}, [], True),
        ({"disk_free_bytes": 10**7}, ["disk"], True),
    ],
)
def test_a_worker_is_judged_by_its_progress(changes: dict[str, Any], failing: list[str], alive: bool) -> None:
    assert judge(**changes) == (failing, alive, not failing)


def test_a_restart_mends_no_outage_of_redis() -> None:
    failing, alive, ready = judge(heartbeat_age_s=70.0, poll_age_s=70.0)
    assert failing == ["heartbeat", "queues"]
    assert alive
    assert not ready


@pytest.mark.parametrize(
    ("has_ticked", "age_s", "held", "well"),
    [(True, 3, True, True), (True, 61, True, False), (False, 3_600, True, True), (False, 61, False, False)],
)
def test_a_beat_ticks_or_waits_for_one_that_does(
    has_ticked: bool, age_s: float, held: bool, well: bool
) -> None:
    checks = list(judge_beat(has_ticked=has_ticked, tick_age_s=age_s, is_lock_held=held))
    assert is_ready(checks) is well


def test_the_server_says_why() -> None:
    checks = [HealthCheck("queues", "it sleeps")]
    server = HealthServer(lambda: checks, host="127.0.0.1", port=0)
    server.start()
    address = f"http://127.0.0.1:{server.port}"
    with urlopen(f"{address}/livez") as response:
        assert response.read() == b"ok\n"
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{address}/readyz")
    assert refused.value.code == 503
    assert refused.value.read() == b"[-]queues failed: it sleeps\n"
    checks.clear()
    checks.append(HealthCheck("queues"))
    with urlopen(f"{address}/healthz?verbose") as response:
        assert response.read() == b"[+]queues ok\n"
    server.stop()
