"""A worker's proof of life, written from its main process: C solvers hold the GIL of the children.

Redis holds, per node, a hash whose fields are the pids that may own a lease (the main process and
the live pool children). It expires with the node. A lease's owner is `<node>|<pid>`.
"""

from __future__ import annotations

import atexit
import json
import os
import select
from datetime import UTC, datetime
from importlib.metadata import version
from threading import Thread
from time import monotonic, time
from typing import Any
from uuid import uuid4

import psutil
import structlog
from celery import bootsteps
from celery.signals import worker_process_init, worker_ready, worker_shutdown
from celery.worker import state as worker_state
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.celery.nodes.node_name import NameHolder, claim_name, name_key
from fluxagents.workers.celery.nodes.start_refusal import refuse_to_start
from fluxagents.workers.celery.queues import POLLS
from fluxagents.workers.observing.metrics.node_figures import NodeFigures, figures_key
from fluxagents.workers.observing.metrics.worker_figures import WorkerFigures
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings

NODE_VARIABLE = "FLUXAGENTS_NODE"
"""Set in a worker's main process before it forks, so that its children know their node."""

_announce: int | None = None
"""Write end of the pipe on which a new pool child tells its pid; opened in the main process."""


def node_key(prefix: str, node: str) -> str:
    """Key of the hash of a node's live pids."""
    return f"{prefix}node:{node}"


def nodes_key(prefix: str) -> str:
    """Key of the hash node -> what it is, as JSON."""
    return f"{prefix}nodes"


def current_owner() -> str:
    """Who takes a lease in this process: `<celery host name>/<boot id>|<pid>`.

    Raises:
        FluxError: This process belongs to no worker, so nothing would prove that it lives.
    """
    node = os.environ.get(NODE_VARIABLE)
    if not node:
        raise FluxError(
            ErrorClass.INTERNAL,
            f"process {os.getpid()} belongs to no worker and cannot own a lease",
            suggestions=["run steps in a worker (`fluxagents worker`)"],
        )
    return f"{node}|{os.getpid()}"


class Pulse(Thread):
    """Writes a node's live pids every few seconds, and at once when a pool child starts."""

    def __init__(self, worker: Any, settings: Settings, node: str) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.node = node
        self.ready = False
        self._worker = worker
        self._settings = settings
        self._log = structlog.get_logger("heartbeat")
        self._clock_offset_s = 0.0
        self._written_s = monotonic()
        self._queues = list_queues(worker)
        self._told_queues = self._queues
        self._figures = WorkerFigures(
            node=worker.hostname,
            slots=worker.concurrency,
            task_limit_s=settings.soft_time_limit_s,
            folder=settings.data_dir,
            polls=POLLS,
        )
        self._inbox, self.announce = os.pipe()
        os.set_blocking(self.announce, False)
        self._client = connection.open_client(
            connection.redis_url(settings),
            decode_responses=True,
            socket_connect_timeout=2.0,
            socket_timeout=2.0,
            retry=Retry(NoBackoff(), 0),
        )
        self._holder = NameHolder.of_this_process()
        self._name_key = name_key(settings.key_prefix, worker.hostname)

    def claim_name(self) -> None:
        """Take the name of this worker, so that no other one has it.

        Raises:
            FluxError: A live worker has it.
        """
        try:
            claim_name(self._client, self._name_key, self._holder, ttl_s=self._settings.node_ttl_s)
        except RedisError as error:
            # Workers wait for Redis, which must not need them.
            self._log.warning("name not claimed", node=self.node, error=str(error))

    def run(self) -> None:
        fresh: set[int] = set()
        known = False
        while True:
            try:
                self._beat(fresh, introduce=not known)
                known = True
            except RedisError as error:
                known = False
                self._log.warning("heartbeat not written", node=self.node, error=str(error))
            readable, _, _ = select.select([self._inbox], [], [], self._settings.heartbeat_every_s)
            fresh = set()
            if readable:
                messages = os.read(self._inbox, 65_536).split()
                if b"stop" in messages:
                    break
                fresh = {int(pid) for pid in messages if pid != b"ready"}
                known = known and b"ready" not in messages
        self._retire()

    def get_ready(self) -> None:
        """Say from now on that the worker takes tasks."""
        self.ready = True
        os.write(self.announce, b"ready\n")

    def stop(self) -> None:
        """Take the node out of Redis and end; called when the worker's last task has ended."""
        if self.is_alive():
            os.write(self.announce, b"stop\n")
            self.join(timeout=5.0)

    def _beat(self, fresh: set[int], *, introduce: bool) -> None:
        prefix = self._settings.key_prefix
        key = node_key(prefix, self.node)
        pids = {os.getpid()} | fresh | pool_pids(self._worker.pool)
        fields = {str(pid): "1" for pid in pids}
        queues = list_queues(self._worker)
        ttl_ms = int(self._settings.node_ttl_s * 1_000)
        began_s = time()
        with self._client.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            pipe.hset(key, mapping=fields)  # type: ignore[arg-type] # invariant key type
            pipe.pexpire(key, ttl_ms)
            pipe.set(self._name_key, self._holder.model_dump_json(), px=ttl_ms)
            # Another node may have crossed this one out, when it stood still or Redis did.
            pipe.hexists(nodes_key(prefix), self.node)
            pipe.hset(figures_key(prefix), self.node, self.take_figures().model_dump_json())
            pipe.time()
            *_, listed, _, (seconds, microseconds) = pipe.execute()
        self._written_s = monotonic()
        self._clock_offset_s = (began_s + time()) / 2 - seconds - microseconds / 1e6
        if introduce or not listed or queues != self._told_queues:
            self._introduce(nodes_key(prefix))
            self._told_queues = queues

    @property
    def age_s(self) -> float:
        """Since when no heartbeat was written."""
        return monotonic() - self._written_s

    def take_figures(self) -> NodeFigures:
        """What the worker says about itself now."""
        pids = {os.getpid()} | pool_pids(self._worker.pool)
        tasks = [request.id for request in list(worker_state.active_requests)]
        return self._figures.take(
            tasks=tasks,
            pids=pids,
            ready=self.ready,
            dropped_queues=sorted({*self._queues} - {*list_queues(self._worker)}),
            at_s=time() - self._clock_offset_s,
            clock_offset_s=self._clock_offset_s,
        )

    def _introduce(self, nodes: str) -> None:
        prefix = self._settings.key_prefix
        known: list[str] = self._client.hkeys(nodes)  # type: ignore[assignment] # redis types async and sync as one
        gone = [node for node in known if not self._client.exists(node_key(prefix, node))]
        if gone:
            self._client.hdel(nodes, *gone)
            self._client.hdel(figures_key(prefix), *gone)
        self._client.hset(nodes, self.node, json.dumps(describe(self._worker) | {"ready": self.ready}))

    def _retire(self) -> None:
        prefix = self._settings.key_prefix
        try:
            self._client.delete(node_key(prefix, self.node), self._name_key)
            self._client.hdel(figures_key(prefix), self.node)
            self._client.hdel(nodes_key(prefix), self.node)
        except RedisError as error:
            # The key expires by itself; a worker must be able to stop without Redis.
            self._log.warning("node not removed", node=self.node, error=str(error))
        self._client.close()


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc] # Celery ships no types
    """Bootstep of the worker's main process; independent of the broker connection.

    It starts after the pool and its `stop` does nothing: a shutdown stops the pool later, and until the
    last task has ended the node must not look dead. The pulse ends with the signal `worker_shutdown`
    (warm) or with the process (cold).
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        # Here and not in `start`: bootsteps are built before any of them starts, so before the pool forks.
        node = f"{worker.hostname}/{uuid4().hex[:12]}"
        os.environ[NODE_VARIABLE] = node
        self._pulse = worker.pulse = Pulse(worker, worker.app.settings, node)
        with refuse_to_start():
            self._pulse.claim_name()
        global _announce  # noqa: PLW0603 # a signal handler in the child has no other way to the pipe
        _announce = self._pulse.announce
        worker_process_init.connect(_tell_pid, weak=False, dispatch_uid="fluxagents.heartbeat")
        worker_ready.connect(self._get_ready, weak=False, dispatch_uid=f"fluxagents.heartbeat.{node}")
        worker_shutdown.connect(self._end, weak=False, dispatch_uid=f"fluxagents.heartbeat.{node}")
        # Runs after the threads of a thread pool have ended; a forked child leaves without it.
        atexit.register(self._pulse.stop)

    def start(self, worker: Any) -> None:
        del worker
        self._pulse.start()

    def stop(self, worker: Any) -> None:
        """Nothing yet: see the class."""

    def terminate(self, worker: Any) -> None:
        """Nothing yet: see the class."""

    def _get_ready(self, **_: Any) -> None:
        self._pulse.get_ready()

    def _end(self, **_: Any) -> None:
        self._pulse.stop()


def _tell_pid(**_: Any) -> None:
    if _announce is not None:
        os.write(_announce, b"%d\n" % os.getpid())


def pool_pids(pool: Any) -> set[int]:
    """Pids of the live children of a prefork pool; no children for a thread pool."""
    processes = getattr(getattr(pool, "_pool", None), "_pool", None) or ()
    return {process.pid for process in list(processes) if process.pid is not None and _runs(process.pid)}


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def list_queues(worker: Any) -> list[str]:
    """Those that it takes tasks from now; remote control changes them."""
    return sorted(worker.app.amqp.queues.consume_from)


def describe(worker: Any) -> dict[str, Any]:
    """What `fluxagents doctor` shows of a node."""
    return {
        "hostname": worker.hostname,
        "pid": os.getpid(),
        "pool": type(worker.pool).__module__.rpartition(".")[2],
        "concurrency": worker.concurrency,
        "queues": list_queues(worker),
        "version": version("fluxagents"),
        "visibility_timeout_s": worker.app.settings.visibility_timeout_s,
        "started_at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
    }
