"""What the core needs to know of the tools that exist."""

from dataclasses import dataclass

from fluxagents.flows.language.node_base import RequestRules

MODEL_BEFORE = "the run works on the model before again; the model that was made stays stored"
"""The compensation of whatever makes a new model and leaves the old one as it is."""


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """A tool as the controller sees it."""

    name: str
    queue: str = "tools"
    needs_approval: bool = False
    approval: RequestRules | None = None
    """How its approvals are decided where a flow says nothing; None for one answer of anybody."""
    has_effect: bool = False
    """Whether what a call would do can be computed before a human is asked."""
    time_limit_s: float = 600.0
    """How long one call may take at the most."""
    compensation: str | None = None
    """What makes its effect good when a run goes back behind it; None where nothing does."""
