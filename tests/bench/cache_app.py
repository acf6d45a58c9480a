"""The worker of the cache benchmark: the real one, with its loads of models counted in Redis."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from redis import Redis

from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.celery.process import Process
from fluxagents.workers.composition import build_process
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.redis.connection import redis_url
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from cobra import Model

LOADS = "bench:loads"
LOAD_MS = "bench:load-ms"
"""CPU milliseconds of all loads."""

CACHE_BYTES = "BENCH_CACHE_BYTES"


class CountedModels(ModelFiles):
    """Models of which each load that the cache did not answer is counted."""

    def __init__(self, url: str, cache_bytes: int, redis: Redis) -> None:
        super().__init__(url, cache_bytes=cache_bytes)
        self._redis = redis
        self._last: dict[str, int] = {}

    def load(self, ref: ModelRef) -> Model:
        """As ever."""
        began = time.process_time()
        model = super().load(ref)
        if self._last.get(ref.digest) != id(model):
            self._last[ref.digest] = id(model)
            self._redis.incr(LOADS)
            self._redis.incrby(LOAD_MS, round((time.process_time() - began) * 1_000))
        return model


def _process(settings: Settings, app: FluxApp) -> Process:
    redis = Redis.from_url(redis_url(settings))
    models = CountedModels(settings.artifact_url, int(os.environ[CACHE_BYTES]), redis)
    return build_process(settings, app, models=models)


def _app() -> Any:
    return create_app(Settings.load(), build_process=_process)


app = _app()
