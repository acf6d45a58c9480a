"""Workers outlive their Redis, hand back what they cannot finish, and kill what does not end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.chaos.cluster import WORKERS, Cluster


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("recovery"))
    try:
        cluster.up()
        yield cluster
    finally:
        left = cluster.down()
    assert left == []


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
