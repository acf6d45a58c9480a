"""`make chaos`: many runs while workers are killed every two seconds and Redis five times."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.chaos.cluster import WORKERS, Cluster
from tests.chaos.tools import RAN

KILL_EVERY_S = 2.0
REDIS_KILLS = 5
SETTLE_S = 120.0
FLOWS = {"plain": 60, "mixed": 25, "fragile": 5, "poison": 1, "hungry": 4, "guarded": 5}
"""How many of a hundred runs follow each flow."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Storm:
    """A schedule of faults drawn from a seed."""

    def __init__(self, cluster: Cluster, rng: random.Random) -> None:
        self.faults: Counter[str] = Counter()
        self._cluster = cluster
        self._rng = rng

    def rage(self, *, runs: int, within_s: float) -> None:
        """Break something every two seconds until all runs are at rest or time is up."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            time.sleep(KILL_EVERY_S / 2)
            self._cluster.supervise()
            for name in WORKERS:
                self._cluster.ensure(name)
            at_rest = self._at_rest()
            if at_rest >= runs:
                return
            if self.faults["redis killed"] < REDIS_KILLS * at_rest // runs:
                self._cluster.restart_redis()
                self.faults["redis killed"] += 1
            self._small()
            time.sleep(KILL_EVERY_S / 2)
            self._cluster.kill(self._rng.choice(WORKERS))
            self.faults["worker killed"] += 1

    def _at_rest(self) -> int:
        counts = self._cluster.store.counts()
        return sum(counts[status] for status in ("finished", "failed", "dead", "waiting"))

    def _small(self) -> None:
        fault = self._rng.choice(["child killed", "reply cut", "beat killed"])
        self.faults[fault] += 1
        if fault == "child killed":
            children = self._cluster.children(self._rng.choice(WORKERS))
            with suppress(IndexError, ProcessLookupError):
                os.kill(self._rng.choice(children), signal.SIGKILL)
        elif fault == "reply cut":
            self._cluster.proxy.cut(2)
        else:
            self._cluster.kill("beat")
            self._cluster.ensure("beat")


def run(folder: Path, *, runs: int, seed: int, within_s: float) -> int:
    """Start everything, break it, let it settle, report; the exit status."""
    cluster = Cluster(folder)
    rng = random.Random(seed)
    try:
        cluster.up()
        began = time.monotonic()
        flows = rng.choices(list(FLOWS), weights=list(FLOWS.values()), k=runs)
        for flow, count in Counter(flows).items():
            cluster.start(flow, count)
        storm = Storm(cluster, rng)
        storm.rage(runs=runs, within_s=within_s)
        problems = _settled(cluster)
        _report(cluster, storm, problems, seconds=time.monotonic() - began)
    finally:
        left = cluster.down()
    problems += [f"process {process.pid} was left running" for process in left]
    for problem in problems[:50]:
        say(f"VIOLATED (SEED={seed}): {problem}")
    return 1 if problems else 0


def _settled(cluster: Cluster) -> list[str]:
    cluster.up()
    try:
        cluster.settle(within_s=SETTLE_S)
    except AssertionError as error:
        return str(error).splitlines()
    return []


def _report(cluster: Cluster, storm: Storm, problems: list[str], *, seconds: float) -> None:
    counts = {status: count for status, count in cluster.store.counts().items() if count}
    executed = cluster.redis.llen(RAN)
    recorded = sum(cluster.store.load(run_id).tool_calls for run_id in cluster.started)
    say(f"runs        {len(cluster.started)}: {counts}")
    say(f"steps       {recorded} recorded, {executed} executed")
    say(f"faults      {dict(storm.faults)}, {cluster.restarts} processes ended by themselves")
    say(f"lost        {sum('does not move' in each or 'lost' in each for each in problems)} runs")
    say(f"duplicated  {sum('results' in each for each in problems)} steps")
    say(f"violations  {len(problems)}")
    say(f"time        {seconds:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--within-s", type=float, default=1_800.0)
    given = parser.parse_args()
    say(f"SEED={given.seed} RUNS={given.runs}")
    with tempfile.TemporaryDirectory() as name:
        return run(Path(name), runs=given.runs, seed=given.seed, within_s=given.within_s)


if __name__ == "__main__":
    sys.exit(main())
