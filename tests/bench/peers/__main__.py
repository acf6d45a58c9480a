"""`make bench-peers`: runs of ten no-op steps through ours and through other systems, in alternate rounds.

Each system is used as its documentation says, on two processes or threads of this machine. A step does the
same in all: it adds a line to a file, from which everything here is measured.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.peers.systems import SYSTEMS
from tests.bench.peers.trial import Recovery, Throughput, Trial

from fluxagents.workers.redis.embedded_redis import EmbeddedRedis

OURS = "fluxagents"
TARGETS = {"celery-chain": 1.0, "celery-bare": 0.85, "dbos-queue": 3.0}
"""Steps per second of ours, at least, in those of the other."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("system", nargs="*", choices=[*SYSTEMS, []], help="which ones; all by default")
    parser.add_argument("--python", default=".venv-peers/bin/python", help="of the environment of the peers")
    parser.add_argument("--runs", type=int, default=1_000, help="of ten steps each")
    parser.add_argument("--rounds", type=int, default=3, help="0: only recovery")
    parser.add_argument("--recovered", type=int, default=100, help="runs with a kill; 0: none")
    asked = parser.parse_args()
    names = asked.system or list(SYSTEMS)
    found: dict[str, list[Throughput]] = {name: [] for name in names}
    for number in range(1, asked.rounds + 1):
        for name in names:
            with _trial(name, asked.python, asked.runs) as trial:
                found[name].append(trial.measure())
            print(f"round {number}: {_tell_throughput(name, found[name][-1:])}", flush=True)
    if asked.rounds:
        print("-- medians")
        for name, rounds in found.items():
            print(_tell_throughput(name, rounds))
        print(*_compare(found), sep="\n", flush=True)
    if asked.recovered:
        print(
            "-- kill -9 of the workers when half of the steps are done; they start again at once", flush=True
        )
        for name in names:
            with _trial(name, asked.python, asked.recovered) as trial:
                print(_tell_recovery(name, trial.recover()), flush=True)


@contextmanager
def _trial(name: str, python: str, runs: int) -> Iterator[Trial]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        EmbeddedRedis(Path(folder) / "redis") as server,
    ):
        yield Trial(SYSTEMS[name], python, Path(folder), server.url, runs)


def _tell_throughput(name: str, rounds: list[Throughput]) -> str:
    return (
        f"{SYSTEMS[name].name:<28}{median(one.steps_per_s for one in rounds):8.0f} steps/s"
        f"   first result {median(one.first_s for one in rounds):7.2f} s"
        f"   last {median(one.last_s for one in rounds):7.1f} s"
        f"   {median(one.cpu_ms_per_step for one in rounds):6.2f} ms of processor a step"
        f"   of {rounds[0].runs} runs"
        + "".join(f"   ONLY {one.finished} finished" for one in rounds if one.finished < one.runs)
    )


def _tell_recovery(name: str, found: Recovery) -> str:
    return (
        f"{SYSTEMS[name].name:<28} next step after {found.again_s:5.1f} s   last after {found.last_s:5.1f} s"
        f"   {found.finished} of {found.runs} runs finished   {found.twice} steps ran twice"
    )


def _compare(found: dict[str, list[Throughput]]) -> Iterator[str]:
    for name, rounds in found.items():
        if OURS in found and name != OURS:
            ratio = median(
                ours.steps_per_s / theirs.steps_per_s
                for ours, theirs in zip(found[OURS], rounds, strict=True)
            )
            cpu = median(
                theirs.cpu_ms_per_step / ours.cpu_ms_per_step
                for ours, theirs in zip(found[OURS], rounds, strict=True)
            )
            target = f"   target >= {TARGETS[name]}" if name in TARGETS else ""
            yield (
                f"{OURS} / {SYSTEMS[name].name:<28} steps per second {ratio:6.2f}"
                f"   per second of processor time {cpu:6.2f}{target}"
            )


if __name__ == "__main__":
    main()
