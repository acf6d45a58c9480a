"""What others post, while the API and the worker that starts runs are killed: one run for each delivery."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from urllib.request import Request, urlopen

import pytest
from tests.chaos.cluster import Cluster
from tests.chaos.flows import POSTED
from tests.support.places import ROOT

from fluxagents.scheduler.triggers.event_trigger import EventTrigger, WebhookSource
from fluxagents.scheduler.webhooks.endpoint import Secret
from fluxagents.scheduler.webhooks.signature import build_headers, create_secret
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.triggers.delivery_box import RedisDeliveryBox
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger
from fluxagents.workers.redis.triggers.trigger_book import RedisTriggerBook

pytestmark = pytest.mark.long

DELIVERIES = 24
KILLS = 3
NAME = "posted"


class Doorway:
    """An API process that can be killed, on one port."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        with (self._cluster.folder / "api.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fluxagents.workers.cli", "api", "--port", str(self.port)],
                cwd=ROOT,
                env=self._cluster.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)


@contextmanager
def serving(cluster: Cluster) -> Iterator[Doorway]:
    door = Doorway(cluster)
    door.open()
    try:
        yield door
    finally:
        door.kill()


class Sender:
    """Posts every delivery until it is taken, and then once more, as senders do whose answer was lost."""

    def __init__(self, port: int, secret: str) -> None:
        self._address = f"http://127.0.0.1:{port}/v1/hooks/{NAME}"
        self._secret = secret
        self.taken = 0
        self.answers: Counter[str] = Counter()
        self.stop = threading.Event()

    def run(self) -> None:
        for number in range(DELIVERIES):
            for _ in range(2):
                while not self._post(number) and not self.stop.wait(0.1):
                    pass
            self.taken += 1

    def _post(self, number: int) -> bool:
        body = json.dumps({"number": number}).encode()
        headers = build_headers([self._secret], f"msg_{number}", SystemClock().now_ms() // 1_000, body)
        request = Request(self._address, body, {"content-type": "application/json", **headers})
        try:
            with urlopen(request, timeout=10) as answer:
                self.answers[answer.read().decode()] += 1
                return bool(answer.status == 202)
        except (OSError, HTTPException):
            return False


def test_a_delivery_starts_one_run_whoever_is_killed(cluster: Cluster, rng: random.Random) -> None:
    prefix, secret = cluster.settings.key_prefix, create_secret()
    book = RedisTriggerBook(cluster.redis, prefix=prefix)
    box = RedisDeliveryBox(cluster.redis, prefix=prefix)
    ledger = RedisFiringLedger(cluster.redis, prefix=prefix)
    trigger = EventTrigger(
        name=NAME,
        source=WebhookSource(),
        flow=POSTED.digest,
        model="e_coli_core",
        expressions={"number": "payload.number"},
        created_ms=SystemClock().now_ms(),
    )
    box.keep_secrets(NAME, [Secret(text=secret)])
    book.add(trigger)
    with serving(cluster) as door:
        sender = Sender(door.port, secret)
        posting = threading.Thread(target=sender.run)
        posting.start()
        try:
            for part in range(1, KILLS + 1):
                # A different one of the two each time, between the same two deliveries as often as not.
                cluster.eventually(
                    lambda part=part: sender.taken >= part * DELIVERIES // (KILLS + 1),  # type: ignore[misc]
                    within_s=120,
                )
                if rng.random() < 0.5:
                    door.kill()
                    door.open()
                cluster.kill("control")
                cluster.ensure("control")
            cluster.eventually(lambda: sender.taken == DELIVERIES, within_s=120)
        finally:
            sender.stop.set()
            posting.join(20)
    cluster.eventually(
        lambda: all(each.status == "started" for each in box.list(NAME, limit=100)), within_s=120
    )
    runs = cluster.store.runs(session=trigger.session, limit=1_000)
    cluster.started |= {run.run_id for run in runs}
    cluster.settle()
    deliveries = Counter(run.trigger.delivery for run in runs if run.trigger)
    assert deliveries == Counter({f"msg_{number}": 1 for number in range(DELIVERIES)})
    assert {run.inputs["number"] for run in runs} == set(range(DELIVERIES))
    assert len(sender.answers) == DELIVERIES, "the same delivery gets the same answer"
    book.remove(NAME)
    box.forget(NAME)
    ledger.forget(trigger.session)
