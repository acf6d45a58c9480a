"""What a process of the API counts, and the page of all metrics, which any of its processes can write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from socket import gethostname
from time import monotonic
from typing import Any

from redis import Redis

from fluxagents.flows.ports.clock import Clock
from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.amounts import Tally
from fluxagents.workers.observing.metrics.exposition import Reading, SnapshotCollector, write_page
from fluxagents.workers.observing.metrics.node_figures import NodeFigures, figures_key
from fluxagents.workers.observing.metrics.snapshot import Snapshot
from fluxagents.workers.observing.metrics.store_readings import COUNTS_KEY, Queue, StoreReadings
from fluxagents.workers.observing.metrics.worker_figures import add_up_memory, find_room


class ApiMetrics:
    """The metrics of an installation, as its API shows them.

    Several processes may serve, of which a scrape meets one: so each adds what it counts to the store.

    Args:
        redis: A client that decodes its answers.
        prefix: What every key begins with.
        clock: The time of Redis.
        queues: The lanes, with the workers that are live.
        folder: Whose disk is looked at.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        prefix: str,
        clock: Clock,
        queues: Callable[[], Sequence[Queue]],
        folder: Path,
    ) -> None:
        self._redis: Any = redis
        self._prefix = prefix
        self._clock = clock
        self._queues = queues
        self._folder = folder
        self._tally = Tally()
        self._store = StoreReadings(redis, prefix=prefix, clock=clock)

    def note(self, resource: str, method: str, status: int, seconds: float | None) -> None:
        """Count a request; without seconds it was a stream."""
        self._tally.add(m.API_REQUESTS, resource, method, f"{status // 100}xx")
        if seconds is not None:
            self._tally.observe(m.API_SECONDS, resource, ms=round(seconds * 1_000))

    def store(self, listeners: int) -> None:
        """Add what was counted to the store, and say that this process lives.

        Args:
            listeners: How many listen to it now.
        """
        counts = self._tally.take()
        pid = os.getpid()
        disk = find_room(self._folder)
        figures = NodeFigures(
            at_s=self._clock.now_ms() / 1_000,
            node=f"api@{gethostname()}",
            is_worker=False,
            memory_bytes=add_up_memory((pid,)),
            disk_free_bytes=disk.free,
            disk_size_bytes=disk.total,
            listeners=listeners,
        )
        pipe = self._redis.pipeline()
        for series, count in counts.items():
            pipe.hincrby(f"{self._prefix}{COUNTS_KEY}", series, count)
        pipe.hset(figures_key(self._prefix), f"{figures.node}|{pid}", figures.model_dump_json())
        try:
            pipe.execute()
        except BaseException:
            self._tally.give_back(counts)
            raise

    def write(self, accept: str = "") -> tuple[bytes, str]:
        """The page, and its media type."""
        return write_page(self._collect(), accept)

    def take_snapshot(self) -> Snapshot:
        """What the page has, for those who ask it for values."""
        return Snapshot(self._collect().collect())

    def _collect(self) -> SnapshotCollector:
        began = monotonic()
        readings = list(self._store.read(self._queues()))
        return SnapshotCollector(
            self._store.counts(),
            [*readings, *_describe_scrape(monotonic() - began)],
            self._store.exemplars(),
        )


def _describe_scrape(seconds: float) -> Iterator[Reading]:
    yield Reading(m.BUILD, (version("fluxagents"),), 1.0)
    yield Reading(m.SCRAPE_SECONDS, (), seconds)
