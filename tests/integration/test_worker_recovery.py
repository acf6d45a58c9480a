"""Workers outlive their Redis, hand back what they cannot finish, and kill what does not end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import psutil
import pytest
from tests.chaos.cluster import WORKERS, Cluster, installed


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with installed(tmp_path_factory.mktemp("recovery")) as cluster:
        yield cluster


@pytest.fixture
def cluster(installation: Cluster) -> Cluster:
    installation.up()
    return installation


def test_a_worker_that_waits_for_more_while_it_works_outlives_its_redis(cluster: Cluster) -> None:
    (run,) = cluster.start("blocking")
    cluster.eventually(lambda: any(cluster.busy(name) for name in WORKERS))
    pids = {name: cluster.pid(name) for name in WORKERS}
    cluster.kill_redis()
    logs = [cluster.folder / f"{name}.log" for name in WORKERS]
    cluster.eventually(lambda: all("Cannot connect to redis" in log.read_text() for log in logs))
    cluster.server.start()
    cluster.settle()
    assert cluster.store.load(run.run_id).status == "finished"
    assert {name: cluster.pid(name) for name in WORKERS} == pids


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_worker_told_to_stop_hands_its_step_to_another_and_that_delivery_does_not_count(
    cluster: Cluster, number: signal.Signals
) -> None:
    (run,) = cluster.start("blocking")
    cluster.eventually(lambda: cluster.ran(run.run_id, 1) == 1)
    (stopped,) = (name for name in WORKERS if cluster.busy(name))
    (other,) = set(WORKERS) - {stopped}
    os.kill(cluster.pid(stopped), number)
    # Two seconds of soft shutdown are too few for this step; the lease is given back with its end.
    cluster.eventually(lambda: cluster.busy(other), within_s=10)
    assert cluster.redis.hget(f"flux:run:{run.run_id}", "deliveries") == b"1"
    cluster.wait_for_end(stopped, within_s=20)
    cluster.settle()
    assert cluster.store.load(run.run_id).status == "finished"
    assert cluster.ran(run.run_id, 1) == 2


def test_a_step_that_ends_within_the_soft_shutdown_is_recorded_by_the_worker_that_stops(
    cluster: Cluster,
) -> None:
    (run,) = cluster.start("mixed")
    cluster.eventually(lambda: cluster.ran(run.run_id, 2))
    for name in WORKERS:
        if cluster.busy(name):
            os.kill(cluster.pid(name), signal.SIGTERM)
    cluster.settle()
    state = cluster.store.load(run.run_id)
    assert state.status == "finished"
    assert all(cluster.ran(run.run_id, seq) == 1 for seq in range(1, state.seq))


def test_a_step_that_holds_the_interpreter_is_killed_at_the_hard_limit_and_tried_again(
    cluster: Cluster,
) -> None:
    """Its soft limit is a signal that Python never gets to handle."""
    (once,) = cluster.start("stubborn")
    (always,) = cluster.start("endless")
    others = [one.run_id for one in cluster.start("mixed", 4)]
    cluster.settle(within_s=90)
    assert cluster.store.load(once.run_id).status == "finished"
    assert cluster.ran(once.run_id, 2) == 2
    assert cluster.store.load(always.run_id).status == "dead"
    assert cluster.ran(always.run_id, 1) == 4
    assert {cluster.store.load(run).status for run in others} == {"finished"}


def test_a_worker_that_stood_still_while_another_started_is_listed_again(cluster: Cluster) -> None:
    """The one that starts takes nodes without a heartbeat out of the list."""
    still, other = WORKERS
    pids = [cluster.pid(still), *cluster.children(still)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        cluster.eventually(lambda: not any(node.startswith(still) for node in cluster.ready()))
        cluster.kill(other)
        cluster.eventually(lambda: not any(node.startswith(other) for node in cluster.ready()))
        cluster.ensure(other)
        cluster.eventually(lambda: any(node.startswith(other) for node in cluster.ready()), within_s=60)
    finally:
        for pid in filter(psutil.pid_exists, pids):
            os.kill(pid, signal.SIGCONT)
    cluster.eventually(lambda: len(cluster.ready()) == len(WORKERS) + 1)
