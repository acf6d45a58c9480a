"""Blocking calls beside an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Executor
from functools import partial
from typing import ParamSpec, TypeVar

from fluxagents.workers.clients.completion import Look, RunLooks, look_until_complete

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Carries out blocking calls in other threads, so that the event loop goes on.

    Args:
        executor: Its threads; those of the event loop when None.
    """

    def __init__(self, executor: Executor | None = None) -> None:
        self._executor = executor

    async def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns or raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(function, *args, **kwargs))

    async def look_until_complete(
        self, store: RunLooks, runs: Iterable[str], *, timeout_s: float | None
    ) -> AsyncIterator[Look]:
        """As the function of this name; waits between two looks."""
        looks = look_until_complete(store, runs, timeout_s=timeout_s)
        while (look := await self.call(next, looks, None)) is not None:
            yield look
            await asyncio.sleep(look.pause_s)
