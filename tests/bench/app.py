"""The worker of the benchmarks: our protocol and plain Celery side by side in the same processes.

With `BENCH_PROFILE=<folder>` each pool process leaves a profile there when it ends.
"""

from __future__ import annotations

import os
from cProfile import Profile
from dataclasses import replace
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown, worker_ready
from tests.bench.journal import note
from tests.bench.noops import NOOP, STEPS, act

from fluxagents.tasks.protocol import StepMessage
from fluxagents.tasks.registry import TOOLS
from fluxagents.tasks.steps import carry_out
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.nodes.preload import Preload
from fluxagents.workers.celery.process import Process
from fluxagents.workers.composition import build_process
from fluxagents.workers.redis.connection import redis_url
from fluxagents.workers.settings import Settings

BARE_DONE = "bare:done"
"""Counts the bare chains that came to their end: nobody keeps a result of theirs."""


def _process(settings: Settings, app: Any) -> Process:
    process = build_process(settings, app, {**TOOLS, NOOP.name: NOOP})
    return replace(process, acts={**process.acts, NOOP.name: act})


def _app() -> Celery:
    settings = Settings.load()
    app = create_app(settings, build_process=_process)
    app.conf.result_backend = redis_url(settings)
    app.conf.task_create_missing_queues = True
    # Most parts never need cobra; the others run a tool before they measure.
    app.steps["worker"].discard(Preload)

    @app.task(bind=True, name="tool.noop")
    def noop(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
        return carry_out(self, NOOP.name, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))

    @app.task(name="plain.noop", ignore_result=False)
    def plain(state: str) -> str:
        return state

    @app.task(name="bare.noop")
    def bare(*, run: str, seq: int, state: str) -> None:
        if seq < STEPS:
            bare.apply_async(kwargs={"run": run, "seq": seq + 1, "state": state}, queue="tools")
        else:
            app.backend.client.incr(BARE_DONE)

    return app


def _profile(folder: str) -> None:
    profile = Profile()

    def start(**_: Any) -> None:
        profile.enable()

    def stop(**_: Any) -> None:
        profile.disable()
        profile.dump_stats(f"{folder}/{os.getpid()}.prof")

    worker_process_init.connect(start, weak=False)
    worker_process_shutdown.connect(stop, weak=False)


@worker_ready.connect
def note_ready(**_: Any) -> None:
    note("ready")


app = _app()
if "BENCH_PROFILE" in os.environ:
    _profile(os.environ["BENCH_PROFILE"])
