"""A run as a script holds it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol

from fluxagents.flows.events import Event
from fluxagents.flows.state import Finding, RunState, Status


class RunReader(Protocol):
    """Reads runs."""

    def load(self, run_id: str) -> RunState:
        """The state of a run."""
        ...

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order."""
        ...


class RunActs(Protocol):
    """What a script does with the run that it holds."""

    @property
    def store(self) -> RunReader:
        """Where runs are read."""
        ...

    def pause(self, run_id: str, *, by: str | None) -> RunState:
        """Pause a run."""
        ...

    def resume(self, run_id: str, *, by: str | None) -> RunState:
        """Let a paused run go on."""
        ...

    def cancel(self, run_id: str, *, by: str | None, reason: str) -> RunState:
        """End a run."""
        ...


class Run:
    """One run; every property asks the store."""

    def __init__(self, control: RunActs, run_id: str) -> None:
        self._control = control
        self.id = run_id

    def __repr__(self) -> str:
        return f"Run({self.id!r})"

    @property
    def state(self) -> RunState:
        return self._control.store.load(self.id)

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def answer(self) -> str | None:
        """The answer, once the run has finished."""
        return self.state.answer

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the tools found, each with the artifact that holds the full data."""
        return self.state.findings

    def events(self) -> tuple[Event, ...]:
        """The run's log, from its start."""
        return self._control.store.events(self.id)

    def wait(self, timeout: float | None = None) -> Status:
        """Wait until the run ends or needs somebody.

        Args:
            timeout: Seconds; None waits for as long as it takes.

        Raises:
            TimeoutError: If it still runs then.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        pause_s = 0.02
        while not (state := self.state).needs_somebody:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"run {self.id} still runs after {timeout} s")
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 0.5)
        return state.status

    def watch(self, *, poll_s: float = 0.2) -> Iterator[Event]:
        """Events as they happen, from the run's start until it rests."""
        seen = 0
        while True:
            resting = self.state.needs_somebody
            log = self.events()
            yield from log[seen:]
            seen = len(log)
            if resting:
                return
            time.sleep(poll_s)

    def pause(self, by: str | None = None) -> RunState:
        return self._control.pause(self.id, by=by)

    def resume(self, by: str | None = None) -> RunState:
        return self._control.resume(self.id, by=by)

    def cancel(self, reason: str = "no reason given", by: str | None = None) -> RunState:
        return self._control.cancel(self.id, by=by, reason=reason)
