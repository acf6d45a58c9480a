"""The answer to a human who asks back about a request: what the step would do, and what was found so far."""

from __future__ import annotations

from dataclasses import replace

from fluxagents.workers.chat_models.planner.calls.interpretation import Interpretation
from fluxagents.workers.chat_models.planner.reporting.report import SIGNATURE, write_report
from fluxagents.workers.chat_models.planner.situation import Situation

EFFECT = "effect"
"""The id of the finding that the effect of a call is."""


def write_explanation(situation: Situation, interpretation: Interpretation) -> str:
    """The text of the answer: the effect first, then what findings say to the words of the question."""
    effects = [finding for finding in situation.findings if finding["id"] == EFFECT]
    others = tuple(finding for finding in situation.findings if finding["id"] != EFFECT)
    lines = [f"- {line}" for effect in effects for line in effect["found"].get("would_do", ())]
    blocks = ["\n".join(["What the step would do [effect]:", *lines])] if lines else []
    if others:
        blocks.append(write_report(replace(situation, findings=others), interpretation))
    else:
        blocks.append(SIGNATURE)
    return "\n\n".join(blocks)
