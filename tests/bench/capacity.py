"""What a step takes in processor time and Redis, at three sizes, beside what a plan expects.

Processor time hardly depends on what else the machine does, unlike steps per second.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import psutil
from redis import Redis
from tests.bench.noops import STEPS, TOOLS, first, flow
from tests.bench.site import Site

from fluxagents.flows.engine.controller import FlowController
from fluxagents.workers.machine.capacity import Load, build_plan, load_figures

SIZES = (20, 60, 180)
"""Runs at once."""
TOLERANCE = 2.0
"""A plan that is further off than this factor is none."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one round took."""

    worker_s: float
    redis_s: float
    redis_bytes: float
    """That Redis holds more than before."""
    runs: int

    @property
    def worker_ms(self) -> float:
        """A step."""
        return self.worker_s * 1_000 / (self.runs * STEPS)

    @property
    def redis_ms(self) -> float:
        """A step."""
        return self.redis_s * 1_000 / (self.runs * STEPS)


def lines(site: Site) -> Iterator[str]:
    """Beside a worker that runs."""
    _carry_out(site, SIZES[0])  # warms up
    figures = replace(load_figures(), steps=STEPS, tool_s=0.0)
    for runs in SIZES:
        cost = _carry_out(site, runs)
        # As many runs in a second as were carried out: what a day of them takes, divided by its seconds.
        plan = build_plan(Load(runs_per_s=runs, peak=1.0), figures)
        worker_s, redis_s = plan.worker_hours_per_day / 24, plan.redis_cores
        ratios = cost.worker_s / worker_s, cost.redis_s / redis_s
        verdict = "ok" if all(1 / TOLERANCE <= ratio <= TOLERANCE for ratio in ratios) else "OFF"
        yield (
            f"{runs:4d} runs: worker {cost.worker_ms:5.2f} ms a step, Redis {cost.redis_ms:5.2f} ms,"
            f" {cost.redis_bytes / runs / 1_000:5.1f} KB a run; measured / planned"
            f" {ratios[0]:.2f} and {ratios[1]:.2f}   {verdict}"
        )


def _carry_out(site: Site, runs: int) -> Cost:
    redis, finished = site.redis, f"{site.settings.key_prefix}status:finished"
    definition = flow()
    controller = FlowController(definition, tools=TOOLS)
    site.store.save_flow(definition)
    before = int(redis.zcard(finished))
    worker_s, redis_s, memory = _worker_seconds(), _redis_seconds(redis), _memory(redis)
    commits = [first(controller) for _ in range(runs)]
    issued = site.store.create_many([(commit, commit.state.model_dump_json()) for commit in commits])
    site.publisher.publish([outgoing for outgoing in issued if outgoing])
    while int(redis.zcard(finished)) < before + runs or not site.at_rest():
        time.sleep(0.05)
    return Cost(_worker_seconds() - worker_s, _redis_seconds(redis) - redis_s, _memory(redis) - memory, runs)


def _worker_seconds() -> float:
    """Processor time of the workers that this process has started, in s."""
    processes = [child for child in psutil.Process().children(recursive=True) if "celery" in child.cmdline()]
    return sum(process.cpu_times().user + process.cpu_times().system for process in processes)


def _redis_seconds(redis: Redis) -> float:
    used = redis.info("cpu")
    return float(used["used_cpu_sys"]) + float(used["used_cpu_user"])


def _memory(redis: Redis) -> float:
    return float(redis.info("memory")["used_memory"])
