"""What traces cost: runs of no-ops with spans that go to a receiver, without, and in another checkout."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from tests.bench.journal import VARIABLE, Journal
from tests.bench.noops import STEPS
from tests.bench.site import build_environment, celery, eventually
from tests.support.otlp_receiver import OtlpReceiver, receive_traces
from tests.support.places import ROOT

from fluxagents.workers.celery.queues import CONTROL, DECIDE, TOOLS
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis

ROUNDS = 7
RUNS = 60
PATIENCE_S = 600.0
IDLE_S = 4.0
"""In which it is measured what ticks take: they go on while runs do, and longer on a busy machine."""

OFF, ON, BEFORE = "traces off", "traces on", "other checkout"
TARGETS = {(ON, OFF): 1.10, (OFF, BEFORE): 1.02}
"""Processor time at most, in that of the other."""

WORKER = ("worker", "--concurrency=2", "-O", "fair", "--loglevel=ERROR")
PROCESSES = {
    "tools": (*WORKER, f"--queues={','.join(TOOLS.queues)}", "--hostname=tools@%h"),
    # Spans are sent by a worker of threads, as in an installation, which imports OpenTelemetry once.
    "rest": (
        *WORKER,
        "--pool=threads",
        f"--queues={','.join((*DECIDE.queues, *CONTROL.queues))}",
        "--hostname=rest@%h",
    ),
    "beat": ("beat", "--loglevel=ERROR", "--pidfile="),
}


@dataclass(frozen=True, slots=True)
class Round:
    """What some runs took."""

    runs_per_s: float
    cpu_ms: float
    """Processor time of workers, beat and Redis, a run, without what they take when there is none."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Processes of a checkout, which run for all rounds."""

    tree: Path
    folder: Path
    redis_url: str
    pids: tuple[int, ...]
    journal: Journal
    receiver: OtlpReceiver

    def carry_out(self, *, is_traced: bool) -> Round:
        """Let some runs end, and their spans arrive."""
        first_s = self._read_processor_time()
        time.sleep(IDLE_S)
        before_s, began_s = self._read_processor_time(), time.monotonic()
        idle_share = (before_s - first_s) / IDLE_S
        known, sent = len(self.journal.lines), self._count_traced()
        variables = {VARIABLE: str(self.folder / "journal")}
        if is_traced:
            variables["FLUXAGENTS_TRACE_URL"] = self.receiver.url
        subprocess.run(
            [sys.executable, "-m", "tests.bench.peers.own_runs", str(RUNS)],
            cwd=self.tree,
            env=build_environment(self.folder, redis_url=self.redis_url, tree=self.tree, **variables),
            check=True,
        )
        eventually(lambda: self._count_steps(known) == RUNS * STEPS, within_s=PATIENCE_S)
        wanted = sent + RUNS * is_traced
        eventually(lambda: self._count_traced() == wanted, within_s=PATIENCE_S)
        cpu_s = self._read_processor_time() - before_s - idle_share * (time.monotonic() - began_s)
        new = self.journal.lines[known:]
        took_s = new[-1].at_s - next(line.at_s for line in new if line.what == "enqueue")
        return Round(RUNS / took_s, 1_000 * cpu_s / RUNS)

    def _count_steps(self, since: int) -> int:
        self.journal.read()
        return sum(line.what == "step" for line in self.journal.lines[since:])

    def _count_traced(self) -> int:
        """Runs whose last span has come."""
        return sum(span.name.startswith("run ") for span in self.receiver.spans.values())

    def _read_processor_time(self) -> float:
        heads = [psutil.Process(pid) for pid in self.pids]
        family = [*heads, *(child for head in heads for child in head.children(recursive=True))]
        return sum(times.user + times.system for times in (each.cpu_times() for each in family))


def lines(folder: Path, against: Path | None) -> Iterator[str]:
    """Figures of each, and their ratios.

    Args:
        folder: For their files.
        against: A checkout from before; only this one is measured without.
    """
    with ExitStack() as stack:
        receiver = stack.enter_context(receive_traces())
        here = stack.enter_context(_installed(ROOT, folder / "here", receiver))
        sides = {OFF: (here, False), ON: (here, True)}
        if against is not None:
            sides[BEFORE] = (stack.enter_context(_installed(against, folder / "there", receiver)), False)
        found: dict[str, list[Round]] = {name: [] for name in sides}
        for installation, is_traced in sides.values():
            installation.carry_out(is_traced=is_traced)  # warms up
        for number in range(ROUNDS):
            # Whoever is first in a round meets another machine than the last.
            turn = number % len(sides)
            for name in (*list(sides)[turn:], *list(sides)[:turn]):
                installation, is_traced = sides[name]
                found[name].append(installation.carry_out(is_traced=is_traced))
                print(f"round {number + 1}: {_tell(name, found[name][-1:])}", flush=True)
    for name, rounds in found.items():
        yield _tell(name, rounds)
    for (name, other), target in TARGETS.items():
        if other in found:
            yield _compare(name, found[name], other, found[other], target)


def _tell(name: str, rounds: list[Round]) -> str:
    return (
        f"{name:14s} {median(each.runs_per_s for each in rounds):6.1f} runs/s"
        f" {median(each.cpu_ms for each in rounds):6.1f} ms of processor a run"
    )


def _compare(name: str, rounds: list[Round], other: str, others: list[Round], target: float) -> str:
    pairs = list(zip(rounds, others, strict=True))
    costs = [one.cpu_ms / two.cpu_ms for one, two in pairs]
    speeds = [one.runs_per_s / two.runs_per_s for one, two in pairs]
    return (
        f"{name} / {other}: processor time {median(costs):.3f} ({min(costs):.2f} to {max(costs):.2f})"
        f"   target <= {target}   runs/s {median(speeds):.2f} ({min(speeds):.2f} to {max(speeds):.2f})"
    )


@contextmanager
def _installed(tree: Path, folder: Path, receiver: OtlpReceiver) -> Iterator[Installation]:
    folder.mkdir()
    journal = Journal(folder / "journal")
    with EmbeddedRedis(folder / "redis") as server, ExitStack() as stack:
        variables = {
            VARIABLE: str(folder / "journal"),
            "FLUXAGENTS_LOG_LEVEL": "ERROR",
            "FLUXAGENTS_TRACE_URL": receiver.url,
        }
        pids = [
            stack.enter_context(
                celery(folder, name, *arguments, redis_url=server.url, tree=tree, **variables)
            )
            for name, arguments in PROCESSES.items()
        ]
        assert server.instance is not None
        yield Installation(tree, folder, server.url, (*pids, server.instance.process.pid), journal, receiver)
        journal.close()
