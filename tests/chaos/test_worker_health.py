"""A worker that is up and takes nothing is not ready and says why; its name is its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tests.chaos.cluster import STARTS_WITHIN_S, WORKERS, Cluster, arguments
from tests.chaos.odd_worker import STALLED, only_worker
from tests.chaos.outside import find_port

from fluxagents.workers.celery.queues import TOOLS
from fluxagents.workers.observing.metrics.node_figures import NodeFigures, figures_key

READY = (200, "ok\n")
LANE = TOOLS.queues[0]
STALLED_S = 2.0


@dataclass(frozen=True)
class Probed:
    """A worker with a port for probes."""

    cluster: Cluster
    node: str
    port: int

    def ask(self, path: str) -> tuple[int, str]:
        """The answer of a probe."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except HTTPError as refused:
            return refused.code, refused.read().decode()

    def wait_for(self, cause: str) -> None:
        """Wait until it is not ready, for this cause among others."""
        self.cluster.eventually(lambda: _names(cause, *self.ask("/readyz")))

    def recover(self) -> None:
        """Wait until it is ready again."""
        self.cluster.eventually(lambda: self.ask("/readyz") == READY)

    def list_slots(self) -> set[str]:
        """The lanes that it serves, as others see it."""
        nodes = self.cluster.redis.hvals(f"{self.cluster.settings.key_prefix}nodes")
        found = (json.loads(text) for text in nodes)
        return {queue for node in found if node["hostname"] == self.node for queue in node["queues"]}


def _names(cause: str, status: int, text: str) -> bool:
    return status == 503 and cause in text


@pytest.fixture(scope="module")
def probed(installation: Cluster) -> Iterator[Probed]:
    cluster = installation
    variables = {"FLUXAGENTS_HEALTH_PORT": str(port := find_port()), STALLED: str(STALLED_S)}
    with only_worker(cluster, **variables) as name:
        (node,) = (node for node in cluster.ready() if node.startswith(f"{name}@"))
        yield Probed(cluster, node, port)


def test_a_worker_that_takes_nothing_is_not_ready_and_names_the_cause(probed: Probed) -> None:
    cluster, control = probed.cluster, probed.cluster.app.control
    probed.recover()
    control.cancel_consumer(LANE, destination=[probed.node], reply=True)
    probed.wait_for(f"[-]lanes failed: remote control told it to take nothing from {LANE}\n")
    assert probed.ask("/livez") == READY
    cluster.eventually(lambda: probed.list_slots() == {*TOOLS.queues} - {LANE})
    control.add_consumer(LANE, destination=[probed.node], reply=True)
    probed.recover()
    with cluster.proxy.partition():
        probed.wait_for("[-]heartbeat failed: Redis was not written for ")
        assert probed.ask("/livez") == READY
    probed.recover()
    hold = cluster.folder / "hold"
    hold.touch()
    control.broadcast("stand_still", arguments={"path": str(hold)}, destination=[probed.node])
    probed.wait_for("[-]queues failed: it has a free slot and has not asked its queues for ")
    assert probed.ask("/livez")[0] == 503
    hold.unlink()
    probed.recover()


def test_a_second_worker_of_a_name_is_refused_and_the_first_goes_on(probed: Probed) -> None:
    cluster, twin = probed.cluster, "twin"
    cluster.spawn(twin, *arguments(WORKERS[0]))
    assert cluster.wait_for_end(twin, within_s=STARTS_WITHIN_S) == 1
    last = json.loads((cluster.folder / f"{twin}.log").read_text().splitlines()[-1])
    first = f"a worker named '{probed.node}' runs already (process {cluster.pid(WORKERS[0])} on "
    assert last["error.message"].startswith(first)
    assert probed.ask("/readyz") == READY
    stored = cluster.redis.hvals(figures_key(cluster.settings.key_prefix))
    assert [NodeFigures.model_validate_json(text).node for text in stored].count(probed.node) == 1
