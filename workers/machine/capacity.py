"""How many workers and what Redis a load needs, from measured figures. Pure but for reading them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError

BUSY = 0.7
"""The part of a core's time that may be planned with: beyond it queues grow faster than they are served."""

MAX_REDIS_GB = 64.0
"""Beyond it a restart of Redis, which reads all of it, takes minutes."""

SECONDS_PER_DAY = 86_400.0
GB = 1e9

_SECTIONS = {
    "step": ("worker_ms", "redis_ms"),
    "run": ("steps", "tool_s"),
    "memory": ("worker_bytes", "model_bytes", "redis_bytes", "ended_run_bytes", "waiting_run_bytes"),
    "api": ("request_ms",),
    "store": ("run_bytes",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What work takes, as measured; the units stand in the names."""

    worker_ms: float
    redis_ms: float
    steps: float
    tool_s: float
    worker_bytes: float
    model_bytes: float
    redis_bytes: float
    ended_run_bytes: float
    waiting_run_bytes: float
    request_ms: float
    run_bytes: float

    def with_own(self, own: Mapping[str, float]) -> Figures:
        """The same figures with some of the user's own."""
        return replace(self, **own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is to be carried."""

    runs_per_s: float
    """On average."""
    peak: float = 3.0
    """How many times the average the busiest hour has."""
    models: int = 1
    waiting_share: float = 0.0
    """Of the runs that wait for a human."""
    waiting_h: float = 8.0
    """For how long, in h."""
    requests_per_run: float = 10.0
    """Of the API: starts, looks and answers."""
    ended_kept: int = 50_000
    """Ended runs that stay in Redis until they are archived."""
    models_kept: int = 17
    """Models that a worker process keeps."""


@dataclass(frozen=True, slots=True)
class Wall:
    """What a growing load meets, and when."""

    what: str
    runs_per_day: float
    """The load that it ends at."""
    way_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a load needs."""

    worker_processes: int
    worker_gb: float
    """Memory of all of them."""
    worker_hours_per_day: float
    """Hours of a core that are used."""
    api_processes: int
    redis_cores: float
    """In the busiest hour; Redis has one core for all of it."""
    redis_gb: float
    store_gb_per_day: float
    walls: tuple[Wall, ...]
    """The nearest one first."""


def load_figures(path: Path | None = None) -> Figures:
    """The figures of a file; those of this project by default.

    Raises:
        FluxError: `BAD_ARGUMENT` if it cannot be read, or lacks a figure.
    """
    try:
        text = path.read_text() if path else (files(__package__) / "capacity.toml").read_text()
        document: dict[str, Any] = tomllib.loads(text)
        return Figures(
            **{name: float(document[section][name]) for section, names in _SECTIONS.items() for name in names}
        )
    except KeyError as error:
        raise _unusable(path, f"it lacks {error}") from error
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(path, str(error)) from error


def build_plan(load: Load, figures: Figures) -> Plan:
    """What a load needs.

    Args:
        load: What is to be carried.
        figures: What work takes.
    """
    busiest = load.runs_per_s * load.peak
    core_s = _core_seconds(figures)
    redis_s = figures.steps * figures.redis_ms / 1_000
    api_s = load.requests_per_run * figures.request_ms / 1_000
    processes = max(1, math.ceil(busiest * core_s / BUSY))
    kept = min(load.models, load.models_kept)
    process_bytes = figures.worker_bytes + (kept - 1) * figures.model_bytes
    waiting = load.runs_per_s * load.waiting_share * load.waiting_h * 3_600
    redis_bytes = (
        figures.redis_bytes
        + min(load.ended_kept, load.runs_per_s * SECONDS_PER_DAY * 30) * figures.ended_run_bytes
        + waiting * figures.waiting_run_bytes
    )
    return Plan(
        worker_processes=processes,
        worker_gb=processes * process_bytes / GB,
        worker_hours_per_day=load.runs_per_s * core_s * 24,
        api_processes=max(1, math.ceil(busiest * api_s / BUSY)),
        redis_cores=busiest * redis_s,
        redis_gb=redis_bytes / GB,
        store_gb_per_day=load.runs_per_s * SECONDS_PER_DAY * figures.run_bytes / GB,
        walls=_find_walls(load, redis_s, waiting * figures.waiting_run_bytes),
    )


def _core_seconds(figures: Figures) -> float:
    """Processor time of workers for one run, in s."""
    return figures.steps * figures.worker_ms / 1_000 + figures.tool_s


def _find_walls(load: Load, redis_s: float, waiting_bytes: float) -> tuple[Wall, ...]:
    """What does not grow by starting more workers."""
    busiest_per_day = SECONDS_PER_DAY / load.peak
    walls = [
        Wall(
            "the one core of Redis",
            BUSY / redis_s * busiest_per_day,
            "a second installation beside this one, with sessions divided between them",
        )
    ]
    if waiting_bytes:
        runs_per_day = load.runs_per_s * SECONDS_PER_DAY
        walls.append(
            Wall(
                f"{MAX_REDIS_GB:.0f} GB of runs that wait for a human",
                runs_per_day * MAX_REDIS_GB * GB / waiting_bytes,
                "shorter deadlines, standing approvals, or a second installation",
            )
        )
    return tuple(sorted(walls, key=lambda wall: wall.runs_per_day))


def _unusable(path: Path | None, why: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"the figures in {path or 'capacity.toml'} cannot be used: {why}",
        suggestions=("copy workers/machine/capacity.toml and change its numbers",),
    )
