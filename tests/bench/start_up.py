"""How soon `fluxagents --help` answers, and the API its first request."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench.http_api import serve

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class StartUp:
    """Seconds of each attempt."""

    help_s: list[float]
    api_s: list[float]

    def lines(self) -> list[str]:
        return [
            _line("fluxagents --help", self.help_s, "< 0.4 s"),
            _line("API, to its first answer", self.api_s, "< 1 s"),
        ]


def measure(url: str, folder: Path) -> StartUp:
    """Start a process for each attempt."""
    return StartUp([_help() for _ in range(ATTEMPTS)], [_api(url, folder) for _ in range(ATTEMPTS)])


def _help() -> float:
    command = [sys.executable, "-m", "fluxagents.workers.cli", "--help"]
    began = perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return perf_counter() - began


def _api(url: str, folder: Path) -> float:
    began = perf_counter()
    with serve(folder, url):
        return perf_counter() - began


def _line(what: str, seconds: list[float], target: str) -> str:
    return f"{what:28s} fastest {min(seconds):5.2f} s   median {median(seconds):5.2f} s   target {target}"
