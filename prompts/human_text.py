"""The text of a request to a human; no text in it can pretend to be a line around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.votes import counted_votes
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


def human_text(
    prompts: PromptManager, state: RunState, request: HumanRequest, *, silence: str = ""
) -> HumanText:
    """The text of a request: what it is about, what was tried, what can be answered.

    Args:
        prompts: Where the prompts are.
        state: Of the run that waits.
        request: What it waits for.
        silence: What happens when nobody answers, as `describe_silence` says it.

    Raises:
        FluxError: As `PromptTemplate.render`, for a registered version that asks for other variables.
    """
    template = prompts.versions.select_default(ESCALATION)
    # A version that was registered for an earlier release knows fewer variables.
    variables = _variables(state, request, silence)
    values = {name: value for name, value in variables.items() if name in template.variables}
    # Nobody parses this text: it is read, so `<` and `&` stand for themselves.
    return HumanText(template, visible(unescape(template.render(values))))


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M} UTC"


def _list_choices(request: HumanRequest) -> str:
    return f"one of: {', '.join(request.choices)}" if request.choices else ""


def _list_votes(request: HumanRequest) -> list[JsonValue]:
    counted = counted_votes(request.votes, request.digest)
    stale = ", on arguments that were edited since: does not count"
    return [f"{vote}{'' if vote in counted else stale}" for vote in request.votes]


def _variables(state: RunState, request: HumanRequest, silence: str) -> dict[str, JsonValue]:
    call = request.call
    failures = state.errors[-state.streak.count :] if state.streak and request.kind == "escalation" else ()
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
        "requester": state.requester,
        "hypothesis": call.hypothesis if call else "",
        "effect": list(request.effect.lines) if request.effect else [],
        "expected": request.answer.text if request.answer else _list_choices(request),
        "thread": [
            {"by": remark.by, "said": remark.text, "doubt": ", ".join(remark.ungrounded)}
            for remark in request.thread
        ],
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
        "assignees": list(request.seats),
        "until": _time(request.deadline_ms) if request.deadline_ms else "",
        "digest": request.digest,
        "policy": "" if request.policy.is_open else str(request.policy),
        "missing": "" if request.takes_one else request.missing,
        "votes": _list_votes(request),
        "next": silence or request.if_nobody_answers,
    }
