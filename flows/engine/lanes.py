"""The lane of a step: who waits for it, and whether its run is under way.

A queue has up to four lanes, such as `tools`, `tools.new`, `tools.bulk` and `tools.bulk.new`. The order in
which workers ask them is in `fluxagents.workers.celery.queues`.
"""

from __future__ import annotations

from fluxagents.flows.commands import CallTool, ComputeEffect, Decide, JoinShards
from fluxagents.flows.state import RunState

BULK = ".bulk"
"""Suffix of the lane for batches and schedules, so that they do not delay somebody who waits."""

NEW = ".new"
"""Suffix of the lane for first steps, so that a run that has begun is finished before others begin."""

QUEUES_WITH_BULK = frozenset({"decide", "tools"})


def choose_lane(queue: str, state: RunState, command: CallTool | ComputeEffect | Decide | JoinShards) -> str:
    """The lane of a queue for the next step of a run."""
    lane = f"{queue}{BULK}" if state.lane == "bulk" and queue in QUEUES_WITH_BULK else queue
    return f"{lane}{NEW}" if is_first_step(state, command) else lane


def is_first_step(state: RunState, command: CallTool | ComputeEffect | Decide | JoinShards) -> bool:
    """Whether the run has not computed anything yet.

    A decision does not put a run under way in the lanes of tools: decisions are quick, and all runs of a
    batch would be under way before any of them computes. A part of a split call belongs to a call that is
    under way, and so does each step after the first one of a run that another one began.
    """
    if isinstance(command, JoinShards) or state.part is not None or (state.parent and state.seq > 1):
        return False
    has_decided = isinstance(command, Decide) and state.decisions > 0
    return state.tool_calls == 0 and not has_decided


def leave_first_lane(queue: str) -> str:
    """The lane of the same queue for runs that are under way."""
    return queue.removesuffix(NEW)
