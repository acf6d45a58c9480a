"""The queues, the pools that serve them, and the order in which a worker takes from its queues."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Literal

from fluxagents.flows.engine.lanes import BULK, NEW
from fluxagents.workers.observing.metrics.worker_figures import PollWatch

BULK_FIRST_EVERY = 16
"""Of so many polls one looks at the bulk lanes first, so that they never starve."""

NEW_FIRST_EVERY = 4
"""Of so many polls one looks at the first steps of interactive runs before later ones: somebody waits."""

NEW_BULK_FIRST_EVERY = 15
"""The same of bulk runs. It has no divisor in common with `BULK_FIRST_EVERY`, so that some of the polls that
look at the bulk lanes first look at first steps there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A kind of worker: its queues and how it runs their tasks."""

    name: str
    queues: tuple[str, ...]
    kind: Literal["threads", "prefork"]


def _lanes(queue: str, *suffixes: str) -> tuple[str, ...]:
    """The lanes of a queue, each with the one for first steps."""
    return tuple(f"{queue}{suffix}{new}" for suffix in ("", *suffixes) for new in ("", NEW))


DECIDE = Pool(name="decide", queues=(*_lanes("decide", BULK), "human"), kind="threads")
TOOLS = Pool(name="tools", queues=_lanes("tools", BULK), kind="prefork")
LONG = Pool(name="long", queues=_lanes("tools.long"), kind="prefork")
CONTROL = Pool(name="control", queues=("control",), kind="threads")

POOLS = {pool.name: pool for pool in (DECIDE, TOOLS, LONG, CONTROL)}

POLLS = PollWatch()
"""Of this process: kombu builds its lanes by itself and hands them to nobody."""

QUEUES = tuple(queue for pool in POOLS.values() for queue in pool.queues)


class Lanes:
    """Order in which one worker asks its queues.

    Interactive lanes come before bulk lanes, and within both, runs that are under way before first steps.
    Lanes of one rank take turns.

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
        POLLS.note()
        poll = next(self._polls)
        return sorted(self._queues, key=lambda queue: rank_lane(queue, poll))[:limit]

    def rotate(self, last_used: str) -> str:
        """Put the queue that just gave a message behind its peers."""
        if last_used in self._queues:
            self._queues.remove(last_used)
            self._queues.append(last_used)
        return last_used


def rank_lane(queue: str, poll: int) -> tuple[bool, bool]:
    """The place of a queue at this poll, counted from 1; the lowest is asked first."""
    is_bulk, is_new = BULK in queue, queue.endswith(NEW)
    bulk_first = poll % BULK_FIRST_EVERY == 0
    new_first = poll % (NEW_BULK_FIRST_EVERY if is_bulk else NEW_FIRST_EVERY) == 0
    return is_bulk is not bulk_first, is_new is not new_first
