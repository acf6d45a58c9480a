"""An installation of the benchmarks: one Redis database, its workers, and the runs in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from celery import Celery
from pydantic import SecretStr
from redis import Redis
from tests.bench.noops import NOOP, TOOLS, first
from tests.support.places import ROOT

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import Lane
from fluxagents.flows.language.definition import Flow
from fluxagents.scheduler.runs.open_runs import OpenRuns
from fluxagents.scheduler.runs.request_control import RequestControl
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.clients.local_authority import build_local_authority
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.settings import Settings

CHUNK = 200
"""Runs that are stored in one round trip, as a batch does."""


@dataclass(frozen=True, slots=True)
class Site:
    """Runs of no-ops in one database; queues have no prefix, so two sites never share one."""

    settings: Settings
    folder: Path
    redis: Redis
    app: Celery
    store: RedisRunStore
    publisher: CeleryPublisher
    control: RequestControl

    @classmethod
    def at(cls, url: str, database: int, folder: Path) -> Site:
        """The site in this database of the server; its processes log to the folder."""
        here = urlsplit(url)._replace(path=f"/{database}").geturl()
        settings = Settings(redis_url=SecretStr(here), data_dir=folder)
        redis = Redis.from_url(here)
        app = create_app(settings)
        store = RedisRunStore(redis, prefix=settings.key_prefix)
        publisher = CeleryPublisher(app, redis)
        control = RequestControl(
            OpenRuns(
                store=store,
                publisher=publisher,
                clock=SystemClock(),
                tools={NOOP.name: NOOP},
                authority=build_local_authority(settings, redis, store.audit_log, "client"),
            )
        )
        return cls(settings, folder, redis, app, store, publisher, control)

    def start(self, flow: Flow, runs: int, lane: Lane = "interactive", session: str = "bench") -> list[str]:
        """Start runs, traced if the settings say so; their ids."""
        controller = FlowController(flow, tools=TOOLS)
        self.store.save_flow(flow)
        started: list[str] = []
        while len(started) < runs:
            commits = [
                first(controller, lane, session, traced_share=self.settings.traced_share)
                for _ in range(min(CHUNK, runs - len(started)))
            ]
            issued = self.store.create_many([(c, c.state.model_dump_json()) for c in commits])
            self.publisher.publish([outgoing for outgoing in issued if outgoing])
            started += [commit.state.run_id for commit in commits]
        return started

    def published(self) -> int:
        """Step messages that were ever let out, those of the reconciler included: each has a ticket."""
        return sum(self._number(f"ticket:{queue}") for queue in QUEUES)

    def messages(self) -> int:
        """Messages in the queues and with the workers."""
        waiting = sum(int(self.redis.llen(queue)) for queue in QUEUES)
        return waiting + int(self.redis.hlen("unacked"))

    def due(self) -> int:
        """Steps that no worker has begun."""
        due = (f"{self.settings.key_prefix}due:{queue}" for queue in QUEUES)
        return sum(int(self.redis.zcard(key)) for key in due)

    def leases(self) -> int:
        """Steps that a worker has begun and not ended."""
        return int(self.redis.scard(f"{self.settings.key_prefix}leases"))

    def at_rest(self) -> bool:
        """Whether nothing goes on: every step that was due is done and its message gone."""
        return not self.due() and not self.leases() and not self.messages()

    def _number(self, key: str) -> int:
        return int(self.redis.get(f"{self.settings.key_prefix}{key}") or 0)

    @contextmanager
    def worker(
        self, name: str, *, queues: Sequence[str], concurrency: int = 1, pool: str = "prefork"
    ) -> Iterator[int]:
        """A worker of this site for as long as the block runs; the id of its main process."""
        with celery(
            self.folder,
            name,
            *("worker", f"--pool={pool}", f"--concurrency={concurrency}", f"--queues={','.join(queues)}"),
            *("-O", "fair", "--loglevel=WARNING", f"--hostname={name}@%h"),
            redis_url=self._url(),
        ) as pid:
            yield pid

    @contextmanager
    def beat(self) -> Iterator[None]:
        """A beat of this site for as long as the block runs."""
        with celery(self.folder, "beat", "beat", "--loglevel=WARNING", "--pidfile=", redis_url=self._url()):
            yield

    def _url(self) -> str:
        assert self.settings.redis_url is not None
        return self.settings.redis_url.get_secret_value()


def build_environment(folder: Path, *, redis_url: str, tree: Path = ROOT, **variables: str) -> dict[str, str]:
    """The environment of a process of the benchmarks in a checkout."""
    return os.environ | {
        "PYTHONPATH": f"{tree / 'src'}:{tree}",
        "FLUXAGENTS_REDIS_URL": redis_url,
        "FLUXAGENTS_DATA_DIR": str(folder),
        **variables,
    }


@contextmanager
def celery(
    folder: Path, name: str, *arguments: str, redis_url: str, tree: Path = ROOT, **variables: str
) -> Iterator[int]:
    """A Celery process of the benchmarks' app in a checkout, ended by a warm shutdown; its id."""
    environment = build_environment(folder, redis_url=redis_url, tree=tree, **variables)
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "tests.bench.app", *arguments]
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=tree, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def eventually(holds: Callable[[], object], *, within_s: float, every_s: float = 0.05) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: It did not come to hold.
    """
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not happen within {within_s} s")
        time.sleep(every_s)
