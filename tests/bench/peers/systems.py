"""The systems that are compared, each as the commands of its processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fluxagents.workers.celery.queues import QUEUES


@dataclass(frozen=True, slots=True)
class System:
    """The commands of a system, as arguments of Python.

    `{runs}` stands for the count of runs, `{prefix}` for what their ids begin with.
    """

    name: str
    serve: Sequence[str]
    """The workers, two processes or threads; they start the runs as well where nothing else does."""
    enqueue: Sequence[str] = ()
    beside: Sequence[Sequence[str]] = ()
    """What goes on beside the workers, maybe on another machine: it is not killed with them."""
    is_ours: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    max_runs: int = 1_000_000
    """For a system so slow that more would take too long."""


_RUNS = ("{runs}", "{prefix}")
_WORKER = ("worker", "--concurrency=2", "-O", "fair", "--loglevel=ERROR")
_OURS = ("-m", "celery", "--quiet", "-A", "tests.bench.app")
_PLAIN = ("-m", "celery", "--quiet", "-A", "tests.bench.peers.celery_tasks", *_WORKER)
_PLAIN_TASKS = ("-m", "tests.bench.peers.celery_tasks")
_DBOS = ("-m", "tests.bench.peers.dbos_workflows")

_FLUXAGENTS = System(
    "fluxagents",
    (*_OURS, *_WORKER, f"--queues={','.join(QUEUES)}"),
    ("-m", "tests.bench.peers.own_runs", "{runs}"),
    ((*_OURS, "beat", "--loglevel=ERROR", "--pidfile="),),
    is_ours=True,
    # As the workers of the others.
    environment={"FLUXAGENTS_LOG_LEVEL": "ERROR"},
)

SYSTEMS = {
    "fluxagents": _FLUXAGENTS,
    "fluxagents-signed": replace(
        _FLUXAGENTS,
        name="fluxagents, signed messages",
        environment={
            **_FLUXAGENTS.environment,
            "FLUXAGENTS_MESSAGE_KEY": "a key of the benchmark, long enough",
        },
    ),
    "celery-bare": System("Celery, bare tasks", _PLAIN, (*_PLAIN_TASKS, "enqueue_bare", *_RUNS)),
    "celery-chain": System("Celery, chain with results", _PLAIN, (*_PLAIN_TASKS, "enqueue_chains", *_RUNS)),
    "dbos-queue": System("DBOS, its queue", (*_DBOS, "serve", "{runs}"), (*_DBOS, "enqueue", *_RUNS)),
    "dbos": System("DBOS, started directly", (*_DBOS, "start", "{runs}")),
    "langgraph": System("LangGraph, SQLite saver", ("-m", "tests.bench.peers.langgraph_graph", "{runs}")),
    "prefect": System(
        "Prefect, its server",
        ("-m", "tests.bench.peers.prefect_flow", "{runs}"),
        beside=(("-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", "14200"),),
        max_runs=20,
    ),
}
