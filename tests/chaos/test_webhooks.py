"""Senders of webhooks that are killed: every event arrives, under one id, with the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.cluster import Cluster
from tests.chaos.sender import LEASE_MS
from tests.support.places import ROOT
from tests.support.webhook_receiver import Received, Receiver, receive

from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.scheduler.webhooks.signature import create_secret
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox

RUNS = 12
ROUNDS = 4


@contextmanager
def sending(cluster: Cluster) -> Iterator[subprocess.Popen[bytes]]:
    """A sender beside the workers, killed at the end."""
    with (cluster.folder / "sender.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.sender"],
            cwd=ROOT,
            env=cluster.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def test_a_sender_that_is_killed_loses_no_event_and_changes_no_byte(
    cluster: Cluster, rng: random.Random
) -> None:
    prefix = cluster.settings.key_prefix
    outbox = RedisWebhookOutbox(cluster.redis, prefix=prefix)
    relay = WebhookRelay(RedisEventFeed(cluster.redis, cluster.store, prefix=prefix), outbox, cluster.store)
    with receive() as receiver:
        secret = create_secret()
        outbox.add(
            Endpoint(
                name="lab",
                url=f"{receiver.url}/hooks",
                events=("run.started", "run.finished"),
                secrets=(Secret(text=secret),),
                owner="ada",
                created_ms=1,
            )
        )
        relay.listen()
        # Some answers come, some are an error, so that senders die at every point of an attempt.
        receiver.answer = lambda _: (rng.choice([200, 200, 500]), {})
        runs = [one.run_id for one in cluster.start("plain", RUNS)]
        cluster.settle()
        for _ in range(ROUNDS):
            # There is always something to send; its bytes stay the same.
            for message in outbox.messages("lab", limit=1_000):
                outbox.resend("lab", message.id)
            with sending(cluster):
                wait_for_requests(cluster, receiver, rng.randint(1, 4))
        receiver.answer = lambda _: (200, {})
        with sending(cluster):
            cluster.eventually(lambda: all_delivered(outbox, cluster), within_s=60)
        received = list(receiver.received)
        outbox.remove("lab")
        relay.listen()
    assert told_of(received) == {(run, end) for run in runs for end in ("run.started", "run.finished")}
    bodies = defaultdict(set)
    for each in received:
        bodies[each.id].add(each.body)
        assert each.is_signed_with(secret)
    assert len(bodies) == 2 * RUNS
    assert all(len(different) == 1 for different in bodies.values())


def wait_for_requests(cluster: Cluster, receiver: Receiver, count: int) -> None:
    """Until so many more have come."""
    seen = len(receiver.received)
    cluster.eventually(lambda: len(receiver.received) >= seen + count, within_s=60)


def all_delivered(outbox: RedisWebhookOutbox, cluster: Cluster, count: int = 2 * RUNS) -> bool:
    """Whether nothing is on its way; what is to be tried later is made due."""
    due = f"{cluster.settings.key_prefix}webhook:lab:due"
    later_ms = SystemClock().now_ms() + 2 * LEASE_MS
    members: list[bytes] = cluster.redis.zrangebyscore(due, later_ms, "+inf")  # type: ignore[assignment]
    for member in members:
        cluster.redis.zadd(due, {member: 0}, xx=True)
    messages = outbox.messages("lab", limit=1_000)
    return len(messages) == count and all(message.status == "delivered" for message in messages)


def told_of(received: list[Received]) -> set[tuple[str, str]]:
    return {(each.document["data"]["run_id"], each.document["type"]) for each in received}
