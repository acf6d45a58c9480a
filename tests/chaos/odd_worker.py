"""A process unlike the others: impatient, of an older version, with a wrong clock, or about to die."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery.worker.control import control_command
from tests.chaos.wrong_clock import set_clock_ahead

from fluxagents.flows import state
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.composition import redis_client
from fluxagents.workers.observing.health import verdict

if TYPE_CHECKING:
    from tests.chaos.cluster import Cluster

VISIBILITY = "CHAOS_VISIBILITY_S"
"""Its broker takes a message back after so many seconds. The settings refuse that."""
READS_SCHEMA = "CHAOS_READS_SCHEMA"
"""It reads states up to this version."""
DIES_BEFORE_PUBLISHING = "CHAOS_DIES_BEFORE_PUBLISHING"
"""Its processes are killed so many times between a commit and the message that follows."""
KNOWS_TASK = "CHAOS_KNOWS_TASK"
"""It knows a further task, as a newer version would."""
STALLED = "CHAOS_STALLED_S"
"""It is not ready after so many seconds without a look into its queues; it knows `stand_still`."""
CLOCK_AHEAD = "CHAOS_CLOCK_AHEAD_S"
"""Its clock is so many seconds ahead of that of Redis, or behind."""


class _Dying(CeleryPublisher):
    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        dead: Any = self._redis.incr("chaos:died-before-publishing")
        if dead <= int(os.environ[DIES_BEFORE_PUBLISHING]):
            os.kill(os.getpid(), signal.SIGKILL)
        super().publish(outgoing)


def make_odd(app: Any) -> None:
    """Apply what the environment asks for, if anything."""
    if seconds := os.environ.get(VISIBILITY):
        app.conf.broker_transport_options = {
            **app.conf.broker_transport_options,
            "visibility_timeout": int(seconds),
            "unacked_restore_interval": 1,
        }
    if version := os.environ.get(READS_SCHEMA):
        vars(state)["SCHEMA_VERSION"] = int(version)
    if seconds := os.environ.get(STALLED):
        verdict.STALLED_S = float(seconds)
        control_command(args=[("path", str)])(stand_still)
    if seconds := os.environ.get(CLOCK_AHEAD):
        set_clock_ahead(float(seconds))


def odd_publisher(app: Any) -> dict[str, Any]:
    """The publisher of its steps, if it is another one."""
    if DIES_BEFORE_PUBLISHING not in os.environ:
        return {}
    return {"publisher": _Dying(app, redis_client(app.settings))}


def stand_still(_: Any, path: str) -> None:
    """Keep the loop of the worker from everything else for as long as there is a file."""
    while Path(path).exists():
        time.sleep(0.05)


@contextmanager
def only_worker(cluster: Cluster, **variables: str) -> Iterator[str]:
    """One odd worker in place of all that run tools."""
    from tests.chaos.cluster import STARTS_WITHIN_S, WORKERS, arguments  # noqa: PLC0415 # workers import this module

    for name in WORKERS:
        cluster.kill(name)
    odd = WORKERS[0]
    cluster.spawn(odd, *arguments(odd), **variables)
    cluster.eventually(lambda: len(cluster.ready()) == len(WORKERS), within_s=STARTS_WITHIN_S)
    try:
        yield odd
    finally:
        cluster.kill(odd)
        cluster.up()
