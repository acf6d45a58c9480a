"""What is written counts when replicas have it, so that a fail-over loses nothing that was acknowledged.

Redis replicates asynchronously: a primary that dies takes with it what it has acknowledged and not passed on.
`WAIT` tells how many replicas have it. A write that too few have stays written, since nobody can take it back
from the primary, and is named in the log: it is lost if the primary dies before a replica catches up.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import NoScriptError

WAIT_MS = 1_000
"""How long a write waits for replicas."""
PROBE_MS = 1
"""The same after one has waited in vain, until replicas have what is written again."""


class Replicas:
    """Sends writes, and waits until replicas have them.

    Args:
        redis: The client of the primary.
        count: How many replicas must have a write; 0 for not waiting at all.
    """

    def __init__(self, redis: Redis, count: int) -> None:
        self._redis = redis
        self._count = count
        self._wait_ms = WAIT_MS

    def run(self, script: Any, key: str, args: Sequence[str | int], *, run: str) -> Any:
        """Run a script that writes something about a run; its answer."""
        if not self._count:
            return script(keys=[key], args=args)
        try:
            return self._run(script, key, args, run)
        except NoScriptError:
            # The connection was lost in between, and another primary took over.
            return self._run(script, key, args, run)

    def _run(self, script: Any, key: str, args: Sequence[str | int], run: str) -> Any:
        # Both go through one connection: `WAIT` speaks of what its own connection has written.
        pipe = self._redis.pipeline(transaction=False)
        script(keys=[key], args=args, client=pipe)
        return self.execute(pipe, runs=[run])[0]

    def execute(self, pipe: Pipeline, *, runs: Sequence[str]) -> list[Any]:
        """Send commands that write something about some runs; their answers."""
        if not self._count or not len(pipe):
            return pipe.execute()
        pipe.wait(self._count, self._wait_ms)
        *answers, having = pipe.execute()
        self._note(having, runs)
        return answers

    def _note(self, having: int, runs: Sequence[str]) -> None:
        if having < self._count:
            self._wait_ms = PROBE_MS
            _open_log().warning(
                "not on replicas yet", runs=list(runs[:10]), replicas=having, wanted=self._count
            )
        elif self._wait_ms == PROBE_MS:
            self._wait_ms = WAIT_MS
            _open_log().info("on replicas again", replicas=having)


def _open_log() -> Any:
    # Commands that only read would import structlog for nothing.
    return import_module("structlog").get_logger("replicas")
