"""Ten no-op steps as a Prefect flow of ten tasks, in two threads, beside a Prefect server on SQLite.

Prefect's own workers begin each flow run in a process of its own, seconds before its first task; here the
flow is called in one process instead, which is the quickest that it can be used with its server.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

from prefect import flow, task
from tests.bench.journal import note
from tests.bench.peers.work import STATE, STEPS


@task
def noop(run: str, step: int, state: str) -> str:
    note("step", run, step)
    return state


@flow
def ten_steps(run: str) -> str:
    state = STATE
    for step in range(1, STEPS + 1):
        state = noop(run, step, state)
    return state


def wait_for_server() -> None:
    """Its first start takes half a minute and more."""
    while True:
        try:
            with urlopen(f"{os.environ['PREFECT_API_URL']}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)


def serve(runs: int) -> None:
    wait_for_server()
    note("ready")
    note("enqueue")
    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(ten_steps, [f"run{number}" for number in range(runs)]):
            pass
    threading.Event().wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
