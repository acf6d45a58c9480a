"""A recorded run as an audit reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from fluxagents.flows.events import Event
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.ports.sources import RepeatableTool, Sources

REFERENCE = "Baker 2016, doi:10.1038/533452a; Sandve et al. 2013, doi:10.1371/journal.pcbi.1003285"
"""Why results are computed again, and what must be recorded for it."""


class AuditArgs(Args):
    """Which run."""

    run_id: str = Field(min_length=1, max_length=200, description="Of the run, in the store or the archive.")


class AuditResult(Result):
    """A verdict on a run. Its log goes on to grow, so an audit is not itself computed again by one."""

    run_id: str
    passed: bool


@dataclass(frozen=True, slots=True)
class AuditedRun:
    """The records of a run, and the installation that it ran on."""

    state: RunState
    events: tuple[Event, ...]
    flow: Flow
    tools: Mapping[str, RepeatableTool]
    prompts: PromptManager


def gather(sources: Sources, args: AuditArgs) -> AuditedRun:
    """The log of the run and the flow that it keeps; raises `UNKNOWN_ID` if there is none."""
    runs = sources.runs()
    state = runs.load(args.run_id)
    return AuditedRun(
        state,
        runs.events(args.run_id),
        runs.flow(state.flow.digest),
        sources.tools,
        sources.prompts(),
    )
