"""How soon commands answer beside many runs in the store, in turns with an empty store.

The time is that of a whole process: interpreter, imports, the look. `run` starts a run without waiting.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from redis import Redis
from tests.bench.noops import TOOLS, approval, first, flow

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import reduce
from fluxagents.workers.redis.runs.run_store import RedisRunStore

ROUNDS = 5
CHUNK = 500
ANSWER = "x" * 2_000
"""About as long as the state of a real run."""

COMMANDS = (
    ("runs", "list"),
    ("runs", "list", "--status", "failed"),
    ("approvals", "list"),
    ("status",),
    ("run", "metabolic_analysis", "--model", "e_coli_core", "--question", "How fast does it grow?"),
)


@dataclass(frozen=True, slots=True)
class Look:
    """Medians of one command."""

    command: tuple[str, ...]
    full_s: float
    """Seconds beside many runs."""
    processor_s: float
    """Processor time of the process then."""
    empty_s: float
    """Seconds beside none."""


def lines(redis: Redis, runs: int) -> Iterator[str]:
    """Fill the store, measure, and say what was found."""
    fill(RedisRunStore(redis, prefix="full:"), runs)
    for command in COMMANDS:
        look = _measure(command)
        yield (
            f"fluxagents {' '.join(command[:4]):32} {look.full_s:6.2f} s beside {runs} runs   target < 1 s   "
            f"({look.processor_s:.2f} s of a processor; {look.full_s / look.empty_s:.2f} x an empty store)"
        )


def _measure(command: tuple[str, ...]) -> Look:
    full, processor, empty = [], [], []
    for _ in range(ROUNDS + 1):
        wall_s, cpu_s = _time(command, "full:")
        full.append(wall_s)
        processor.append(cpu_s)
        empty.append(_time(command, "empty:")[0])
    # The first round warms the disk up.
    return Look(command, *(statistics.median(values[1:]) for values in (full, processor, empty)))


def _time(command: tuple[str, ...], prefix: str) -> tuple[float, float]:
    environment = os.environ | {"FLUXAGENTS_KEY_PREFIX": prefix}
    before, began_s = _processor_s(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "fluxagents.workers.cli", *command],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    # `status` ends with 1 where nothing runs.
    assert done.returncode == 0 or command == ("status",), done.stderr
    return time.perf_counter() - began_s, _processor_s() - before


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fill(store: RedisRunStore, runs: int) -> None:
    """Of a hundred runs 89 are finished, 10 failed and one waits for a human."""
    work, asking = (FlowController(each, tools=TOOLS) for each in (flow(2), approval()))
    for begun in range(0, runs, CHUNK):
        commits = [
            _wait(first(asking)) if number % 100 == 0 else _end(first(work), fails=number % 10 == 1)
            for number in range(begun, min(begun + CHUNK, runs))
        ]
        store.create_many([(commit, commit.state.model_dump_json()) for commit in commits])


def _wait(commit: Commit) -> Commit:
    return replace(commit, dispatch=None)


def _end(commit: Commit, *, fails: bool) -> Commit:
    what: Mapping[str, object] = {"seq": 1, "at_ms": commit.state.started_ms, "node": "n0"}
    error = FluxError(ErrorClass.INFEASIBLE, "no growth").info("n0")
    end = e.RunFailed(**what, error=error) if fails else e.RunFinished(**what, answer=ANSWER)
    state = reduce(commit.state, end)
    return Commit(events=(*commit.events, end), state=state, dispatch=None)
