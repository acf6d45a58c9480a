"""The run store of an installation, for whoever only looks: it needs neither Celery nor a client."""

from __future__ import annotations

from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.run_store import RedisRunStore
from fluxagents.workers.settings import Settings


def open_run_store(settings: Settings) -> RedisRunStore:
    """The runs of this installation, those included that have left Redis.

    Raises:
        FluxError: If Redis cannot be reached or refuses the password.
    """
    redis = connection.connect(settings, decode_responses=False)
    return RedisRunStore(redis, prefix=settings.key_prefix, archive=Archive(settings.artifact_url))
