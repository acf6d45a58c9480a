"""The webhooks of an installation, for commands, scripts and the API."""

from __future__ import annotations

from redis import Redis

from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.scheduler.webhooks.webhooks import Webhooks
from fluxagents.workers.celery.app import FluxApp
from fluxagents.workers.files.web.web_poster import WebPoster
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox


def open_webhooks(client: RunClient, app: FluxApp, redis: Redis) -> Webhooks:
    """The webhooks where a client is connected, for whoever it acts as."""
    prefix = app.settings.key_prefix
    outbox = RedisWebhookOutbox(redis, prefix=prefix)
    relay = WebhookRelay(RedisEventFeed(redis, client.store, prefix=prefix), outbox, client.store)
    return Webhooks(outbox, relay, WebPoster(app.settings.webhook_hosts), client.authority, app.time)
