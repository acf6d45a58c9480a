"""What workers tell Flower of their tasks."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from redis.client import PubSub
from tests.bench.noops import flow
from tests.bench.site import Site, eventually

from fluxagents.flows.events import ToolSucceeded
from fluxagents.workers.celery.queues import TOOLS

DATABASE = 14
RUNS = 100
WITHIN_S = 120
KINDS = ("task-started", "task-succeeded")

Events = list[dict[str, Any]]


def test_events_leave_in_batches_and_a_worker_that_ends_leaves_none_behind(
    redis_url: str, tmp_path: Path
) -> None:
    site = Site.at(redis_url, DATABASE, tmp_path)
    with subscribe(site, "task.multi") as subscription:
        runs = site.start(flow(), RUNS)
        with site.worker("tools", queues=TOOLS.queues, concurrency=2):
            # The worker is told to end while it has steps in hand.
            eventually(lambda: site.store.counts()["finished"] > 10, within_s=WITHIN_S)
        messages = read_messages(subscription)
    done = count_tools(site, runs)
    assert count_events(messages) == [done] * len(KINDS)
    assert len(messages) < done


@pytest.mark.long
def test_a_task_that_lies_before_its_process_when_the_worker_ends_has_its_events(
    redis_url: str, tmp_path: Path
) -> None:
    site = Site.at(redis_url, DATABASE, tmp_path)
    messages: list[Events] = []
    with subscribe(site, "worker.online", "task.multi", "worker.offline") as subscription:

        def wait_for(kind: str) -> None:
            def has_come() -> bool:
                messages.extend(read_messages(subscription))
                return any(event["type"] == kind for events in messages for event in events)

            eventually(has_come, within_s=WITHIN_S)

        with site.worker("tools", queues=TOOLS.queues) as pid:
            wait_for("worker-online")
            worker = psutil.Process(pid)
            (child,) = worker.children()
            child.suspend()
            runs = site.start(flow(1), 1)
            # It leaves later than the task itself goes to the process.
            wait_for("task-received")
            worker.terminate()
            wait_for("worker-offline")
            child.resume()
        messages.extend(read_messages(subscription))
    assert count_tools(site, runs) == 1
    assert count_events(messages) == [1] * len(KINDS)


@contextmanager
def subscribe(site: Site, *keys: str) -> Iterator[PubSub]:
    """The events of these routing keys, from now on."""
    with site.redis.pubsub() as subscription:  # type: ignore[no-untyped-call] # redis is half typed
        for key in keys:
            subscription.psubscribe(f"/{DATABASE}.celeryev/{key}")
            assert subscription.get_message(timeout=5.0)
        yield subscription


def read_messages(subscription: PubSub) -> list[Events]:
    """The events that have come, a list for each message."""
    messages = []
    while (message := subscription.get_message()) is not None:
        body = json.loads(b64decode(json.loads(message["data"])["body"]))
        messages.append(body if isinstance(body, list) else [body])
    return messages


def count_events(messages: Sequence[Events]) -> list[int]:
    """How many there are of each kind."""
    told = Counter(event["type"] for events in messages for event in events)
    return [told[kind] for kind in KINDS]


def count_tools(site: Site, runs: Sequence[str]) -> int:
    """How many calls of tools are recorded."""
    return sum(isinstance(event, ToolSucceeded) for run in runs for event in site.store.events(run))
