"""Models whose loads are counted in Redis."""

from __future__ import annotations

import os
import time
import weakref
from typing import TYPE_CHECKING

from redis import Redis

from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.models.model_store import ModelFiles

if TYPE_CHECKING:
    from cobra import Model

LOADS = "bench:loads"
LOAD_MS = "bench:load-ms"
"""CPU milliseconds of all loads."""
SERVED = "bench:served"
"""Set of the pairs of a process and a model that it used."""

CACHE_VARIABLE = "BENCH_CACHE_BYTES"
"""The cache of each process, if it is another one than by default."""


class CountedModels(ModelFiles):
    """Models of which each load that the cache did not answer is counted."""

    def __init__(self, url: str, cache_bytes: int, redis: Redis) -> None:
        super().__init__(url, cache_bytes=cache_bytes)
        self._redis = redis
        self._last: dict[str, weakref.ref[Model]] = {}

    def load(self, ref: ModelRef) -> Model:
        """As ever."""
        last = self._last.get(ref.digest, lambda: None)()
        began = time.process_time()
        model = super().load(ref)
        self._redis.sadd(SERVED, f"{os.getpid()} {ref.digest}")
        if model is not last:
            self._last[ref.digest] = weakref.ref(model)
            self._redis.incr(LOADS)
            self._redis.incrby(LOAD_MS, round((time.process_time() - began) * 1_000))
        return model
