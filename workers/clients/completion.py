"""Many runs until each has ended or needs somebody, one look after the other."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from fluxagents.flows.state import RunState, Status
from fluxagents.scheduler.batches.batches import Tally

SHORTEST_PAUSE_S = 0.02
LONGEST_PAUSE_S = 10.0
USUAL_PAUSE_S = 0.5
IDLE_SHARE = 10
"""Looking takes at most a tenth of the time."""


class RunLooks(Protocol):
    """What it takes to look at many runs."""

    def load(self, run_id: str) -> RunState:
        """The state of a run."""
        ...

    def statuses(self, run_ids: Sequence[str]) -> list[Status]:
        """The status of each of these runs, in their order."""
        ...


class RunLike(Protocol):
    """What names a run: a run of either client."""

    id: str


@dataclass(frozen=True, slots=True)
class Look:
    """How the runs are at one moment."""

    tally: Tally
    completed: tuple[RunState, ...]
    """Those that have ended, or need somebody, since the look before."""
    pause_s: float
    """To wait before the next look; 0 after the last."""


def look_until_complete(
    store: RunLooks, runs: Iterable[str], *, timeout_s: float | None = None
) -> Iterator[Look]:
    """Look at runs until none of them goes on by itself; whoever iterates waits between two looks.

    Args:
        store: The truth about runs.
        runs: Their ids.
        timeout_s: Seconds; None looks for as long as it takes.

    Raises:
        TimeoutError: If some still run then.
    """
    waited_for = list(dict.fromkeys(runs))
    statuses: dict[str, Status] = {}
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    pause_s, total = SHORTEST_PAUSE_S, len(waited_for)
    while True:
        began = time.monotonic()
        latest = dict(zip(waited_for, store.statuses(waited_for), strict=True))
        statuses |= latest
        # The state says whether a run waits for somebody, or for a time only.
        stopped = [store.load(run_id) for run_id, status in latest.items() if status != "running"]
        completed = {state.run_id: state for state in stopped if state.needs_somebody}
        waited_for = [run_id for run_id in waited_for if run_id not in completed]
        now = time.monotonic()
        pause_s = min(max(pause_s, (now - began) * IDLE_SHARE), LONGEST_PAUSE_S)
        yield Look(
            Tally.count(statuses.values(), total=total),
            tuple(completed.values()),
            pause_s if waited_for else 0.0,
        )
        if not waited_for:
            return
        if deadline is not None and now >= deadline:
            raise TimeoutError(f"{len(waited_for)} of {total} runs still run after {timeout_s} s")
        pause_s = max(pause_s, min(pause_s * 1.5, USUAL_PAUSE_S))


def list_run_ids(runs: Iterable[RunLike | str]) -> list[str]:
    """The ids of runs, which may be given as such."""
    return [run if isinstance(run, str) else run.id for run in runs]
