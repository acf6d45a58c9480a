"""The worker of the benchmarks of many models: the real one, with its loads of models counted."""

from __future__ import annotations

import os
from typing import Any

from redis import Redis
from tests.bench.counted_models import CACHE_VARIABLE, CountedModels

from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.celery.process import Process
from fluxagents.workers.composition import build_process
from fluxagents.workers.models.model_store import CACHE_BYTES
from fluxagents.workers.redis.connection import redis_url
from fluxagents.workers.settings import Settings


def _process(settings: Settings, app: FluxApp) -> Process:
    redis = Redis.from_url(redis_url(settings))
    cache_bytes = int(os.environ.get(CACHE_VARIABLE, CACHE_BYTES))
    return build_process(settings, app, models=CountedModels(settings.artifact_url, cache_bytes, redis))


def _app() -> Any:
    return create_app(Settings.load(), build_process=_process)


app = _app()
