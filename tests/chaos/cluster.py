"""An installation to be broken: a Redis, two tool workers, a control worker and beat, as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from pydantic import SecretStr
from tests.chaos import tools
from tests.chaos.flows import FLOWS, TOOLS
from tests.chaos.invariants import Snapshot, snapshot, violations
from tests.chaos.nursery import Child, Nursery
from tests.chaos.proxy import Proxy
from tests.chaos.receiver import Receiver
from tests.support.places import ROOT
from tests.support.stack import isolated

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.tasks.dispatch import first_commit
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.nodes.live_nodes import live_nodes
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.celery.queues import TOOLS as TOOLS_POOL
from fluxagents.workers.composition import redis_client
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.machine.process import end_all, find_marked
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis
from fluxagents.workers.redis.store_access import build_store
from fluxagents.workers.settings import Settings

MARK = "CHAOS_SUITE"
WORKERS = ("one", "two")
NODE_TTL_S = 2.0
STARTS_WITHIN_S = 180.0
"""Of a worker, on a busy machine."""
LONG = os.environ.get("CHAOS_LONG") == "1"
"""Whether cases take as long as in production; else the times that matter are shortened together."""
REDIS_TIMEOUT_S = 30.0 if LONG else 4.0

FAST = {
    "FLUXAGENTS_HEARTBEAT_EVERY_S": "0.5",
    "FLUXAGENTS_NODE_TTL_S": str(NODE_TTL_S),
    "FLUXAGENTS_REDIS_TIMEOUT_S": str(REDIS_TIMEOUT_S),
    "FLUXAGENTS_RECONCILE_EVERY_S": "0.5",
    "FLUXAGENTS_SOFT_SHUTDOWN_TIMEOUT_S": "2",
    "FLUXAGENTS_WEBHOOK_HOSTS": "127.0.0.1",
    "REMAP_SIGTERM": "SIGQUIT",
}


@dataclass(frozen=True, slots=True)
class _Process:
    popen: subprocess.Popen[bytes] | Child

    def end(self) -> None:
        """Kill it and all its children."""
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(10.0)


class Cluster:
    """Everything on loopback in one folder. Workers reach Redis through a proxy.

    Args:
        folder: Where Redis, data and logs are.
        workers: Names of the workers for tools.
        app: The module of their application.
        queues: From which they take tasks.
        url: Of a Redis of the caller's, which workers reach directly.
    """

    def __init__(
        self,
        folder: Path,
        *,
        workers: Sequence[str] = WORKERS,
        app: str = "tests.chaos.app",
        queues: Sequence[str] = TOOLS_POOL.queues,
        url: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.workers = tuple(workers)
        self._app_module = app
        self._queues = tuple(queues)
        self.mark = uuid4().hex
        self.server = EmbeddedRedis(folder / "redis")
        own_url = self.server.start()
        assert self.server.instance is not None
        self.port = self.server.instance.port
        self.server = EmbeddedRedis(folder / "redis", port=self.port)
        self.receiver = Receiver()
        self.proxy = Proxy(self.port)
        self.settings = Settings(redis_url=SecretStr(url or own_url), data_dir=folder / "data")
        self.redis = redis_client(self.settings)
        self.app = create_app(self.settings)
        self.store = build_store(self.settings, self.redis)
        self.publisher = CeleryPublisher(self.app, self.redis)
        self.started: set[str] = set()
        self.ended: Counter[str] = Counter()
        """Processes that ended by themselves, because of a fault around them."""
        self._processes: dict[str, _Process] = {}
        for flow in FLOWS.values():
            self.store.save_flow(flow)
        self.environment = isolated(
            folder / "data",
            **self.reach_redis_by(self.proxy),
            **{tools.RECEIVER_VARIABLE: str(self.receiver.port), MARK: self.mark},
            **FAST,
            **(variables or {}),
        )
        self._nursery = Nursery(app, self.environment, ROOT)

    def reach_redis_by(self, proxy: Proxy) -> dict[str, str]:
        """The variables of a process that reaches Redis through a proxy."""
        assert self.settings.redis_url is not None
        url = self.settings.redis_url.get_secret_value()
        return {"FLUXAGENTS_REDIS_URL": url.replace(f":{self.port}/", f":{proxy.port}/")}

    def up(self) -> None:
        """Start whatever does not run and wait until the workers take tasks."""
        for name in (*self.workers, "control", "beat"):
            self.ensure(name)
        self.eventually(lambda: len(self.ready()) == len(self.workers) + 1, within_s=STARTS_WITHIN_S)

    def ready(self) -> list[str]:
        with redis_client(self.settings) as client:
            client.connection_pool.connection_kwargs["decode_responses"] = True
            nodes = live_nodes(client, self.settings.key_prefix)
        return [node.hostname for node in nodes if node.ready and psutil.pid_exists(node.pid)]

    def down(self) -> list[psutil.Process]:
        """End everything; what was left running, which must be nothing."""
        for process in self._processes.values():
            process.end()
        self._nursery.close()
        self.app.close()
        self.redis.close()
        self.proxy.close()
        self.server.stop()
        self.receiver.close()
        left = find_marked(MARK, self.mark)
        end_all(left, patience_s=2.0)
        return left

    def ensure(self, name: str) -> None:
        """Start a process unless it runs."""
        process = self._processes.get(name)
        if process is None or process.popen.poll() is not None:
            self.spawn(name, *arguments(name, self._queues))

    def supervise(self) -> None:
        """Start again what ended by itself, as `fluxagents up` or an orchestrator does."""
        for name, process in list(self._processes.items()):
            if process.popen.poll() not in {None, -signal.SIGKILL}:
                self.ended[name] += 1
                self.ensure(name)

    def spawn(self, name: str, *arguments: str, **variables: str) -> None:
        """Start a Celery process that leads a session of its own."""
        child = self._nursery.start(arguments, self.folder / f"{name}.log", self.environment | variables)
        self._processes[name] = _Process(child)

    def spawn_from(self, tree: Path, name: str, *arguments: str, **variables: str) -> None:
        """As `spawn`, with the fault suite of another source tree."""
        path = self.folder / f"{name}.log"
        with path.open("ab") as log:
            popen = subprocess.Popen(
                [sys.executable, "-m", "celery", "--quiet", "-A", self._app_module, *arguments],
                cwd=tree,
                env=self.environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes[name] = _Process(popen)

    def pid(self, name: str) -> int:
        return self._processes[name].popen.pid

    def kill(self, name: str) -> None:
        """`kill -9` of a process with all its children."""
        self._processes[name].end()

    def wait_for_end(self, name: str, *, within_s: float) -> int:
        """The exit status of a process once it has ended."""
        return self._processes[name].popen.wait(within_s)

    def children(self, name: str) -> list[int]:
        try:
            return [child.pid for child in psutil.Process(self.pid(name)).children()]
        except psutil.NoSuchProcess:
            return []

    def strays(self) -> list[psutil.Process]:
        """Processes of this installation whose parents have gone."""
        known = {process.popen.pid for process in self._processes.values()}
        return [
            process
            for process in find_marked(MARK, self.mark)
            if process.pid not in {self._nursery.pid, *known}
            and not known & {parent.pid for parent in _parents(process)}
        ]

    def busy(self, name: str) -> list[str]:
        """Runs whose steps a worker is at."""
        r: Any = self.redis
        prefix = self.settings.key_prefix
        runs = [run.decode() for run in r.smembers(f"{prefix}leases")]
        owners = [r.hget(f"{prefix}run:{run}", "owner") or b"" for run in runs]
        return [run for run, owner in zip(runs, owners, strict=True) if owner.startswith(f"{name}@".encode())]

    def kill_redis(self) -> None:
        """`kill -9`; `server.start` starts it again on the same port and folder."""
        instance = self.server.instance
        assert instance is not None
        os.kill(instance.process.pid, signal.SIGKILL)
        assert instance.process.wait(10.0)

    def restart_redis(self) -> None:
        self.kill_redis()
        self.server.start()

    def start(self, flow: str, runs: int = 1, *, publish: bool = True) -> list[Outgoing]:
        """Start runs; their first messages, published unless told otherwise.

        Those of runs that wait for their turn are as they will be, but for their numbers.
        """
        commits = [(commit, commit.state.model_dump_json()) for commit in first(flow, runs)]
        issued = self.store.create_many(commits)
        self.started |= {commit.state.run_id for commit, _ in commits}
        if publish:
            self.publisher.publish([outgoing for outgoing in issued if outgoing is not None])
        return [
            outgoing or _build_held(commit, state)
            for outgoing, (commit, state) in zip(issued, commits, strict=True)
        ]

    def ran(self, run: str, seq: int) -> int:
        """How often a step was executed, committed or not."""
        r: Any = self.redis
        found = (json.loads(line) for line in r.lrange(tools.RAN, 0, -1))
        return sum(each["run"] == run and each["seq"] == seq for each in found)

    def at_rest(self, runs: Iterable[str]) -> bool:
        counts = [self.store.load(run) for run in runs]
        return all(
            s.has_ended or s.status == "dead" or (s.status == "waiting" and s.notified) for s in counts
        )

    def settle(self, *, within_s: float = 60) -> None:
        """Wait until every run is at rest, then nothing may be violated."""
        deadline = time.monotonic() + within_s
        open_runs = set(self.started)
        while open_runs and time.monotonic() < deadline:
            open_runs = {run for run in open_runs if not self.at_rest([run])}
            self.supervise()
            time.sleep(0.1)
        problems = self.violations()
        assert not problems, "\n".join(problems)

    def violations(self) -> list[str]:
        return violations(self.seen())

    def seen(self) -> Snapshot:
        """Everything that the invariants speak of."""
        return snapshot(
            self.redis,
            self.settings.key_prefix,
            started=frozenset(self.started),
            ran_key=tools.RAN,
            received=self.receiver.counts(),
        )

    def eventually(self, holds: Callable[[], object], *, within_s: float = 20) -> None:
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"it did not happen within {within_s} s; logs: {self.folder}"
            time.sleep(0.05)


@contextmanager
def installed(folder: Path, **options: Any) -> Iterator[Cluster]:
    """A running installation that leaves nothing behind; the options are those of `Cluster`."""
    cluster = Cluster(folder, **options)
    try:
        cluster.up()
        yield cluster
    finally:
        left = cluster.down()
    assert left == []


def _build_held(commit: Commit, state: str) -> Outgoing:
    assert commit.dispatch is not None
    return Outgoing(commit.state.run_id, commit.state.seq, 0, 1, commit.dispatch, state)


def first(flow: str, runs: int) -> list[Commit]:
    """The first commits of new runs."""
    controller = FlowController(FLOWS[flow], tools=TOOLS)
    commits = []
    for _ in range(runs):
        now = SystemClock().now_ms()
        reference = e.FlowRef(name=flow, version=1, digest=controller.flow.digest)
        started = e.RunStarted(
            seq=0,
            at_ms=now,
            run_id=run_id(now),
            session="chaos",
            flow=reference,
            start_node="n0",
            inputs={},
        )
        commits.append(first_commit(controller, started))
    return commits


def _parents(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.parents()
    except psutil.NoSuchProcess:
        return []


def arguments(name: str, queues: Sequence[str] = TOOLS_POOL.queues) -> list[str]:
    """Of Celery, for one of the processes."""
    if name.startswith("beat"):
        return ["beat", "--pidfile=", "--loglevel=INFO"]
    control = name == "control"
    return [
        "worker",
        f"--hostname={name}@%h",
        "--pool=threads" if control else "--pool=prefork",
        "--concurrency=2",
        "--queues=control,human" if control else f"--queues={','.join(queues)}",
        "--loglevel=INFO",
        "-O",
        "fair",
    ]
