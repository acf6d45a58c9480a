"""Each of ten faults makes its alert fire and no other, a panel shows it, and its runbook ends it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from tests.chaos import tools
from tests.chaos.cluster import STARTS_WITHIN_S, WORKERS, Cluster, arguments
from tests.chaos.humans import client_of
from tests.chaos.odd_worker import CLOCK_AHEAD
from tests.chaos.outside import create_key, find_port, run_beside, serve, set_up_lab
from tests.chaos.prometheus import PACE, Prometheus, watching
from tests.chaos.test_chat_models import decide_workers
from tests.support.chat_endpoint import calling, refused, serving
from tests.support.places import ROOT
from tests.support.small_disk import small_disk
from tests.support.waiting import eventually
from tests.support.webhook_receiver import receive

from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.monitoring.alerts import ALERTS
from fluxagents.workers.observing.monitoring.dashboards import WINDOW, Panel, list_dashboards

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ONE, TWO = WORKERS
SLOTS = 4
"""Of both workers."""
SOFT_LIMIT_S = 5
DISK_MB, BALLAST = 1_200, 320 * 10**6
"""Below 1 GB is nearly full, whatever the size of the disk."""
REDIS_BALLAST = 32 * 2**20
GIVE_UP_S = 180.0
"""What takes a minute takes longer on a busy machine."""

RUNBOOKS = {alert.name: ROOT / alert.runbook for alert in ALERTS}
QUERIES = {
    panel.title: panel.queries[0]
    for board in list_dashboards()
    for panel in board.panels
    if isinstance(panel, Panel)
}


@dataclass(frozen=True)
class Stage:
    """A running installation with its API."""

    cluster: Cluster
    port: int
    key: str

    def respawn(self, name: str, **variables: str) -> None:
        """Start a worker again with other settings."""
        self.cluster.kill(name)
        self.cluster.spawn(name, *arguments(name), **variables)
        self.cluster.up()

    @property
    def beat_lock(self) -> str:
        """The key of what the beat that ticks holds."""
        return f"{self.cluster.settings.key_prefix}redbeat::lock"

    def has_beat(self) -> bool:
        """Whether a beat ticks."""
        return bool(self.cluster.redis.exists(self.beat_lock))

    def carry_out(self, alert: str, command: str, *words: str) -> None:
        """Do at the command line what the runbook of an alert says."""
        assert f"fluxagents {command} " in RUNBOOKS[alert].read_text(), f"{alert}: {command}"
        subprocess.run(
            [sys.executable, "-m", "fluxagents.workers.cli", *command.split(), *words],
            cwd=ROOT,
            env=self.cluster.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )


Injection = Callable[[Stage], Generator[None]]
"""Injects a fault up to its first `yield`, mends it up to its second, and then puts back what is left."""


@dataclass(frozen=True)
class Fault:
    """What is done, and where it is seen."""

    inject: Injection
    panel: str
    """Its title."""
    condition: str
    """What the panel's query shows while the fault lasts, and at no other time."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the series that shows it."""

    def is_seen(self, prometheus: Prometheus) -> bool:
        """Whether the panel shows it."""
        series = prometheus.query(f"({QUERIES[self.panel].replace(WINDOW, '5m')}) {self.condition}")
        return any(self.labels.items() <= labels.items() for labels, _ in series)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with small_disk(tmp_path_factory.mktemp("alerts") / "disk", megabytes=DISK_MB) as disk:
        cluster = Cluster(disk)
        try:
            cluster.up()
            assert client_of(cluster).authority.actor.name, "its first person, before others are added"
            key = create_key(cluster)
            with serve(cluster, port := find_port()):
                # A first scrape imports what the page needs: nobody should miss it meanwhile.
                eventually(lambda: _answers(port, key), within_s=STARTS_WITHIN_S)
                yield Stage(cluster, port, key)
        finally:
            left = cluster.down()
        assert left == []


def _answers(port: int, key: str) -> bool:
    """Whether the API shows its metrics."""
    headers = {"Authorization": f"Bearer {key}"}
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/metrics", headers=headers, timeout=60).is_success
    except httpx2.TransportError:
        return False


def stick_in_a_solver(stage: Stage) -> Generator[None]:
    """A process that answers no signal outlives its time limit."""
    cluster = stage.cluster
    cluster.kill(TWO)
    cluster.kill(ONE)
    cluster.spawn(ONE, *arguments(ONE), FLUXAGENTS_SOFT_TIME_LIMIT_S=str(SOFT_LIMIT_S))
    cluster.eventually(
        lambda: any(name.startswith(f"{ONE}@") for name in cluster.ready()), within_s=STARTS_WITHIN_S
    )
    (run,) = cluster.start("held")
    cluster.eventually(lambda: cluster.ran(run.run_id, 1))
    for child in cluster.children(ONE):
        psutil.Process(child).suspend()
    yield
    stage.carry_out("WorkerStuck", "runs cancel", run.run_id)
    yield
    stage.respawn(ONE)


def end_beat(stage: Stage) -> Generator[None]:
    stage.cluster.kill("beat")
    yield
    assert "`fluxagents beat`" in RUNBOOKS["BeatDown"].read_text()
    with run_beside(stage.cluster, "fluxagents.workers.cli", "beat"):
        yield
    # It was killed: its lock says nothing any more.
    stage.cluster.redis.delete(stage.beat_lock)


def fill_redis(stage: Stage) -> Generator[None]:
    redis: Any = stage.cluster.redis
    redis.setrange("ballast", REDIS_BALLAST - 1, b"x")
    redis.config_set("maxmemory", round(redis.info("memory")["used_memory"] / 0.92))
    yield
    (command,) = re.findall(r"`redis-cli (.*?)`", RUNBOOKS["RedisMemoryHigh"].read_text())
    redis.execute_command(*command.split())
    yield
    redis.config_set("maxmemory", 0)
    redis.delete("ballast")


def let_a_queue_grow(stage: Stage) -> Generator[None]:
    cluster = stage.cluster
    holding = [one.run_id for one in cluster.start("held", SLOTS)]
    cluster.eventually(lambda: all(cluster.ran(run, 1) for run in holding))
    cluster.start("plain", 2)
    yield
    cluster.spawn("three", *arguments("three"))
    yield
    cluster.kill("three")
    for run in holding:
        cluster.redis.rpush(f"{tools.LET_GO}{run}", "enough")


def let_a_provider_fail(stage: Stage) -> Generator[None]:
    cluster = stage.cluster
    with serving("openai") as provider:
        provider.replies = [refused("overloaded_error", "Overloaded", 529)]
        try:
            decide_workers(cluster, provider, "decide")
            runs = cluster.start("asking", 2)
            yield
            provider.replies = [calling("finish", '{"answer": "done"}')]
            for run in runs:
                request = cluster.store.load(run.run_id).waiting_for
                assert request is not None, "it gave up"
                stage.carry_out("ProviderFailing", "approvals reply", request.id, "go on")
            yield
        finally:
            cluster.kill("decide")


def lose_a_receiver(stage: Stage) -> Generator[None]:
    with receive() as receiver, set_up_lab(stage.cluster, receiver.url) as lab:
        receiver.answer = lambda _: (503, {})
        stage.cluster.start("plain")
        yield
        receiver.answer = lambda _: (204, {})
        for message in lab.outbox.messages("lab", limit=10):
            stage.carry_out("WebhookReceiverDown", "webhooks resend", "lab", message.id)
        yield


def leave_an_approval_waiting(stage: Stage) -> Generator[None]:
    (run,) = stage.cluster.start("overdue")
    yield
    request = stage.cluster.store.load(run.run_id).waiting_for
    assert request is not None
    stage.carry_out("RequestsOverdue", "approvals approve", request.id)
    yield


def set_a_clock_wrong(stage: Stage) -> Generator[None]:
    stage.respawn(ONE, **{CLOCK_AHEAD: "5"})
    yield
    stage.respawn(ONE)
    yield


def fill_the_disk(stage: Stage) -> Generator[None]:
    ballast: Path = stage.cluster.folder / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, BALLAST)
    yield
    ballast.unlink()
    yield


def poison(stage: Stage) -> Generator[None]:
    (run,) = stage.cluster.start("poison")
    yield
    # The cause is mended: it kills no more.
    stage.cluster.redis.incrby(f"{tools.KILLS}{run.run_id}", 1_000)
    stage.carry_out("DeadLetters", "runs retry", run.run_id)
    yield


FAULTS: Mapping[str, Fault] = {
    "WorkerStuck": Fault(stick_in_a_solver, m.NODE_OLDEST_TASK.help, f"> {SOFT_LIMIT_S}"),
    "BeatDown": Fault(end_beat, m.BEAT_UP.help, "== 0"),
    "RedisMemoryHigh": Fault(fill_redis, "Memory of Redis", "> 0.85"),
    "QueueGrowing": Fault(let_a_queue_grow, m.QUEUE_OLDEST.help, f"> {60 / PACE}", {"queue": "tools.new"}),
    "ProviderFailing": Fault(let_a_provider_fail, m.CHAT_REQUESTS.help, "> 0", {"outcome": "refused"}),
    "WebhookReceiverDown": Fault(
        lose_a_receiver, m.OUTBOX_OLDEST.help, f"> {300 / PACE}", {"family": "webhook"}
    ),
    "RequestsOverdue": Fault(leave_an_approval_waiting, m.REQUESTS_OVERDUE.help, "> 0", {"kind": "approval"}),
    "ClockSkew": Fault(set_a_clock_wrong, m.NODE_CLOCK_OFFSET.help, "> 1"),
    "DiskNearlyFull": Fault(fill_the_disk, m.NODE_DISK_FREE.help, "< 1e9"),
    "DeadLetters": Fault(poison, m.RUNS.help, "> 0", {"status": "dead"}),
}


@pytest.mark.parametrize("alert", FAULTS)
def test_a_fault_fires_its_alert_and_no_other_until_it_is_mended(
    stage: Stage, tmp_path: Path, alert: str
) -> None:
    fault = FAULTS[alert]
    stage.cluster.up()
    stage.cluster.eventually(stage.has_beat, within_s=STARTS_WITHIN_S)
    with watching(tmp_path, port=stage.port, key=stage.key) as prometheus:
        eventually(lambda: prometheus.query(m.BUILD.name))
        assert not fault.is_seen(prometheus)
        steps = fault.inject(stage)
        try:
            next(steps)
            eventually(lambda: alert in prometheus.firing(), within_s=GIVE_UP_S)
            eventually(lambda: fault.is_seen(prometheus), within_s=GIVE_UP_S)
            next(steps)
            eventually(lambda: not prometheus.firing(), within_s=GIVE_UP_S)
            eventually(lambda: not fault.is_seen(prometheus), within_s=GIVE_UP_S)
            assert prometheus.fired() == {alert}
        finally:
            for _ in steps:
                pass
