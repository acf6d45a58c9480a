"""Results that a human gave in a tool's place: the answer of a run says so itself."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.state import Finding


def add_human_note(answer: str, findings: Sequence[Finding]) -> str:
    """An answer that names who stated what, and where they have it from; as it is where nobody did."""
    stated = [finding for finding in findings if finding.stated_by]
    lines = [
        f"Stated by {finding.stated_by}, not computed: {finding.tool} [{finding.id}] ({finding.source})."
        for finding in stated
    ]
    return "\n\n".join((answer, *lines)) if lines else answer
