"""A worker is cut off from Redis for longer than its lease: others take its steps, and it goes on after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.chaos.cluster import WORKERS, Cluster, arguments
from tests.chaos.proxy import Proxy

pytestmark = pytest.mark.long

CUT_OFF = WORKERS[0]


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[Proxy]:
    """What lies between one worker alone and Redis."""
    between = Proxy(cluster.port)
    cluster.kill(CUT_OFF)
    cluster.spawn(CUT_OFF, *arguments(CUT_OFF), **cluster.reach_redis_by(between))
    cluster.up()
    yield between
    cluster.kill(CUT_OFF)
    between.close()
    cluster.up()


def test_a_worker_that_is_cut_off_loses_its_steps_to_another_and_goes_on_after(
    cluster: Cluster, proxy: Proxy
) -> None:
    pid = cluster.pid(CUT_OFF)
    log = cluster.folder / f"{CUT_OFF}.log"
    refused = log.read_text().count("commit lost the race")
    runs = [one.run_id for one in cluster.start("blocking", 4)]
    cluster.eventually(lambda: all(cluster.ran(run, 1) for run in runs))
    held = cluster.busy(CUT_OFF)
    assert held
    with proxy.partition():
        cluster.eventually(lambda: all(cluster.ran(run, 1) == 2 for run in held), within_s=30)
        cluster.eventually(lambda: all(cluster.at_rest([run]) for run in runs), within_s=60)
    cluster.eventually(lambda: log.read_text().count("commit lost the race") == refused + len(held))
    cluster.settle()
    assert {cluster.store.load(run).status for run in runs} == {"finished"}
    cluster.start("blocking", 4)
    cluster.eventually(lambda: cluster.busy(CUT_OFF))
    assert cluster.pid(CUT_OFF) == pid, "it went on and was not started anew"
    cluster.settle()
