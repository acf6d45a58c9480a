"""One system at work: its runs from enqueue to results, undisturbed or with its workers killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests.bench.journal import VARIABLE, Journal
from tests.bench.peers.systems import System
from tests.bench.peers.work import FOLDER, STEPS
from tests.support.places import ROOT

START_S = 180
"""For a server to create its database and to answer."""

WARM_UP_RUNS = 10

PATIENCE_S = 60
"""A system that runs no step for so long is taken to have done what it will ever do."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """From the first enqueue on, in seconds."""

    runs: int
    finished: int
    first_s: float
    last_s: float
    cpu_s: float
    """Processor time of workers and servers; other work on the machine changes it little."""

    @property
    def cpu_ms_per_step(self) -> float:
        return 1_000 * self.cpu_s / (self.finished * STEPS)

    @property
    def steps_per_s(self) -> float:
        return self.finished * STEPS / self.last_s


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of runs half of whose steps were done when their workers were killed and begun anew."""

    runs: int
    finished: int
    again_s: float
    """From the kill to the next step; infinite if there was none."""
    last_s: float
    """From the kill to the last step."""
    twice: int
    """Steps that ran more than once."""


class Trial:
    """Processes of a system in a folder of its own; all are killed at the end.

    Args:
        system: What to try.
        python: Of the environment of the peers.
        folder: Empty.
        redis_url: An empty Redis.
        runs: How many to enqueue.
    """

    def __init__(self, system: System, python: str, folder: Path, redis_url: str, runs: int) -> None:
        self._system, self._runs = system, min(runs, system.max_runs)
        self._python = sys.executable if system.is_ours else python
        self._journal = Journal(folder / "journal")
        self._log = folder / "log"
        self._environment = os.environ | {
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}" if system.is_ours else str(ROOT),
            VARIABLE: str(folder / "journal"),
            FOLDER: str(folder),
            "BENCH_REDIS_URL": redis_url,
            "FLUXAGENTS_REDIS_URL": redis_url,
            "FLUXAGENTS_DATA_DIR": str(folder),
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": "http://127.0.0.1:14200/api",
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            **system.environment,
        }

    def measure(self) -> Throughput:
        """Let it do all runs."""
        with self._beside(), self._serving():
            self._warm_up()
            before_s = _spent_s()
            self._enqueue()
            self._wait(self._has_finished)
            cpu_s = _spent_s() - before_s
        begun = next(line.at_s for line in self._journal.lines if line.what == "enqueue")
        ended = sorted(self._ends().values())
        if not ended:
            raise self._failure("finished no run")
        return Throughput(self._runs, len(ended), ended[0] - begun, ended[-1] - begun, cpu_s)

    def recover(self) -> Recovery:
        """Kill its workers when half of the steps are done, and start them again."""
        with self._beside():
            with self._serving():
                self._enqueue()
                self._wait(lambda: len(self._steps()) >= self._runs * STEPS // 2)
            killed = time.monotonic()
            self._journal.read()
            before = len(self._steps())
            with self._serving():
                self._wait(self._has_finished)
        after = [at_s for _, _, at_s in self._steps()[before:]]
        counts = Counter((run, step) for run, step, _ in self._steps())
        return Recovery(
            self._runs,
            len(self._ends()),
            min(after, default=float("inf")) - killed,
            max(after, default=float("inf")) - killed,
            sum(count > 1 for count in counts.values()),
        )

    def _steps(self) -> list[tuple[str, int, float]]:
        return [(line.run, line.step, line.at_s) for line in self._journal.lines if line.what == "step"]

    def _ends(self) -> dict[str, float]:
        """When each run had done its last step."""
        steps: dict[str, dict[int, float]] = {}
        for run, step, at_s in self._steps():
            steps.setdefault(run, {}).setdefault(step, at_s)
        return {run: max(done.values()) for run, done in steps.items() if len(done) == STEPS}

    def _has_finished(self) -> bool:
        # To look at every run is dear, and there are never fewer steps than that.
        return len(self._journal.lines) >= self._runs * STEPS and len(self._ends()) == self._runs

    def _wait(self, holds: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> None:
        """Wait until it holds, or nothing happens any more."""
        changed = time.monotonic()
        while not holds() and time.monotonic() < changed + patience_s:
            time.sleep(0.05)
            if self._journal.read():
                changed = time.monotonic()

    @contextmanager
    def _serving(self) -> Iterator[None]:
        began = time.monotonic()
        with self._process(self._system.serve) as process:
            self._wait(lambda: self._is_ready(began) or process.poll() is not None, patience_s=START_S)
            if not self._is_ready(began):
                raise self._failure("did not start")
            yield

    def _is_ready(self, began: float) -> bool:
        return any(line.what == "ready" and line.at_s > began for line in self._journal.lines)

    def _failure(self, what: str) -> RuntimeError:
        return RuntimeError(f"{self._system.name} {what}; its last words:\n{self._log.read_text()[-2_000:]}")

    @contextmanager
    def _beside(self) -> Iterator[None]:
        with ExitStack() as stack:
            for command in self._system.beside:
                stack.enter_context(self._process(command))
            yield

    def _warm_up(self) -> None:
        """Let workers import and connect what their first runs need, where they do so late."""
        if self._system.enqueue:
            self._enqueue(WARM_UP_RUNS, "warm")
            self._wait(lambda: len(self._ends()) == WARM_UP_RUNS)
            self._journal.lines.clear()

    def _enqueue(self, runs: int | None = None, prefix: str = "run") -> None:
        if self._system.enqueue:
            command = self._command(self._system.enqueue, runs, prefix)
            subprocess.run(command, cwd=ROOT, env=self._environment, check=True)

    @contextmanager
    def _process(self, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self._command(command), cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            _kill(process)

    def _command(self, arguments: Sequence[str], runs: int | None = None, prefix: str = "run") -> list[str]:
        count = self._runs if runs is None else runs
        return [self._python, *(argument.format(runs=count, prefix=prefix) for argument in arguments)]


def _spent_s() -> float:
    """Processor time of all processes that this one has started and that still go on."""
    times = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return sum(spent.user + spent.system for spent in times)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """At once, with all that it started."""
    family = psutil.Process(process.pid)
    for member in [family, *family.children(recursive=True)]:
        member.kill()
    process.wait()
