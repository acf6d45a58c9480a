"""The triggers of an installation, for commands and scripts."""

from __future__ import annotations

from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.workers.clients.client import Client
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger
from fluxagents.workers.redis.triggers.trigger_book import RedisTriggerBook


def open_triggers(client: Client) -> Triggers:
    """The triggers where a client is connected."""
    prefix, clock = client.settings.key_prefix, RedisClock(client.redis)
    book = RedisTriggerBook(client.redis, prefix=prefix)
    feed = RedisEventFeed(client.redis, client.store, prefix=prefix)
    ledger = RedisFiringLedger(client.redis, prefix=prefix)
    return Triggers(client, book, TriggerEngine(client, book, ledger, feed, clock), clock)
