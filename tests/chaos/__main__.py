"""`make chaos`: many runs while workers are killed and Redis too; and an upgrade while runs go on."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.chaos.cluster import Cluster
from tests.chaos.storm import EXPECTED, WORKERS, Storm
from tests.chaos.tools import RAN
from tests.chaos.upgrade import upgrade

SAY_EVERY_S = 10.0
SETTLE_S = 300.0
MIX = {"plain": 60, "mixed": 25, "fragile": 5, "poison": 1, "hungry": 4, "guarded": 5}
"""How many of a hundred runs follow each flow."""


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class Progress:
    """A line every ten seconds."""

    def __init__(self, runs: int) -> None:
        self.began = time.monotonic()
        self._runs = runs
        self._said = self.began

    def __call__(self, at_rest: int, steps: int, faults: Counter[str]) -> None:
        now = time.monotonic()
        if now - self._said >= SAY_EVERY_S:
            self._said = now
            broken = f"{faults['worker killed']} workers killed, {faults['redis killed']} times Redis"
            say(f"{now - self.began:6.0f} s  {steps} steps, {at_rest} of {self._runs} runs at rest, {broken}")


def weather(folder: Path, *, runs: int, seed: int, within_s: float) -> dict[str, Any]:
    """Start everything, break it, let it settle; what was found."""
    cluster = Cluster(folder, workers=WORKERS)
    try:
        cluster.up()
        mix = Counter(random.Random(seed).choices(list(MIX), weights=list(MIX.values()), k=runs))
        flows: dict[str, str] = {}
        issued = []
        for flow, count in mix.items():
            begun = cluster.start(flow, count)
            issued += begun
            flows |= {one.run_id: flow for one in begun}
        storm = Storm(cluster, seed, issued, {run: EXPECTED[flow] for run, flow in flows.items()})
        progress = Progress(runs)
        storm.rage(within_s=within_s, progress=progress)
        say(f"{time.monotonic() - progress.began:6.0f} s  no more faults")
        problems = _settled(cluster, storm)
        found = _found(cluster, storm, flows, problems)
        found["seconds"] = round(time.monotonic() - progress.began)
    finally:
        left = cluster.down()
    found["violations"] += [f"process {process.pid} was left running" for process in left]
    return {"seed": seed, **found}


def _settled(cluster: Cluster, storm: Storm) -> list[str]:
    try:
        cluster.up()
        storm.calm(within_s=SETTLE_S)
        cluster.settle(within_s=SETTLE_S)
    except AssertionError as error:
        return str(error).splitlines()
    return []


def _found(cluster: Cluster, storm: Storm, flows: dict[str, str], problems: list[str]) -> dict[str, Any]:
    states = {run: cluster.store.load(run) for run in cluster.started}
    outcomes: dict[str, Counter[str]] = {flow: Counter() for flow in MIX}
    unexpected = []
    for run, flow in flows.items():
        status, expected = states[run].status, storm.expected[run]
        outcomes[flow][status] += 1
        if status != expected:
            unexpected.append(f"run {run} of flow {flow!r} is {status}, expected was {expected}")
    return {
        "runs": len(flows),
        "outcomes": {flow: dict(counts) for flow, counts in outcomes.items()},
        "steps_recorded": sum(state.tool_calls for state in states.values()),
        "steps_executed": cluster.redis.llen(RAN),
        "faults": dict(storm.faults),
        "ended": dict(cluster.ended),
        "lost": sum("does not move" in each or "is lost" in each for each in problems),
        "duplicated": sum("results" in each for each in problems),
        "violations": [*problems, *unexpected],
    }


def _report(found: dict[str, Any]) -> list[str]:
    outcomes = (f"{flow} {counts}" for flow, counts in found["outcomes"].items())
    return [
        f"runs        {found['runs']}: {'; '.join(outcomes)}",
        f"steps       {found['steps_recorded']} recorded, {found['steps_executed']} executed",
        f"faults      {found['faults']}",
        f"ended       {found['ended']} (told to stop, or because Redis went)",
        f"lost        {found['lost']} runs",
        f"duplicated  {found['duplicated']} steps",
        f"violations  {len(found['violations'])}",
        f"time        {found['seconds']} s",
        *(f"VIOLATED (SEED={found['seed']}): {problem}" for problem in found["violations"][:50]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["storm", "upgrade"], default="storm")
    parser.add_argument("--from", dest="revision", help="of this repository, from which the upgrade begins")
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--within-s", type=float, default=1_200.0, help="the longest that faults go on")
    parser.add_argument("--json", action="store_true", help="the report as one JSON document")
    given = parser.parse_args()
    if given.what == "upgrade":
        if given.revision is None:
            parser.error("upgrade needs --from REVISION: a tag or a commit")
        with tempfile.TemporaryDirectory() as name:
            found = upgrade(Path(name), revision=given.revision, runs=given.runs, say=say)
        sys.stdout.write(json.dumps(found, indent=None if given.json else 2) + "\n")
        return 1 if found["violations"] else 0
    say(f"SEED={given.seed} RUNS={given.runs}")
    with tempfile.TemporaryDirectory() as name:
        found = weather(Path(name), runs=given.runs, seed=given.seed, within_s=given.within_s)
    report = [json.dumps(found)] if given.json else _report(found)
    sys.stdout.write("\n".join(report) + "\n")
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
