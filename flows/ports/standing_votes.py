"""Votes that people gave in advance, as the core needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.events import HumanRequest
from fluxagents.flows.humans.votes import Vote
from fluxagents.flows.state import RunState


class StandingVotes(Protocol):
    """Casts the votes of standing approvals."""

    def cast(self, state: RunState, request: HumanRequest) -> Sequence[Vote]:
        """The votes that standing approvals have on a request, each counted once however often it is asked.

        Args:
            state: Of the run that waits.
            request: What it waits for.
        """
        ...
