"""Dispatches as the scripts of runs return them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.dispatch import Dispatch, Outgoing


def build_outgoing(commit: Commit, state: str, sequence_number: int) -> Outgoing | None:
    if commit.dispatch is None or sequence_number <= 0:
        return None
    return Outgoing(
        run_id=commit.state.run_id,
        seq=commit.state.seq,
        sequence_number=sequence_number,
        attempt=1,
        dispatch=replace(commit.dispatch, after=()) if commit.dispatch.after else commit.dispatch,
        state=state,
    )


def read_outgoing(row: Sequence[Any]) -> Outgoing:
    """A dispatch as `dispatches.lua` returns it."""
    run_id, seq, sequence_number, attempt, dispatch, state = row
    return Outgoing(
        run_id=run_id.decode(),
        seq=int(seq),
        sequence_number=sequence_number,
        attempt=attempt,
        dispatch=Dispatch(**json.loads(dispatch)),
        state=state.decode(),
    )
