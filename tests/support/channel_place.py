"""An installation with channels: runs go on in this process, posts wait in a real Redis until `deliver`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from redis import Redis

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.channels.bounces import Bounces
from fluxagents.scheduler.outbox.courier import Courier
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.runs.run import Run
from fluxagents.workers.channels.assembly import Channels, open_carriers, open_channels
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.people.directory import RedisDirectory
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.settings import Settings

PROCESS = Actor(name="fluxagents", channel="process", proof=Proof(kind="message", id="test"))

SIGN_OFF = """
flow: sign_off
version: 1
purpose: Asks before it goes on.
inputs: {question: {type: string}}
start: agree
nodes:
  agree:
    kind: approve
    question: Go on with <b>this</b>?
    assignees: [ASSIGNEES]
    next: agreed
    on_reject: refused
  agreed: {kind: end, message: agreed}
  refused: {kind: end, message: refused}
"""

CHANGE = """
flow: change
version: 1
purpose: Changes a bound after two have agreed.
inputs: {question: {type: string}}
start: change
nodes:
  change:
    kind: tool
    tool: set_bounds
    args: {bounds: {EX_glc__D_e: {lower_mmol_per_gdw_h: -5}}}
    approval: {policy: {all_of: [bob, ann]}}
    on_error: refused
    next: done
  done: {kind: end, message: changed}
  refused: {kind: end, message: refused}
"""

INTERVIEW = """
flow: interview
version: 1
purpose: Asks for a number.
inputs: {question: {type: string}}
facts: {uptake: {type: number}}
start: ask
nodes:
  ask: {kind: ask, question: How much glucose?, fact: uptake, next: done}
  done: {kind: end, message: "uptake {uptake}"}
"""


@dataclass(frozen=True)
class ChannelPlace:
    """The channels of an installation."""

    redis: Redis
    folder: Path
    settings: Settings

    @cached_property
    def store(self) -> RedisRunStore:
        return RedisRunStore(self.redis, prefix=self.settings.key_prefix)

    @cached_property
    def directory(self) -> RedisDirectory:
        return RedisDirectory(self.redis, prefix=self.settings.key_prefix)

    @cached_property
    def client(self) -> LocalClient:
        """Its models are those of all tests of this process: to read one takes longer than a test."""
        client = LocalClient(self.folder.parent / "models", store=self.store)
        # Whom it acts as is a person of the directory; without a name it is the process.
        client.authority = Authority(self.directory, self.store.audit_log, lambda: PROCESS)
        return client

    @cached_property
    def channels(self) -> Channels:
        feed = RedisEventFeed(self.redis, self.store, prefix=self.settings.key_prefix)
        opened = open_channels(
            self.settings,
            self.redis,
            runs=self.store,
            directory=self.directory,
            feed=feed,
            clock=SystemClock(),
        )
        opened.relay.relay()
        return opened

    def add_person(self, name: str, role: Role = Role.APPROVER, **details: Any) -> Person:
        person = Person(name=name, grants=(Grant(role=role),), **details)
        assert self.directory.save(person, before=None)
        return person

    def start(self, flow: str, **inputs: Any) -> Run:
        path = self.folder / "flow.yaml"
        path.write_text(flow)
        return self.client.start(str(path), model="e_coli_core", **inputs)

    def ask(self, flow: str = SIGN_OFF, assignees: str = "anyone") -> HumanRequest:
        """Start a run that waits for a human, and tell the humans."""
        run = self.start(flow.replace("ASSIGNEES", assignees))
        return self.notify(run.state.waiting_for)

    def notify(self, request: HumanRequest | None) -> HumanRequest:
        assert request is not None
        run_id = request.id.rpartition(".")[0]
        self.channels.notifier.notify(run_id, request, key=request.notice_key, text="")
        return request

    def deliver(self) -> int:
        """Tell of new events and send digests, and carry what is due."""
        self.channels.relay.relay()
        self.channels.digests.send_due()
        clock = SystemClock()
        carry = open_carriers(self.settings, self.channels, self.client, clock)
        bounces = Bounces(self.client, self.channels.book, self.channels.outbox)
        return Courier(self.channels.outbox, carry, clock, bounces.note_given_up).deliver()

    def statuses(self, lane: str = "email") -> list[str]:
        return [message.status for message in self.channels.outbox.messages(lane, limit=100)]

    def make_due(self, lane: str = "email") -> None:
        """As if the pauses before the next attempts were over."""
        due = f"{self.settings.key_prefix}channel:{lane}:due"
        members: list[bytes] = self.redis.zrange(due, 0, -1)  # type: ignore[assignment]
        for member in members:
            self.redis.zadd(due, {member: 0})


def build_settings(redis_url: str, prefix: str, folder: Path, **settings: Any) -> Settings:
    return Settings(
        redis_url=SecretStr(redis_url),
        key_prefix=prefix,
        data_dir=folder,
        public_url="https://flux.lab.example",
        **settings,
    )
