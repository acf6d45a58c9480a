"""What the core needs to know of the tools that exist."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """A tool as the controller sees it."""

    name: str
    queue: str = "tools"
    needs_approval: bool = False
    time_limit_s: float = 600.0
    """How long one call may take at the most."""
