"""Senders of webhooks that are killed: every event arrives, under one id, with the same bytes."""

from __future__ import annotations

import random
from collections import defaultdict

from tests.chaos.cluster import Cluster
from tests.chaos.outside import run_beside, set_up_lab
from tests.support.webhook_receiver import Received, Receiver, receive

SENDER = "tests.chaos.sender"
RUNS = 12
ROUNDS = 4


def test_a_sender_that_is_killed_loses_no_event_and_changes_no_byte(
    cluster: Cluster, rng: random.Random
) -> None:
    with receive() as receiver, set_up_lab(cluster, receiver.url) as lab:
        # Some answers come, some are an error, so that senders die at every point of an attempt.
        receiver.answer = lambda _: (rng.choice([200, 200, 500]), {})
        runs = [one.run_id for one in cluster.start("plain", RUNS)]
        cluster.settle()
        for _ in range(ROUNDS):
            # There is always something to send; its bytes stay the same.
            for message in lab.outbox.messages("lab", limit=1_000):
                lab.outbox.resend("lab", message.id)
            with run_beside(cluster, SENDER):
                wait_for_requests(cluster, receiver, rng.randint(1, 4))
        receiver.answer = lambda _: (200, {})
        with run_beside(cluster, SENDER):
            cluster.eventually(lambda: lab.has_all(2 * RUNS), within_s=60)
        received = list(receiver.received)
    assert told_of(received) == {(run, end) for run in runs for end in ("run.started", "run.finished")}
    bodies = defaultdict(set)
    for each in received:
        bodies[each.id].add(each.body)
        assert each.is_signed_with(lab.secret)
    assert len(bodies) == 2 * RUNS
    assert all(len(different) == 1 for different in bodies.values())


def wait_for_requests(cluster: Cluster, receiver: Receiver, count: int) -> None:
    """Until so many more have come."""
    seen = len(receiver.received)
    cluster.eventually(lambda: len(receiver.received) >= seen + count, within_s=60)


def told_of(received: list[Received]) -> set[tuple[str, str]]:
    return {(each.document["data"]["run_id"], each.document["type"]) for each in received}
