"""The command lines of the services: Celery's own commands with this project's defaults."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from celery.utils.nodenames import gethostname

from fluxagents.workers.celery.heartbeat import NODE_VARIABLE
from fluxagents.workers.celery.queues import LONG, POOLS, Pool
from fluxagents.workers.settings import Settings

APP = "fluxagents.workers.celery_entry:app"

ALL = "all"
"""One worker for every queue: for a small machine or a test, since a long tool delays the rest."""

FOREIGN_VARIABLES = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL", NODE_VARIABLE)
"""Celery prefers its own variables to the application's settings; ours would then be without effect."""


HEALTH_PORT = "FLUXAGENTS_HEALTH_PORT"

SUPERVISOR_VARIABLE = "FLUXAGENTS_SUPERVISOR"
"""Marks whatever a supervisor starts, down to the children of pools, so that all of it can be ended."""


def environment(settings: Settings, *, supervisor: str = "") -> dict[str, str]:
    """The environment of a service; `supervisor` is the mark of the one that starts it."""
    # The workers of a supervisor would want one port: it watches them by itself.
    left_out = {*FOREIGN_VARIABLES, HEALTH_PORT} if supervisor else {*FOREIGN_VARIABLES}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    # Orchestrators send TERM: it must start the soft shutdown, not a warm one without end.
    mark = {SUPERVISOR_VARIABLE: supervisor} if supervisor else {}
    return kept | {"REMAP_SIGTERM": "SIGQUIT", "FLUXAGENTS_DATA_DIR": str(settings.data_dir)} | mark


def celery(*arguments: str) -> list[str]:
    """A Celery command for this application, in this interpreter."""
    return [sys.executable, "-m", "celery", "--quiet", "-A", APP, *arguments]


def worker(settings: Settings, pool: str, extra: Sequence[str] = ()) -> list[str]:
    """The command of a worker for one of the pools, or for `all` queues.

    `extra` comes last, so that it overrides the defaults.
    """
    queues = [queue for each in _pools(pool) for queue in each.queues]
    return celery(
        "worker",
        f"--hostname={pool}@%h",
        f"--pool={'prefork' if pool == ALL else POOLS[pool].kind}",
        f"--concurrency={_concurrency(settings, pool)}",
        f"--queues={','.join(queues)}",
        f"--loglevel={settings.log_level}",
        "-O",
        "fair",
        *extra,
    )


def beat(settings: Settings, extra: Sequence[str] = ()) -> list[str]:
    """The command of the scheduler."""
    return celery("beat", f"--loglevel={settings.log_level}", "--pidfile=", *extra)


def worker_node(pool: str) -> str:
    """The name by which the worker of a pool on this machine answers remote control."""
    return f"{pool}@{gethostname()}"


def beat_node() -> str:
    """The name by which beat on this machine answers remote control."""
    return f"celerybeat@{gethostname()}"


def _pools(name: str) -> list[Pool]:
    return list(POOLS.values()) if name == ALL else [POOLS[name]]


def _concurrency(settings: Settings, pool: str) -> int:
    if pool == "decide":
        return settings.concurrency_decide
    if pool == LONG.name:
        return 1
    if pool == "control":
        return 2
    return settings.concurrency_tools
