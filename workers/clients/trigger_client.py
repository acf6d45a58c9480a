"""The triggers of an installation, for commands, scripts and the API."""

from __future__ import annotations

from redis import Redis

from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.triggers.deliveries import Deliveries
from fluxagents.scheduler.triggers.intake.reception import Reception
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.workers.celery.app import FluxApp
from fluxagents.workers.files.folder_listing import FolderListing
from fluxagents.workers.redis.triggers.delivery_box import RedisDeliveryBox
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger
from fluxagents.workers.redis.triggers.trigger_book import RedisTriggerBook
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox


def open_triggers(client: RunClient, app: FluxApp, redis: Redis) -> Triggers:
    """The triggers where a client is connected, for whoever it acts as."""
    prefix = app.settings.key_prefix
    book = RedisTriggerBook(redis, prefix=prefix)
    box = RedisDeliveryBox(redis, prefix=prefix)
    feed = RedisEventFeed(redis, client.store, prefix=prefix)
    ledger = RedisFiringLedger(redis, prefix=prefix)
    engine = TriggerEngine(client, book, ledger, feed, box=box, clock=app.time)
    endpoints = RedisWebhookOutbox(redis, prefix=prefix)
    return Triggers(
        client, book, engine, box=box, endpoints=endpoints, reader=FolderListing(), clock=app.time
    )


def open_deliveries(client: RunClient, app: FluxApp, redis: Redis) -> Deliveries:
    """What was posted for triggers, for whoever a client acts as."""
    box = RedisDeliveryBox(redis, prefix=app.settings.key_prefix)
    return Deliveries(client, open_triggers(client, app, redis), box, app.time)


def open_reception(app: FluxApp, redis: Redis) -> Reception:
    """The door for what is posted."""
    prefix = app.settings.key_prefix
    return Reception(RedisTriggerBook(redis, prefix=prefix), RedisDeliveryBox(redis, prefix=prefix), app.time)
