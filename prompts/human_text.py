"""The text of a request to a human; no text in it can pretend to be a line around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from fluxagents.flows.events import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import visible
from fluxagents.prompts.context.checklist import QUESTION
from fluxagents.prompts.sections import unescape
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.template import PromptTemplate

ESCALATION = "escalation"
"""The prompt with the texts for humans: approvals, questions and escalations."""

_SHORT_DIGEST = len("sha256:") + 12


@dataclass(frozen=True, slots=True)
class HumanText:
    """A text for humans and the prompt that it was rendered from."""

    template: PromptTemplate
    text: str


def human_text(prompts: PromptManager, state: RunState, request: HumanRequest) -> HumanText:
    """The text of a request: what it is about, what was tried, what can be answered.

    Args:
        prompts: Where the prompts are.
        state: Of the run that waits.
        request: What it waits for.

    Raises:
        FluxError: As `PromptTemplate.render`, for a registered version that asks for other variables.
    """
    template = prompts.versions.select_default(ESCALATION)
    # Nobody parses this text: it is read, so `<` and `&` stand for themselves.
    return HumanText(template, visible(unescape(template.render(_variables(state, request)))))


def _variables(state: RunState, request: HumanRequest) -> dict[str, JsonValue]:
    call = request.call
    failures = state.errors[-state.streak.count :] if state.streak and request.kind == "escalation" else ()
    until = datetime.fromtimestamp(request.deadline_ms / 1_000, tz=UTC) if request.deadline_ms else None
    return {
        "kind": request.kind,
        "request": request.id,
        "run": state.run_id,
        "flow": state.flow.name,
        "node": request.node,
        "model": " ".join(part for part in (state.model_name, (state.model or "")[:_SHORT_DIGEST]) if part),
        "asked": str(state.inputs.get(QUESTION) or ""),
        "question": request.question,
        "tool": call.tool if call else "",
        "args": dict(call.args) if call else {},
        "failures": [
            {
                "error": str(error.kind),
                "at": error.where,
                "message": error.message,
                "try": list(error.suggestions),
            }
            for error in failures
        ],
        "humans": [{"by": note.by, "about": note.about, "said": note.text} for note in state.notes],
        "assignees": list(request.assignees),
        "until": f"{until:%Y-%m-%d %H:%M} UTC" if until else "",
        "digest": request.digest,
    }
