"""Says how what listens to a channel is doing."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import structlog
from redis.exceptions import RedisError

from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.channels.channel_book import ChannelBook, ChannelHealth

SAY_EVERY_S = 30.0
"""How often a listener that waits says how it is."""

Listen = Callable[[Event], None]
"""Listens until the event is set."""

log = structlog.get_logger("listener")


class HealthNotes:
    """Says how a listener is; each change is a line in the log.

    Args:
        name: Of what is listened to.
        book: Where it is said.
        clock: The time.
    """

    def __init__(self, name: str, book: ChannelBook, clock: Clock) -> None:
        self._name = name
        self._book = book
        self._clock = clock
        self._last: str | None = None

    def say(self, problem: str = "", *, note: str = "") -> None:
        """Say that it is well, or what its problem is; where Redis is away nobody can be told."""
        if problem != self._last:
            tell = log.warning if problem else log.info
            tell("listens" if not problem else "cannot listen", to=self._name, why=problem)
            self._last = problem
        try:
            health = ChannelHealth(at_ms=self._clock.now_ms(), is_well=not problem, note=problem or note)
            self._book.note_health(self._name, health)
        except RedisError as error:
            log.warning("nobody can be told", to=self._name, why=str(error))
