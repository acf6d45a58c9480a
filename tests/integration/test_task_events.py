"""What workers tell Flower of their tasks."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from pathlib import Path
from typing import Any

from redis.client import PubSub
from tests.bench.noops import flow
from tests.bench.site import Site, eventually

from fluxagents.flows.events import ToolSucceeded
from fluxagents.workers.celery.queues import TOOLS

DATABASE = 14
RUNS = 100
KINDS = ("task-started", "task-succeeded")


def test_events_leave_in_batches_and_a_worker_that_ends_leaves_none_behind(
    redis_url: str, tmp_path: Path
) -> None:
    site = Site.at(redis_url, DATABASE, tmp_path)
    with site.redis.pubsub() as subscription:  # type: ignore[no-untyped-call] # redis is half typed
        subscription.psubscribe(f"/{DATABASE}.celeryev/task.multi")
        assert subscription.get_message(timeout=5.0)
        runs = site.start(flow(), RUNS)
        with site.worker("tools", queues=TOOLS.queues, concurrency=2):
            # The worker is told to end while it has steps in hand.
            eventually(lambda: site.store.counts()["finished"] > 10, within_s=120)
        messages = read_messages(subscription)
    done = [event for run in runs for event in site.store.events(run) if isinstance(event, ToolSucceeded)]
    told = Counter(event["type"] for events in messages for event in events)
    assert [told[kind] for kind in KINDS] == [len(done)] * len(KINDS)
    assert len(messages) < len(done)


def read_messages(subscription: PubSub) -> list[list[dict[str, Any]]]:
    """The events that have come, a list for each message."""
    messages = []
    while (message := subscription.get_message()) is not None:
        messages.append(json.loads(b64decode(json.loads(message["data"])["body"])))
    return messages
