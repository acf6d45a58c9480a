"""What a process says about itself with each heartbeat: whoever scrapes need not reach it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.exposition import Reading

STALE_S = 30.0
"""Figures that are older are those of a process that has gone."""


def figures_key(prefix: str) -> str:
    """Key of the hash process -> its figures as JSON."""
    return f"{prefix}figures"


class NodeFigures(BaseModel):
    """The figures of one process; a worker gives all of them, the API some."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    at_s: float
    """When they were taken, by the clock of Redis (Unix time)."""
    node: str
    """The name of the process for people, without what is new with each start."""
    is_worker: bool = True
    ready: bool = True
    slots: int = 0
    active: int = 0
    oldest_task_s: float = 0.0
    task_limit_s: float = 0.0
    poll_age_s: float = 0.0
    dropped_queues: tuple[str, ...] = ()
    """Those from which remote control has told it to take no more."""
    memory_bytes: int = 0
    disk_free_bytes: int = 0
    disk_size_bytes: int = 0
    clock_offset_s: float = 0.0
    listeners: int = 0

    def readings(self) -> Iterator[Reading]:
        """Them as metrics."""
        labels = (self.node,)
        yield Reading(m.NODE_MEMORY, labels, self.memory_bytes)
        yield Reading(m.NODE_DISK_FREE, labels, self.disk_free_bytes)
        yield Reading(m.NODE_DISK_SIZE, labels, self.disk_size_bytes)
        if not self.is_worker:
            yield Reading(m.API_LISTENERS, labels, self.listeners)
            return
        yield Reading(m.NODE_CLOCK_OFFSET, labels, self.clock_offset_s)
        yield Reading(m.NODE_UP, labels, float(self.ready))
        yield Reading(m.NODE_SLOTS, labels, self.slots)
        yield Reading(m.NODE_ACTIVE, labels, self.active)
        yield Reading(m.NODE_OLDEST_TASK, labels, self.oldest_task_s)
        yield Reading(m.NODE_TASK_LIMIT, labels, self.task_limit_s)
        yield Reading(m.NODE_POLL_AGE, labels, self.poll_age_s)


def add_up_processes(live: Iterable[NodeFigures]) -> list[NodeFigures]:
    """One for each name: the API may serve from several processes of a machine, which share its disk."""
    by_node: dict[str, NodeFigures] = {}
    for figures in sorted(live, key=lambda each: each.at_s):
        before = by_node.get(figures.node)
        if before is not None and not figures.is_worker:
            sums = {
                "memory_bytes": before.memory_bytes + figures.memory_bytes,
                "listeners": before.listeners + figures.listeners,
            }
            by_node[figures.node] = figures.model_copy(update=sums)
        else:
            # A worker that has just ended, and the one that has its name now.
            by_node[figures.node] = figures
    return list(by_node.values())


def read_figures(stored: Mapping[str, str], now_s: float) -> tuple[list[NodeFigures], list[str]]:
    """The figures of live processes, and the names of those that have gone.

    Args:
        stored: The hash.
        now_s: The time of Redis.
    """
    live, gone = [], []
    for process, text in sorted(stored.items()):
        try:
            figures = NodeFigures.model_validate(json.loads(text))
        except (ValueError, ValidationError):
            gone.append(process)
            continue
        if now_s - figures.at_s > STALE_S:
            gone.append(process)
        else:
            live.append(figures)
    return live, gone
