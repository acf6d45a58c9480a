"""A large analysis in parts: two workers against one, alternately, on the same Redis."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fluxagents import Client
from fluxagents.flows.events import ToolSplit
from fluxagents.workers.celery_app import create_app
from fluxagents.workers.settings import Settings

MODEL = "salmonella"
ROUNDS = 3
QUEUE = "tools.bulk"
FLOW = """
flow: ranges
version: 1
purpose: All flux ranges.
start: work
nodes:
  work: {kind: tool, tool: run_flux_variability_analysis, next: done}
  done: {kind: end, message: computed}
"""


@dataclass(frozen=True)
class Speed:
    """Seconds of each round."""

    one: Sequence[float]
    two: Sequence[float]
    parts: int

    def lines(self) -> list[str]:
        one, two = statistics.median(self.one), statistics.median(self.two)
        return [
            f"variability of {MODEL}, {self.parts} parts: 1 worker {one:5.2f} s, 2 workers {two:5.2f} s",
            f"ratio (median of {len(self.one)} rounds)            {one / two:8.2f}   target >= 1.7",
        ]


def measure(folder: Path) -> Speed:
    """Whole runs, from start to the joined result; the models are loaded before."""
    path = folder / "ranges.yaml"
    path.write_text(FLOW)
    client = Client()
    client.models.add_named(MODEL)
    control = create_app(Settings.load()).control
    with ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(_worker(folder, name))
        hostnames = _both(control)
        for _ in hostnames:
            _run(client, path)
        one, two, parts = [], [], 0
        for _ in range(ROUNDS):
            control.cancel_consumer(QUEUE, destination=hostnames[1:], reply=True)
            one.append(_run(client, path)[0])
            control.add_consumer(QUEUE, destination=hostnames[1:], reply=True)
            seconds, parts = _run(client, path)
            two.append(seconds)
    return Speed(one, two, parts)


def _run(client: Client, flow: Path) -> tuple[float, int]:
    """Seconds from the first to the last event, and the number of parts."""
    run = client.start(str(flow), model=MODEL, lane="bulk")
    assert run.wait(600) == "finished", run.state.error
    events = run.events()
    parts = next(len(event.runs) for event in events if isinstance(event, ToolSplit))
    return (events[-1].at_ms - events[0].at_ms) / 1_000, parts


def _both(control: object) -> list[str]:
    for _ in range(120):
        found = control.ping(timeout=1.0)  # type: ignore[attr-defined]
        names = sorted(name for answer in found for name in answer)
        if len(names) == 2:
            return names
    raise AssertionError("the workers did not start")


@contextmanager
def _worker(folder: Path, name: str) -> Iterator[None]:
    """A worker with one process; the first one looks after everything else too."""
    others = ",tools,decide,human,control,decide.bulk" if name == "one" else ""
    command = [
        sys.executable, "-m", "celery", "--quiet", "-A", "fluxagents.workers.celery_entry", "worker",
        "--pool=prefork", "--concurrency=1", f"--queues={QUEUE}{others}", "-O", "fair", "--loglevel=WARNING",
        f"--hostname={name}@%h",
    ]  # fmt: skip
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)
