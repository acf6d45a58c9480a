"""Requests go out by mail and Slack while the servers, the API, workers and Redis are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from tests.chaos.cluster import LONG, Cluster
from tests.chaos.humans import client_of
from tests.chaos.outside import find_port, run_beside, serve
from tests.support.slack_server import BOT_TOKEN

from fluxagents.flows import events as e
from fluxagents.flows.people.members import Group, NotifyBy, Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.outbox.message import Message
from fluxagents.workers.redis.triggers.channel_outbox import RedisChannelOutbox

pytestmark = pytest.mark.timeout(600 if LONG else 240)

RUNS = 30 if LONG else 5
ROUNDS = 24 if LONG else 4
SIGNERS: dict[str, tuple[NotifyBy, ...]] = {"sam": ("email",), "sue": ("email", "slack"), "sid": ("slack",)}
APPROVE = {"decision": "approve", "confirm": "yes"}
LANES = ("email", "slack")


@dataclass
class Outside:
    """The servers of channels and the API, which are killed and started again on their ports."""

    cluster: Cluster
    file: Path
    mail_port: int = field(default_factory=find_port)
    slack_port: int = field(default_factory=find_port)
    api_port: int = field(default_factory=find_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def variables(self) -> dict[str, str]:
        return {
            "FLUXAGENTS_SMTP_URL": f"smtp://127.0.0.1:{self.mail_port}",
            "FLUXAGENTS_MAIL_ADDRESS": "flux@lab.example",
            "FLUXAGENTS_SLACK_BOT_TOKEN": BOT_TOKEN,
            "FLUXAGENTS_SLACK_URL": f"http://127.0.0.1:{self.slack_port}/api/",
            "FLUXAGENTS_PUBLIC_URL": f"http://127.0.0.1:{self.api_port}",
        }

    def ensure(self, name: str) -> None:
        process = self.processes.get(name)
        if process is not None and process.poll() is None:
            return
        ports = (str(self.mail_port), str(self.slack_port))
        starting = (
            serve(self.cluster, self.api_port)
            if name == "api"
            else run_beside(self.cluster, "tests.chaos.channel_servers", *ports, str(self.file))
        )
        self.processes[name] = self.stack.enter_context(starting)

    def kill(self, name: str) -> None:
        process = self.processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def received(self) -> list[dict[str, str]]:
        """What the servers wrote down; the last line may be half a line."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        received: list[dict[str, str]] = []
        for line in lines:
            with suppress(ValueError):
                received.append(json.loads(line))
        return received


@contextmanager
def set_up_channels(cluster: Cluster) -> Iterator[Outside]:
    """Channels of the installation, whose processes know of them until the block ends."""
    outside = Outside(cluster, cluster.folder / "received.jsonl")
    cluster.environment |= outside.variables
    restart(cluster)
    try:
        with outside.stack:
            yield outside
    finally:
        for name in outside.variables:
            del cluster.environment[name]
        restart(cluster)


def restart(cluster: Cluster) -> None:
    cluster.kill("control")
    cluster.up()


def let_in(cluster: Cluster) -> None:
    directory = client_of(cluster).authority.directory
    for name, notify in SIGNERS.items():
        person = Person(
            name=name,
            email=f"{name}@lab.example",
            slack=f"U{name.upper()}",
            notify=notify,
            grants=(Grant(role=Role.APPROVER),),
        )
        assert directory.save(person, before=None)
    assert directory.save_group(Group(name="signers", members=tuple(SIGNERS)), before=None)


def vote(links: list[str]) -> list[str]:
    """Approve by links of mails; the links by which somebody was told that it counts."""
    told: list[str] = []
    for link in links:
        with suppress(httpx2.TransportError):
            answer = httpx2.post(link, data=APPROVE, timeout=10)
            told += [link] if answer.status_code == httpx2.codes.OK else []
    return told


def list_messages(cluster: Cluster) -> list[Message]:
    outbox = RedisChannelOutbox(cluster.redis, prefix=cluster.settings.key_prefix)
    return [message for lane in LANES for message in outbox.messages(lane, limit=10_000)]


def make_due(cluster: Cluster) -> None:
    """As if the pauses before the next attempts were over; leases stay."""
    for lane in LANES:
        due = f"{cluster.settings.key_prefix}channel:{lane}:due"
        for message in list_messages(cluster):
            if message.endpoint == lane and message.status == "pending" and message.last:
                cluster.redis.zadd(due, {message.id: 0}, xx=True)


def test_each_message_arrives_once_or_is_marked_and_no_vote_is_lost(
    cluster: Cluster, rng: random.Random
) -> None:
    let_in(cluster)
    told: list[str] = []
    with set_up_channels(cluster) as outside:
        outside.ensure("api")
        # The servers are away at first: runs wait for humans all the same, and ladders go on.
        runs = [one.run_id for one in cluster.start("signed", RUNS)]
        cluster.eventually(lambda: cluster.at_rest(runs), within_s=60)
        for number in range(ROUNDS):
            outside.ensure("servers")
            outside.ensure("api")
            make_due(cluster)
            seen = len(outside.received())
            with suppress(AssertionError):
                cluster.eventually(lambda seen=seen: len(outside.received()) > seen, within_s=4)  # type: ignore[misc]
            links = [line["link"] for line in outside.received() if line["link"]]
            told += vote(rng.sample(links, min(2, len(links))))
            victim = ("servers", "control", "api", "redis")[number % 4]
            if victim == "redis":
                cluster.restart_redis()
            elif victim == "control":
                cluster.kill("control")
                cluster.ensure("control")
            else:
                outside.kill(victim)
            cluster.supervise()
        outside.ensure("servers")
        outside.ensure("api")

        def finish() -> bool:
            cluster.supervise()
            make_due(cluster)
            links = {line["link"] for line in outside.received() if line["link"]}
            waits = {run for run in runs if not cluster.store.load(run).has_ended}
            told.extend(vote(sorted(links)) if waits else [])
            return not waits and not any(each.status == "pending" for each in list_messages(cluster))

        cluster.eventually(finish, within_s=120)
        cluster.settle()
        received = Counter(line["id"] for line in outside.received())
    messages = {each.id: each for each in list_messages(cluster) if each.type == "request"}
    assert told
    assert received
    assert set(received) <= set(messages)
    expected = {"delivered": {1}, "unknown": {0, 1}, "ended": {0}}
    wrong = {
        name: (each.status, each.last, received[name])
        for name, each in messages.items()
        if received[name] not in expected.get(each.status, set())
    }
    assert wrong == {}
    logs = {run: cluster.store.events(run) for run in runs}
    assert any(isinstance(each, e.LadderStepReached) for log in logs.values() for each in log)
    votes = Counter(
        (each.request_id, each.vote.by)
        for log in logs.values()
        for each in log
        if isinstance(each, e.VoteCast)
    )
    # Whoever was killed before the answer may have counted one that nobody was told of.
    assert votes.total() >= len(set(told)), "votes that were lost"
    assert set(votes.values()) == {1}
