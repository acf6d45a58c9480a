"""The outbox of channels in Redis."""

from __future__ import annotations

from pydantic import TypeAdapter
from redis import Redis

from fluxagents.scheduler.channels.lane import Lane
from fluxagents.workers.redis.triggers.outbox import RedisOutbox

LANE: TypeAdapter[Lane] = TypeAdapter(Lane)


class RedisChannelOutbox(RedisOutbox[Lane]):
    """As `fluxagents.scheduler.channels.lane.ChannelOutbox`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        super().__init__(redis, LANE, family="channel", prefix=prefix)
