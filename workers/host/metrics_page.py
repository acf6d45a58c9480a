"""The metrics of an installation, put together for the API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from redis import Redis

from fluxagents.workers.celery.live_nodes import live_nodes
from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.observing.metrics.api_metrics import ApiMetrics
from fluxagents.workers.observing.metrics.store_readings import Queue
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.settings import Settings


def open_metrics(settings: Settings, redis: Redis) -> ApiMetrics:
    """The metrics.

    Args:
        settings: Of the installation.
        redis: A client that decodes its answers.
    """
    return ApiMetrics(
        redis,
        prefix=settings.key_prefix,
        clock=RedisClock(redis),
        queues=partial(_list_queues, redis, settings.key_prefix),
        folder=settings.data_dir,
    )


def _list_queues(redis: Redis, prefix: str) -> Sequence[Queue]:
    nodes = live_nodes(redis, prefix)
    return [Queue(name, sum(node.concurrency for node in nodes if name in node.queues)) for name in QUEUES]
