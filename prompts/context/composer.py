"""The prompt of one decision: the view of a run, rendered within a budget of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fluxagents.flows.commands import Decide
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Compaction
from fluxagents.flows.state import RunState
from fluxagents.prompts.context.context_manager import ContextManager
from fluxagents.prompts.context.tokens import token_counter
from fluxagents.prompts.context.view import (
    Variables,
    build_growing_variables,
    build_variables,
    list_full_findings,
    list_messages,
    list_summarised_ids,
)
from fluxagents.prompts.sections import split_sections
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.template import PromptTemplate


@dataclass(frozen=True, slots=True)
class ComposedPrompt:
    """A prompt as it is sent."""

    template: PromptTemplate
    text: str
    tokens: int
    """Of the whole request, what was reserved included."""
    compacted: tuple[Compaction, ...] = ()
    """What it shows shortened or not at all."""
    sections: dict[str, int] = field(default_factory=dict)
    """Tokens of its text by section; the lines around sections are in none."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Ids of the findings that did not fit; the prompt names them."""
        return tuple(compaction.id for compaction in self.compacted if compaction.strategy == "budget")

    @property
    def roles(self) -> dict[str, str]:
        """The text of each role; a template without roles is the user's text."""
        parts = split_sections(self.text)
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
    """Render the prompt that a decision names; what grows with a run is compacted to fit the budget.

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
    template = prompts.versions.select_for_run(command.prompt, state.run_id, state.prompts)
    values = build_variables(state, command, purposes)
    count = token_counter().count
    growing = list_messages(state, template.variables)
    smallest = _render(template, {**values, **build_growing_variables(state, ()), "left_out": []})
    room = max_tokens - reserved_tokens - count(smallest)
    while room > 0:
        manager = ContextManager(room)
        context = manager.optimize_context(growing)
        if context.over_budget:
            room -= context.tokens
            break
        text = _render(template, {**values, **build_growing_variables(state, context)})
        tokens = count(text) + reserved_tokens
        if tokens <= max_tokens:
            summarised = list_full_findings(state, list_summarised_ids(state, template.variables))
            compacted = (
                *(
                    Compaction(id=message["id"], strategy="summary", tokens=manager.count_tokens(message))
                    for message in summarised
                ),
                *context.compacted,
            )
            return ComposedPrompt(template, text, tokens, compacted, _count_section_tokens(text))
        # The lines around a section, and those that name what is left out, appear only when needed.
        room -= tokens - max_tokens
    message = f"prompt '{template.name}' takes {max_tokens - room} tokens without any finding"
    raise FluxError(
        ErrorClass.BUDGET, message, suggestions=(f"raise the budget of {max_tokens} tokens, or ask less",)
    )


def _render(template: PromptTemplate, values: Variables) -> str:
    return template.render({name: values[name] for name in template.variables if name in values})


def _count_section_tokens(text: str) -> dict[str, int]:
    outer = split_sections(text)
    inner = split_sections(outer.pop("user", ""))
    return {name: token_counter().count(content) for name, content in {**outer, **inner}.items()}
