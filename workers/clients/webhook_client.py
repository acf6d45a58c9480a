"""The webhooks of an installation, for commands and scripts."""

from __future__ import annotations

from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.scheduler.webhooks.webhooks import Webhooks
from fluxagents.workers.clients.client import Client
from fluxagents.workers.files.web_poster import WebPoster
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox


def open_webhooks(client: Client) -> Webhooks:
    """The webhooks where a client is connected."""
    prefix = client.settings.key_prefix
    outbox = RedisWebhookOutbox(client.redis, prefix=prefix)
    relay = WebhookRelay(RedisEventFeed(client.redis, client.store, prefix=prefix), outbox, client.store)
    poster = WebPoster(client.settings.webhook_hosts)
    return Webhooks(outbox, relay, poster, client.authority, RedisClock(client.redis))
