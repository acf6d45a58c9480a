"""A process that tells receivers of events until it is killed: `python -m tests.chaos.sender`."""

from __future__ import annotations

import time

from fluxagents.scheduler.outbox import courier
from fluxagents.scheduler.outbox.courier import Courier
from fluxagents.scheduler.webhooks.poster import build_carrier
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.workers.files.web.web_poster import WebPoster
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.connection import connect
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox
from fluxagents.workers.settings import Settings

LEASE_MS = 500
"""Instead of a minute."""


def main() -> None:
    settings = Settings.load()
    redis = connect(settings, decode_responses=False)
    store = RedisRunStore(redis, prefix=settings.key_prefix)
    outbox = RedisWebhookOutbox(redis, prefix=settings.key_prefix)
    relay = WebhookRelay(RedisEventFeed(redis, store, prefix=settings.key_prefix), outbox, store)
    sender = Courier(outbox, build_carrier(WebPoster(settings.webhook_hosts), SystemClock()), SystemClock())
    courier.LEASE_MS = LEASE_MS
    while True:
        relay.relay()
        sender.deliver()
        time.sleep(0.05)


if __name__ == "__main__":
    main()
