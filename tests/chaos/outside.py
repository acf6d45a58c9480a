"""What stands around the workers of an installation: processes to be killed, and a receiver of webhooks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.chaos.cluster import Cluster
from tests.chaos.sender import LEASE_MS
from tests.support.places import ROOT

from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.scheduler.webhooks.signature import create_secret
from fluxagents.workers.host.api.api_ports import build_api_ports
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox


@contextmanager
def run_beside(cluster: Cluster, module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process beside the workers, killed at the end if nobody has killed it before."""
    with (cluster.folder / f"{module.rpartition('.')[2]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
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


def serve(cluster: Cluster, port: int) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """An API beside the workers."""
    return run_beside(cluster, "tests.chaos.api", "--host=127.0.0.1", f"--port={port}")


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Lab:
    """A receiver of the starts and ends of runs."""

    cluster: Cluster
    outbox: RedisWebhookOutbox
    secret: str

    def has_all(self, count: int) -> bool:
        """Whether it has so many messages and none is on its way; what is to be tried later is made due."""
        due = f"{self.cluster.settings.key_prefix}webhook:lab:due"
        later_ms = SystemClock().now_ms() + 2 * LEASE_MS
        members: list[bytes] = self.cluster.redis.zrangebyscore(due, later_ms, "+inf")  # type: ignore[assignment]
        for member in members:
            self.cluster.redis.zadd(due, {member: 0}, xx=True)
        messages = self.outbox.messages("lab", limit=1_000)
        return len(messages) == count and all(message.status == "delivered" for message in messages)


@contextmanager
def set_up_lab(cluster: Cluster, url: str) -> Iterator[Lab]:
    """The webhook `lab` until the block ends."""
    prefix, secret = cluster.settings.key_prefix, create_secret()
    outbox = RedisWebhookOutbox(cluster.redis, prefix=prefix)
    relay = WebhookRelay(RedisEventFeed(cluster.redis, cluster.store, prefix=prefix), outbox, cluster.store)
    outbox.add(
        Endpoint(
            name="lab",
            url=f"{url}/hooks",
            events=("run.started", "run.finished"),
            secrets=(Secret(text=secret),),
            owner="ada",
            created_ms=1,
        )
    )
    relay.listen()
    try:
        yield Lab(cluster, outbox, secret)
    finally:
        outbox.remove("lab")
        relay.listen()


def create_key(cluster: Cluster) -> str:
    """The key of a runner."""
    ports = build_api_ports(cluster.settings)
    ports.client.authority.directory.save(
        Person(name="chaos", grants=(Grant(role=Role.RUNNER),)), before=None
    )
    actor = Actor(name="chaos", channel="process", proof=Proof(kind="os-user", id="0"))
    return str(ports.api_keys.create(ports.client.acting_as(actor).authority)[0])
