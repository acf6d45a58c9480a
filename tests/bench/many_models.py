"""A batch over more models than a process keeps: when results come, and how often models are loaded.

`python -m tests.bench many_models` measures this checkout, `python -m tests.bench.many_models --against DIR`
this one and another in turns, such as a worktree of an earlier commit.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from redis import Redis
from tests.bench.counted_models import CACHE_VARIABLE, LOADS, SERVED
from tests.support.places import ROOT

from fluxagents import Client
from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.batches import build_specs
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.celery.queues import POOLS
from fluxagents.workers.redis.connection import redis_url
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis
from fluxagents.workers.settings import Settings

MODEL = "iJO1366"
MODELS = int(os.environ.get("BENCH_MODELS", "10"))
"""Variants of it; 100 take some minutes."""
ALONE = 3
"""Further variants, each for one run before the batch."""
CACHE_BYTES = 6 * 15_000_000
"""Memory of a process for six of them, as by default for 17 of more models than that."""
QUESTIONS = (
    "How fast does it grow?",
    "What is the growth rate without oxygen?",
    "What is the growth rate on acetate?",
)
FLOW = "metabolic_analysis"
PROCESSES = {"decide": 8, "tools": 2, "control": 2}
"""Of each pool: threads, or pool processes for tools."""
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One batch. Seconds count from its first start."""

    alone_s: float
    """A run on idle workers that have not loaded its model, the median of `ALONE`."""
    first_s: float
    """The end of the first run of the batch."""
    half_s: float
    """When half of the runs had ended."""
    total_s: float
    cpu_s: float
    """Processor time of the workers for the batch; other work on the machine does not change it."""
    loads: int
    served: int
    """Pairs of a process and a model that it used."""

    def lines(self) -> list[str]:
        to_alone, share = self.first_s / self.alone_s, self.half_s / self.total_s
        per_process = self.loads / self.served
        return [
            f"one run alone                        {self.alone_s:8.2f} s",
            f"first run of the batch ends after    {self.first_s:8.2f} s   x {to_alone:.2f}, target <= 1.5",
            f"half of the runs have ended after    {self.half_s:8.2f} s   {share:.0%}, target 40 to 60 %",
            f"all have ended after                 {self.total_s:8.2f} s",
            f"processor time of the workers        {self.cpu_s:8.2f} s",
            f"loads per process and model          {per_process:8.2f}   of {self.loads}, target <= 1.1",
        ]


def measure() -> Round:
    """One batch on fresh workers, on the Redis and the data folder of the environment."""
    settings, client = Settings.load(), Client()
    redis = Redis.from_url(redis_url(settings))
    names = [_variant(client, 5 + number / 10) for number in range(MODELS + ALONE)]
    with ExitStack() as running:
        workers = [running.enter_context(_worker(settings.data_dir, pool)) for pool in PROCESSES]
        _wait(client, client.start(FLOW, model="e_coli_core", question=QUESTIONS[0], lane="bulk").id)
        alone = [
            _wait(client, client.start(FLOW, model=name, question=QUESTIONS[0], lane="bulk").id)
            for name in names[MODELS:]
        ]
        redis.delete(LOADS, SERVED)
        before_s = sum(map(_cpu_s, workers))
        batch = client.batch(FLOW, build_specs(dict.fromkeys(names[:MODELS], ()), QUESTIONS))
        states = [_wait(client, run.id) for run in list(batch)]
        cpu_s = sum(map(_cpu_s, workers)) - before_s
    began_ms = min(state.started_ms for state in states)
    ends_s = sorted((state.updated_ms - began_ms) / 1_000 for state in states)
    return Round(
        alone_s=statistics.median((run.updated_ms - run.started_ms) / 1_000 for run in alone),
        first_s=ends_s[0],
        half_s=ends_s[len(ends_s) // 2 - 1],
        total_s=ends_s[-1],
        cpu_s=cpu_s,
        loads=int(redis.get(LOADS) or 0),
        served=int(redis.scard(SERVED)),
    )


def lines(url: str, folder: Path, against: Path | None = None, rounds: int = ROUNDS) -> Iterator[str]:
    """The figures of one round; with another checkout those of the median round of each, and their ratio."""
    if against is None:
        yield from _in_process(ROOT, url, folder, 4).lines()
        return
    ours: list[Round] = []
    theirs: list[Round] = []
    for number in range(rounds):
        theirs.append(_in_process(against, url, folder, 4 + 2 * number))
        ours.append(_in_process(ROOT, url, folder, 5 + 2 * number))
    for name, found in ((against.name, theirs), ("this checkout", ours)):
        yield f"{name}, the median of {rounds} rounds:"
        yield from _median(found).lines()
    pairs = list(zip(theirs, ours, strict=True))
    total = [before.total_s / after.total_s for before, after in pairs]
    cpu = [before.cpu_s / after.cpu_s for before, after in pairs]
    yield f"total time, the other one ÷ this     {_describe(total)}, target >= 1.5"
    yield f"processor time, likewise             {_describe(cpu)}"


def _describe(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):8.2f}   {min(ratios):.2f} to {max(ratios):.2f}"


def _median(rounds: Sequence[Round]) -> Round:
    return sorted(rounds, key=lambda found: found.total_s)[len(rounds) // 2]


def _in_process(checkout: Path, url: str, folder: Path, database: int) -> Round:
    """A round of a checkout's own code, in a database of its own; models are shared."""
    here = urlsplit(url)._replace(path=f"/{database}").geturl()
    environment = os.environ | {
        "FLUXAGENTS_REDIS_URL": here,
        "FLUXAGENTS_DATA_DIR": str(folder),
        "PYTHONPATH": str(checkout / "src"),
    }
    command = [sys.executable, "-m", "tests.bench.many_models"]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Round(**json.loads(done.stdout.splitlines()[-1]))


def _variant(client: Client, glucose_mmol_per_gdw_h: float) -> str:
    """The name of a model like the first one with another medium, stored in its fast form."""
    reference = client.models.resolve(MODEL)
    tool = tool_named("apply_medium")
    args = tool.parse({"medium_changes": {"EX_glc__D_e": glucose_mmol_per_gdw_h}})
    model = client.models.load(reference)
    with model:
        model.reactions.EX_glc__D_e.lower_bound = -glucose_mmol_per_gdw_h
        return client.models.derive(reference, model, tool.describe_change(args)).name


def _wait(client: Client, run_id: str) -> RunState:
    run = client.get(run_id)
    assert run.wait(1_800) == "finished", run.state.error
    return run.state


def _cpu_s(worker: psutil.Process) -> float:
    """Of a worker with its pool processes."""
    times = (process.cpu_times() for process in (worker, *worker.children(recursive=True)))
    return sum(spent.user + spent.system for spent in times)


@contextmanager
def _worker(folder: Path, pool: str) -> Iterator[psutil.Process]:
    served = POOLS[pool]
    command = [
        sys.executable, "-m", "celery", "--quiet", "-A", "tests.bench.cache_app", "worker",
        f"--pool={served.kind}", f"--concurrency={PROCESSES[pool]}", f"--queues={','.join(served.queues)}",
        "-O", "fair", "--loglevel=WARNING", f"--hostname={pool}@%h",
    ]  # fmt: skip
    environment = os.environ | {CACHE_VARIABLE: str(CACHE_BYTES)}
    with (folder / f"many-{pool}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)


def main() -> None:
    """With `--against`, the rounds of two checkouts in turns; else one round as JSON, for `lines`."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.many_models", description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    if asked.against is None:
        print(json.dumps(asdict(measure())))
        return
    with tempfile.TemporaryDirectory() as name, EmbeddedRedis(Path(name) / "redis") as server:
        for line in lines(server.url, Path(name), asked.against.resolve(), asked.rounds):
            print(line, flush=True)


if __name__ == "__main__":
    main()
