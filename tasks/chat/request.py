"""The request of a decision: composed before it is sent, and again from a run's log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fluxagents.flows.commands import Decide
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import (
    ChatEvent,
    ContextSummarised,
    DecisionMade,
    DecisionRefused,
    Event,
    PromptUse,
    SummaryRefused,
)
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState
from fluxagents.prompts.context.composer import ComposedPrompt, compose
from fluxagents.prompts.context.tokens import token_counter
from fluxagents.prompts.sections import compact
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.answer import describe_functions
from fluxagents.tasks.chat.asked import add_checklist
from fluxagents.tasks.chat.summary import prepare_summary
from fluxagents.tasks.registry import tool_facts
from fluxagents.tasks.tool import Tool

UNRECORDED_TOKENS = 16_000
"""The budget of a request whose event, written by an early version, does not record it."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A prompt and the functions that the answer may call."""

    prompt: ComposedPrompt
    functions: Sequence[dict[str, Any]]
    settings: Mapping[str, float]
    """What the request sets of the chat model."""

    @property
    def document(self) -> dict[str, Any]:
        """`messages`, `tools` and settings; each as compact JSON as an OpenAI-compatible endpoint gets it."""
        messages = [{"content": text, "role": role} for role, text in self.prompt.roles.items()]
        return {"messages": messages, "tools": list(self.functions), **self.settings}

    @property
    def digest(self) -> str:
        """The sha256 of the document as compact JSON."""
        return hashlib.sha256(compact(self.document).encode()).hexdigest()

    @property
    def sections(self) -> dict[str, int]:
        """Tokens by section of the prompt, and of the functions."""
        return {**self.prompt.sections, "functions": _tokens(self.functions)}


def build_request(
    prompts: PromptManager,
    tools: Mapping[str, Tool],
    state: RunState,
    command: Decide,
    *,
    max_tokens: int,
    settings: Mapping[str, float] | None = None,
) -> ChatRequest:
    """Compose the request of a decision; raises as `fluxagents.prompts.context.composer.compose`.

    Args:
        prompts: Where the prompts are.
        tools: All tools, by name; a node offers some of them.
        state: Of the run.
        command: The decision that is asked for.
        max_tokens: The budget of the request.
        settings: What it sets of the chat model; what its prompt says when absent.
    """
    functions = describe_functions(
        tools, command.tools, hypotheses=command.hypotheses, experts=command.experts
    )
    functions = add_checklist(functions, state, command)
    prompt = compose(
        prompts,
        state,
        command,
        purposes={name: tool.purpose for name, tool in tools.items()},
        max_tokens=max_tokens,
        reserved_tokens=_tokens(functions),
    )
    return ChatRequest(prompt, functions, _settings(prompt) if settings is None else settings)


def _settings(prompt: ComposedPrompt) -> dict[str, float]:
    """What the prompt sets of the chat model."""
    made_for = prompt.template.made_for
    return {"temperature": made_for.temperature} if made_for and made_for.temperature is not None else {}


def _tokens(functions: Sequence[dict[str, Any]]) -> int:
    return token_counter().count(compact(list(functions)))


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that was composed again from a run's log."""

    use: PromptUse
    request: ChatRequest

    @property
    def is_exact(self) -> bool | None:
        """Whether it is what was sent, by digest; None if the log, written by an early version, has none."""
        return self.request.digest == self.use.request if self.use.request else None


def rebuild_request(
    events: Sequence[Event],
    flow: Flow,
    step: int | None,
    prompts: PromptManager,
    tools: Mapping[str, Tool],
    *,
    of_summary: bool = False,
) -> RecordedRequest:
    """Compose the request of a recorded decision again: from the state before it, with its prompt version.

    Args:
        events: Of the run.
        flow: Of the run.
        step: Of the decision; may be absent if the run has only one.
        prompts: Where the prompts are.
        tools: All tools, by name.
        of_summary: Compose the request of the summary that preceded the decision instead.

    Raises:
        FluxError: `UNKNOWN_ID` if the step is no decision, naming those that are; or as `build_request`.
    """
    index = _find_chat_event(events, step, of_summary=of_summary)
    event = events[index]
    assert isinstance(event, ChatEvent)
    use = event.prompt
    state = fold(events[:index])
    state = state.model_copy(update={"prompts": {**state.prompts, use.name: use.digest}})
    if isinstance(event, ContextSummarised | SummaryRefused):
        state, command = prepare_summary(state, event.node, event.ids)
    else:
        command = _command_at(events[:index], event.seq, FlowController(flow, tools=tool_facts(tools)))
    max_tokens = use.max_tokens or UNRECORDED_TOKENS
    request = build_request(prompts, tools, state, command, max_tokens=max_tokens, settings=use.settings)
    return RecordedRequest(use, request)


def _command_at(before: Sequence[Event], seq: int, controller: FlowController) -> Decide:
    """The decision that the flow asks for at a step; a summary belongs to the step that it precedes."""
    summary = bool(before) and isinstance(before[-1], ContextSummarised | SummaryRefused)
    state = fold(before[:-1] if summary else before)
    command = controller.command(state)
    if not isinstance(command, Decide):
        message = f"flow '{controller.flow.flow}' asks for no decision at step {seq} of run {state.run_id}"
        raise FluxError(ErrorClass.SCHEMA, message)
    return command


def _find_chat_event(events: Sequence[Event], step: int | None, *, of_summary: bool) -> int:
    """The index of the event that followed the request."""
    wanted = ContextSummarised | SummaryRefused if of_summary else DecisionMade | DecisionRefused
    candidates = [(index, event) for index, event in enumerate(events) if isinstance(event, wanted)]
    matches = [index for index, event in candidates if step in {None, event.seq}]
    if len(matches) == 1:
        return matches[0]
    what = "summary" if of_summary else "decision"
    steps = ", ".join(f"{event.seq} ({event.prompt.name})" for _, event in candidates) or "none"
    message = f"name the step: the run has more than one {what}" if matches else f"no {what} at step {step}"
    raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=(f"steps with a {what}: {steps}",))
