"""The outbox of webhooks in Redis."""

from __future__ import annotations

from pydantic import TypeAdapter
from redis import Redis

from fluxagents.scheduler.webhooks.endpoint import Endpoint
from fluxagents.workers.redis.triggers.outbox import RedisOutbox

ENDPOINT: TypeAdapter[Endpoint] = TypeAdapter(Endpoint)


class RedisWebhookOutbox(RedisOutbox[Endpoint]):
    """As `fluxagents.scheduler.webhooks.endpoint_book.WebhookOutbox`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        super().__init__(redis, ENDPOINT, family="webhook", prefix=prefix)
