"""Ten no-op steps as plain Celery on Redis: a chain that keeps its results, and tasks that send the next one.

With what Celery's documentation recommends for tasks that must not be lost: late acknowledgement, again
after a lost worker, one message at a time; and with events, as Flower needs them.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import Celery, chain
from celery.signals import worker_ready
from tests.bench.journal import note
from tests.bench.peers.work import STATE, STEPS

URL = os.environ["BENCH_REDIS_URL"]
app = Celery("bench", broker=URL, backend=URL)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_send_sent_event=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
)


@worker_ready.connect
def note_ready(**_: Any) -> None:
    note("ready")


@app.task(name="chained")
def chained(state: str, run: str, step: int) -> str:
    note("step", run, step)
    return state


@app.task(name="bare", ignore_result=True)
def bare(run: str, step: int, state: str) -> None:
    note("step", run, step)
    if step < STEPS:
        bare.apply_async(kwargs={"run": run, "step": step + 1, "state": state})


def enqueue_chains(runs: int, prefix: str) -> None:
    for number in range(runs):
        run = f"{prefix}{number}"
        further = [chained.s(run, step) for step in range(2, STEPS + 1)]
        chain(chained.s(STATE, run, 1), *further).apply_async()


def enqueue_bare(runs: int, prefix: str) -> None:
    for number in range(runs):
        bare.apply_async(kwargs={"run": f"{prefix}{number}", "step": 1, "state": STATE})


if __name__ == "__main__":
    # The tasks of this file as a worker imports it, not as a script.
    from tests.bench.peers import celery_tasks

    note("enqueue")
    getattr(celery_tasks, sys.argv[1])(int(sys.argv[2]), sys.argv[3])
    note("enqueued")
