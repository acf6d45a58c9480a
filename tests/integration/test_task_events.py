"""What workers tell Flower of their tasks."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from pathlib import Path
from typing import Any

from redis.client import PubSub
from tests.bench.noops import STEPS, flow
from tests.bench.site import Site, eventually

from fluxagents.workers.celery.queues import TOOLS

DATABASE = 14
RUNS = 12


def test_events_leave_in_batches_and_none_is_left_behind_by_a_worker_that_ends(
    redis_url: str, tmp_path: Path
) -> None:
    site = Site.at(redis_url, DATABASE, tmp_path)
    with site.redis.pubsub() as subscription:
        subscription.psubscribe(f"/{DATABASE}.celeryev/task.multi")
        assert subscription.get_message(timeout=5.0)
        runs = site.start(flow(), RUNS)
        with site.worker("tools", queues=TOOLS.queues, concurrency=2):
            # The worker is told to end while it holds events back.
            eventually(lambda: site.store.counts()["finished"] == RUNS, within_s=60, every_s=0.01)
        messages = read_messages(subscription)
    tasks = {f"run-{run}.{step}.1" for run in runs for step in range(1, STEPS + 1)}
    told = Counter((event["type"], event["uuid"]) for events in messages for event in events)
    kinds = ("task-received", "task-started", "task-succeeded")
    assert told == Counter((kind, task) for kind in kinds for task in tasks)
    assert len(messages) < len(tasks)


def read_messages(subscription: PubSub) -> list[list[dict[str, Any]]]:
    """The events that have come, a list for each message."""
    messages = []
    while (message := subscription.get_message()) is not None:
        messages.append(json.loads(b64decode(json.loads(message["data"])["body"])))
    return messages
