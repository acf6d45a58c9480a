"""What people have arranged in advance, as the core needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.votes import Delegation, Vote
from fluxagents.flows.state import RunState


class StandingVotes(Protocol):
    """Casts the votes of standing approvals, and passes on those of people who are away."""

    def cast(self, state: RunState, request: HumanRequest) -> Sequence[Vote]:
        """The votes that standing approvals have on a request, each counted once however often it is asked.

        Args:
            state: Of the run that waits.
            request: What it waits for.
        """
        ...

    def pass_on(self, state: RunState, request: HumanRequest) -> Sequence[Delegation]:
        """The delegations of people who are out of office and are asked by a request, those there are beside.

        Args:
            state: Of the run that waits.
            request: What it waits for.
        """
        ...
