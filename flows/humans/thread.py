"""What a human asks back about a request, and what the agent answers from its findings, before the vote."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fluxagents.flows.humans.policies import HumanRecord

REMARK_CHARACTERS = 4_000
MAX_REMARKS = 40
"""Most remarks that one request keeps: twenty questions and their answers."""

AGENT = "agent"
"""Who answers in a thread."""


class Remark(HumanRecord):
    """One thing that was said about a request."""

    kind: Literal["question", "answer"]
    by: str
    """The person who asks; `agent` for an answer."""
    at_ms: int = Field(ge=0)
    text: str = Field(min_length=1, max_length=REMARK_CHARACTERS)
    ungrounded: tuple[str, ...] = ()
    """Numbers of an answer that neither a result, nor an input, nor a human of the run has."""

    def __str__(self) -> str:
        doubt = f" (not traced to any result: {', '.join(self.ungrounded)})" if self.ungrounded else ""
        return f"{self.by}: {self.text}{doubt}"
