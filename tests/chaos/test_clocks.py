"""Clocks of nodes are an hour apart: leases, heartbeats, timers and deadlines go by the clock of Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.chaos.cluster import WORKERS, Cluster, arguments
from tests.chaos.flows import STEPS
from tests.chaos.odd_worker import CLOCK_AHEAD

pytestmark = pytest.mark.long

WRONG, RIGHT = WORKERS
PROCESSES = 2
"""That each worker has."""
HOUR_S = 3_600
CLOSE_MS = 1_000
"""How far the times of events may be from those of Redis."""


@pytest.fixture(
    params=[
        {WRONG: 1, "control": 1},
        {WRONG: -1, "control": -1},
        {"beat": 1},
        {"beat": -1},
    ],
    ids=str,
)
def apart(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The installation with some of its nodes an hour ahead of Redis and the others, or behind."""
    hours: dict[str, int] = request.param
    for name, ahead in hours.items():
        cluster.kill(name)
        cluster.spawn(name, *arguments(name), **{CLOCK_AHEAD: str(ahead * HOUR_S)})
    cluster.up()
    yield cluster
    for name in hours:
        cluster.kill(name)
    cluster.up()


def test_runs_retry_wait_and_recover_as_if_all_clocks_were_right(apart: Cluster) -> None:
    began_ms = time.time_ns() // 1_000_000
    # Some of their steps fail and are tried again after a pause, by whichever worker takes them.
    runs = [one.run_id for one in apart.start("flaky", 8)]
    # Nobody publishes the first message of these but the reconciler, which beat has to call.
    unpublished = [one.run_id for one in apart.start("plain", 2, publish=False)]
    blocking = [one.run_id for one in apart.start("blocking", 4)]
    apart.eventually(lambda: all(apart.ran(run, 1) for run in blocking))
    apart.kill(RIGHT)
    apart.ensure(RIGHT)
    apart.settle()
    everything = [*runs, *unpublished, *blocking]
    assert {apart.store.load(run).status for run in everything} == {"finished"}
    again = sum(max(0, apart.ran(run, seq) - 1) for run in everything for seq in range(1, 2 * STEPS))
    assert again <= PROCESSES, "only the steps of the killed worker ran twice"
    until_ms = time.time_ns() // 1_000_000
    for run in everything:
        times = [event.at_ms for event in apart.store.events(run)]
        assert times == sorted(times)
        assert began_ms - CLOSE_MS <= times[0] <= times[-1] <= until_ms + CLOSE_MS
