"""Humans who steer runs of the fault suite, as the command line and the client do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from tests.chaos.cluster import Cluster
from tests.chaos.flows import TOOLS

from fluxagents.flows.ports import Outgoing
from fluxagents.scheduler.steering import Steering
from fluxagents.workers.clock import SystemClock
from fluxagents.workers.publisher import CeleryPublisher


class Withheld(CeleryPublisher):
    """Keeps what it was to send."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster.app, cluster.redis)
        self.kept: list[Outgoing] = []

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.kept += outgoing


def steering(cluster: Cluster, publisher: CeleryPublisher | None = None) -> Steering:
    # The facts of a tool are all that steering looks at, short of edited arguments.
    tools = cast("dict[str, object]", TOOLS)
    return Steering(
        store=cluster.store,
        publisher=publisher or cluster.publisher,
        clock=SystemClock(),
        tools=tools,  # type: ignore[arg-type]
    )
