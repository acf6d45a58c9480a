"""The queues, the pools that serve them, and the order in which a worker takes from its queues."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Literal

BULK = ".bulk"
"""Suffix of the lane for batches and schedules, so that they do not delay somebody who waits."""

BULK_FIRST_EVERY = 16
"""Of so many polls one looks at the bulk lanes first, so that they never starve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A kind of worker: its queues and how it runs their tasks."""

    name: str
    queues: tuple[str, ...]
    kind: Literal["threads", "prefork"]


DECIDE = Pool(name="decide", queues=("decide", "decide.bulk", "human"), kind="threads")
TOOLS = Pool(name="tools", queues=("tools", "tools.bulk"), kind="prefork")
LONG = Pool(name="long", queues=("tools.long",), kind="prefork")
CONTROL = Pool(name="control", queues=("control",), kind="threads")

POOLS = {pool.name: pool for pool in (DECIDE, TOOLS, LONG, CONTROL)}

QUEUES = tuple(queue for pool in POOLS.values() for queue in pool.queues)


class Lanes:
    """Order in which one worker asks its queues: interactive lanes in turn, then bulk lanes in turn.

    kombu builds one per channel (`queue_order_strategy`) and sends the order with each BRPOP.
    """

    def __init__(self) -> None:
        self._queues: list[str] = []
        self._polls = count(1)

    def update(self, queues: list[str]) -> None:
        """Take over the queues that the worker consumes from now."""
        self._queues = list(queues)

    def consume(self, limit: int) -> list[str]:
        """The queues, the one to be emptied first in front."""
        bulk_first = next(self._polls) % BULK_FIRST_EVERY == 0
        return sorted(self._queues, key=lambda queue: queue.endswith(BULK) is not bulk_first)[:limit]

    def rotate(self, last_used: str) -> str:
        """Put the queue that just gave a message behind its peers."""
        if last_used in self._queues:
            self._queues.remove(last_used)
            self._queues.append(last_used)
        return last_used
