"""APIs and senders that are killed: each key starts one run, and each event arrives under one id."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
from tests.chaos.cluster import Cluster
from tests.chaos.flows import FLOWS
from tests.chaos.test_webhooks import all_delivered, sending, told_of
from tests.support.places import ROOT
from tests.support.webhook_receiver import receive

from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.scheduler.webhooks.signature import create_secret
from fluxagents.workers.host.api.api_ports import build_api_ports
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox

KEYS = 12
SENDERS = 3
"""Clients that send the request of each key at the same time."""
ROUNDS = 3
CREATED, IN_FLIGHT = 201, 409
BACKOFF_S = 0.1


def test_a_killed_api_and_a_killed_sender_lose_and_double_nothing(
    cluster: Cluster, rng: random.Random
) -> None:
    prefix = cluster.settings.key_prefix
    outbox = RedisWebhookOutbox(cluster.redis, prefix=prefix)
    relay = WebhookRelay(RedisEventFeed(cluster.redis, cluster.store, prefix=prefix), outbox, cluster.store)
    port, key = find_port(), create_key(cluster)
    digest = FLOWS["plain"].digest
    with receive() as receiver, httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
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
                with serving(cluster, port) as api, sending(cluster):
                    futures = [(name, threads.submit(start, name)) for name in share]
                    wait_for_some(cluster, futures, rng.randint(1, len(share) - 1))
                    os.killpg(api.pid, signal.SIGKILL)
                answers |= {future: name for name, future in futures}
            with serving(cluster, port), sending(cluster):
                runs = defaultdict(set)
                for future, name in answers.items():
                    runs[name].add(future.result(120))
                cluster.started |= set().union(*runs.values())
                cluster.settle()
                count = 2 * KEYS
                cluster.eventually(lambda: all_delivered(outbox, cluster, count), within_s=60)
        received = list(receiver.received)
        outbox.remove("lab")
        relay.listen()
    assert {name: len(ids) for name, ids in runs.items()} == {f"key-{number}": 1 for number in range(KEYS)}
    started = {run_id for ids in runs.values() for run_id in ids}
    assert {state.run_id for state in cluster.store.runs(session="api-chaos", limit=1_000)} == started
    assert told_of(received) == {(run, end) for run in started for end in ("run.started", "run.finished")}
    bodies = defaultdict(set)
    for each in received:
        bodies[each.id].add(each.body)
        assert each.is_signed_with(secret)
    assert len(bodies) == 2 * KEYS
    assert all(len(different) == 1 for different in bodies.values())


def wait_for_some(cluster: Cluster, futures: list[tuple[str, Future[str]]], count: int) -> None:
    """Until so many of the requests are answered."""
    done: Callable[[], bool] = lambda: sum(future.done() for _, future in futures) >= count  # noqa: E731
    cluster.eventually(done, within_s=60)


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def create_key(cluster: Cluster) -> str:
    """The key of a runner."""
    ports = build_api_ports(cluster.settings)
    ports.client.authority.directory.save(
        Person(name="chaos", grants=(Grant(role=Role.RUNNER),)), before=None
    )
    actor = Actor(name="chaos", channel="process", proof=Proof(kind="os-user", id="0"))
    return str(ports.api_keys.create(ports.client.acting_as(actor).authority)[0])


@contextmanager
def serving(cluster: Cluster, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """An API beside the workers, killed at the end if nobody has killed it before."""
    with (cluster.folder / "api.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.api", "--host=127.0.0.1", f"--port={port}"],
            cwd=ROOT,
            env=cluster.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
