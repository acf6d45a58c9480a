"""APIs and senders that are killed: each key starts one run, and each event arrives under one id."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import httpx2
import pytest
from tests.chaos.cluster import Cluster
from tests.chaos.flows import FLOWS
from tests.chaos.outside import create_key, find_port, run_beside, serve, set_up_lab
from tests.chaos.test_webhooks import SENDER, told_of
from tests.support.webhook_receiver import receive

pytestmark = pytest.mark.long

KEYS = 12
SENDERS = 3
"""Clients that send the request of each key at the same time."""
ROUNDS = 3
CREATED, IN_FLIGHT = 201, 409
BACKOFF_S = 0.1


def test_a_killed_api_and_a_killed_sender_lose_and_double_nothing(
    cluster: Cluster, rng: random.Random
) -> None:
    port, key = find_port(), create_key(cluster)
    digest = FLOWS["plain"].digest
    with (
        receive() as receiver,
        set_up_lab(cluster, receiver.url) as lab,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
    ):

        def start(name: str) -> str:
            """As a careful client: the same request until it is answered."""
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": name}
            body = {"flow": digest, "model": "textbook", "session": "api-chaos"}
            while True:
                try:
                    answer = client.post("/v1/runs", json=body, headers=headers)
                    if answer.status_code == CREATED:
                        return str(answer.json()["run_id"])
                    # It is being carried out, perhaps by a process that is dead.
                    assert answer.status_code == IN_FLIGHT, answer.text
                except httpx2.TransportError:
                    pass
                time.sleep(BACKOFF_S)

        names = [f"key-{number}" for number in range(KEYS) for _ in range(SENDERS)]
        rng.shuffle(names)
        with ThreadPoolExecutor(8) as threads:
            answers: dict[Future[str], str] = {}
            for number in range(ROUNDS):
                share = names[number::ROUNDS]
                with serve(cluster, port) as api, run_beside(cluster, SENDER):
                    futures = [(name, threads.submit(start, name)) for name in share]
                    wait_for_some(cluster, futures, rng.randint(1, len(share) - 1))
                    os.killpg(api.pid, signal.SIGKILL)
                answers |= {future: name for name, future in futures}
            with serve(cluster, port), run_beside(cluster, SENDER):
                runs = defaultdict(set)
                for future, name in answers.items():
                    runs[name].add(future.result(120))
                cluster.started |= set().union(*runs.values())
                cluster.settle()
                cluster.eventually(lambda: lab.has_all(2 * KEYS), within_s=60)
        received = list(receiver.received)
    assert {name: len(ids) for name, ids in runs.items()} == {f"key-{number}": 1 for number in range(KEYS)}
    started = {run_id for ids in runs.values() for run_id in ids}
    assert {state.run_id for state in cluster.store.runs(session="api-chaos", limit=1_000)} == started
    assert told_of(received) == {(run, end) for run in started for end in ("run.started", "run.finished")}
    bodies = defaultdict(set)
    for each in received:
        bodies[each.id].add(each.body)
        assert each.is_signed_with(lab.secret)
    assert len(bodies) == 2 * KEYS
    assert all(len(different) == 1 for different in bodies.values())


def wait_for_some(cluster: Cluster, futures: list[tuple[str, Future[str]]], count: int) -> None:
    """Until so many of the requests are answered."""
    done: Callable[[], bool] = lambda: sum(future.done() for _, future in futures) >= count  # noqa: E731
    cluster.eventually(done, within_s=60)
