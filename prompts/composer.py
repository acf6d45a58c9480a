"""The prompt of one decision: the view of a run, rendered within a budget of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fluxagents.flows.commands import Decide
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import RunState
from fluxagents.prompts.context import ContextManager
from fluxagents.prompts.manager import PromptManager
from fluxagents.prompts.sections import filled, raw_sections
from fluxagents.prompts.template import PromptTemplate
from fluxagents.prompts.tokens import token_counter
from fluxagents.prompts.view import Variables, finding_view, view, without


@dataclass(frozen=True, slots=True)
class ComposedPrompt:
    """A prompt as it is sent."""

    template: PromptTemplate
    text: str
    tokens: int
    left_out: tuple[str, ...]
    """Ids of the findings that did not fit; the prompt names them."""

    @property
    def roles(self) -> dict[str, str]:
        """The text of each role; a template without roles is the user's text."""
        parts = raw_sections(self.text)
        if "user" not in parts:
            return {"user": self.text}
        return {role: parts[role] for role in ("system", "user") if role in parts}


def compose(
    prompts: PromptManager,
    state: RunState,
    command: Decide,
    *,
    purposes: Mapping[str, str],
    max_tokens: int,
    reserved_tokens: int = 0,
) -> ComposedPrompt:
    """Render the prompt that a decision names. All but the findings is pinned; the newest findings stay.

    Args:
        prompts: Where the prompts are.
        state: Of the run.
        command: The decision that is asked for.
        purposes: What each tool is for, in one line.
        max_tokens: The budget of the whole request.
        reserved_tokens: What the request takes beside the prompt, such as the schemas of tools.

    Raises:
        FluxError: `UNKNOWN_ID` for a prompt that does not exist, `BUDGET` if it does not fit even without
            findings, or as `PromptTemplate.render`.
    """
    template = prompts.chosen(command.prompt, state.run_id, state.prompts)
    values = view(state, command, purposes)
    counter = token_counter()
    every = tuple(finding.id for finding in state.findings)
    smallest = _text(template, {**values, **without(state, every)})
    left = max_tokens - reserved_tokens - counter.count(smallest)
    if left < 0:
        message = (
            f"prompt '{template.name}' takes {max_tokens - left} tokens without any finding ({counter.table})"
        )
        raise FluxError(
            ErrorClass.BUDGET, message, suggestions=(f"raise the budget of {max_tokens} tokens, or ask less",)
        )
    left_out = _left_out(state, left) if "findings" in template.variables else every
    text = _text(template, {**values, **without(state, left_out)})
    return ComposedPrompt(template, text, counter.count(text) + reserved_tokens, left_out)


def _text(template: PromptTemplate, values: Variables) -> str:
    return template.render({name: values[name] for name in template.variables if name in values})


def _left_out(state: RunState, max_tokens: int) -> tuple[str, ...]:
    if not state.findings or max_tokens < 1:
        return tuple(finding.id for finding in state.findings)
    context = ContextManager(max_tokens)
    for finding in state.findings:
        item = {"id": finding.id, "content": filled(finding_view(finding, state))}
        context.add_context_item(item, priority=0)
    return tuple(dropped.id for dropped in context.optimize_context().dropped)
