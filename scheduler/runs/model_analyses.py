"""What runs have found about a model: of each analysis the newest result, and what has begun since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.engine.tool_flows import build_call_flow
from fluxagents.flows.state import Finding, RunState

Args = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ModelAnalysis:
    """The newest result of a tool on a model."""

    finding: Finding | None = None
    run: RunState | None = None
    """Of the finding."""
    begun: RunState | None = None
    """A call of the tool by itself that is newer and has not finished: it goes on, waits or has failed."""

    @property
    def goes_on(self) -> bool:
        """Whether a result is still to come by itself."""
        return self.begun is not None and not self.begun.has_ended and self.begun.status != "dead"


def find_analysis(
    runs: Sequence[RunState], model: str, tool: str, fits: Callable[[Args], object] = lambda _: True
) -> ModelAnalysis:
    """The newest result of a tool on a model.

    Args:
        runs: The newest first.
        model: The digest of the model.
        tool: Which is called.
        fits: Whether a call with these arguments is of the kind that is looked for.
    """
    begun = None
    for run in runs:
        for finding in reversed(run.findings):
            is_on_it = (finding.model or run.model) == model
            if finding.tool == tool and is_on_it and fits(finding.args):
                return ModelAnalysis(finding, run, begun)
        if run.flow.name == build_call_flow(tool, {}).flow and run.model == model and begun is None:
            begun = run
    return ModelAnalysis(begun=begun)
