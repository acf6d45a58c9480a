"""The run store of an installation: the one way to make it."""

from __future__ import annotations

from functools import cache

from redis import Redis

from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.observing.metrics.amounts import Tally
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.settings import Settings


def build_store(settings: Settings, redis: Redis, tally: Tally | None = None) -> RedisRunStore:
    """The truth about runs, those included that have left Redis.

    Args:
        settings: Of the installation.
        redis: A client that returns bytes.
        tally: What this process counts beside its steps.
    """
    return RedisRunStore(
        redis,
        prefix=settings.key_prefix,
        archive=Archive(settings.artifact_url),
        replicas=settings.min_replicas,
        prices=cache(lambda: load_prices(settings)),
        tally=tally,
    )


def open_run_store(settings: Settings) -> RedisRunStore:
    """The same over a connection of its own, for whoever only looks: it needs neither Celery nor a client.

    Raises:
        FluxError: If Redis cannot be reached or refuses the password.
    """
    return build_store(settings, connection.connect(settings, decode_responses=False))
