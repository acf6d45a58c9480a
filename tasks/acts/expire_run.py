"""The step of a run whose time is over."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.commands import Command, Expire
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import Event
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import RunState
from fluxagents.tasks.protocol import WrongTaskError


def expire_run(
    clock: Clock, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Record what follows for a run that waits or is paused, now that its time is over."""
    if not isinstance(command, Expire):
        raise WrongTaskError("run.expire", command)
    # The store's clock said that it is time; this machine's may be behind.
    return [controller.on_expiry(state, max(clock.now_ms(), command.at_ms))]
