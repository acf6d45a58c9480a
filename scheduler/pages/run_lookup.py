"""Runs and models that a page names, so that it calls them what people call them."""

from __future__ import annotations

from collections.abc import Iterable

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import RunState
from fluxagents.scheduler.http.access import load_visible
from fluxagents.scheduler.pages.visitor import Visitor

MAX_NAMED = 50
"""Further runs are called by their ids: each name is read from the store."""


def look_up_runs(who: Visitor, run_ids: Iterable[str | None]) -> dict[str, RunState]:
    """By id, those of the first runs that are stored and that whoever looks may see."""
    states = {}
    for run_id in list(dict.fromkeys(filter(None, run_ids)))[:MAX_NAMED]:
        try:
            states[run_id] = load_visible(who.client, run_id)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
    return states


def find_model_name(who: Visitor, digest: str | None) -> str:
    """Under which name a model is stored; empty if it is not, or none is meant."""
    if not digest:
        return ""
    try:
        return who.client.models.show(who.client.models.resolve(digest, files=False)).name
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        return ""
