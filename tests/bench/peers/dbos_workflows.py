"""Ten no-op steps as a DBOS workflow on SQLite, enqueued on its queue or started directly.

A step is written down before the next one begins; a process that is started again goes on with what an
earlier one left. Queue and settings are DBOS's defaults.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from dbos import DBOS, DBOSClient, SetWorkflowID
from tests.bench.journal import note
from tests.bench.peers.work import STATE, STEPS, folder

QUEUE = "bench"


@DBOS.step()
def noop(run: str, step: int, state: str) -> str:
    note("step", run, step)
    return state


@DBOS.workflow()
def ten_steps(run: str) -> str:
    state = STATE
    for step in range(1, STEPS + 1):
        state = noop(run, step, state)
    return state


def url() -> str:
    return f"sqlite:///{folder() / 'dbos.sqlite'}"


def launch() -> None:
    DBOS(
        config={
            "name": "bench",
            "system_database_url": url(),
            "log_level": "ERROR",
            "application_version": "1",
        }
    )
    DBOS.launch()


def serve(_: int) -> None:
    """Work off what is enqueued."""
    launch()
    DBOS.register_queue(QUEUE)
    note("ready")
    threading.Event().wait()


def enqueue(runs: int, prefix: str = "run") -> None:
    client = DBOSClient(system_database_url=url())
    note("enqueue")
    for number in range(runs):
        run = f"{prefix}{number}"
        options = {"queue_name": QUEUE, "workflow_name": "ten_steps", "workflow_id": run}
        client.enqueue(options, run)
    note("enqueued")
    client.destroy()


def start(runs: int) -> None:
    """Start workflows in this process; those that an earlier process started are not started again."""
    launch()
    note("ready")
    note("enqueue")
    for number in range(runs):
        run = f"run{number}"
        with SetWorkflowID(run):
            DBOS.start_workflow(ten_steps, run)
    note("enqueued")
    threading.Event().wait()


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"serve": serve, "enqueue": enqueue, "start": start}
    commands[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
