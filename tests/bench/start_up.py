"""How soon `fluxagents --help` answers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from time import perf_counter

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class StartUp:
    """The fastest of some attempts."""

    seconds: float

    def lines(self) -> list[str]:
        return [f"fluxagents --help{self.seconds:33.2f} s   target < 0.4 s"]


def measure() -> StartUp:
    """Start a process for each attempt."""
    command = [sys.executable, "-m", "fluxagents.workers.cli", "--help"]
    times = []
    for _ in range(ATTEMPTS):
        before = perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        times.append(perf_counter() - before)
    return StartUp(min(times))
