"""The triggers of an installation, for commands, scripts and the API."""

from __future__ import annotations

from redis import Redis

from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.workers.celery.app import FluxApp
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger
from fluxagents.workers.redis.triggers.trigger_book import RedisTriggerBook


def open_triggers(client: RunClient, app: FluxApp, redis: Redis) -> Triggers:
    """The triggers where a client is connected, for whoever it acts as."""
    prefix = app.settings.key_prefix
    book = RedisTriggerBook(redis, prefix=prefix)
    feed = RedisEventFeed(redis, client.store, prefix=prefix)
    ledger = RedisFiringLedger(redis, prefix=prefix)
    return Triggers(client, book, TriggerEngine(client, book, ledger, feed, app.time), app.time)
