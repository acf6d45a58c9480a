"""One decision: the prompt of a node, one call of a chat model, and an answer that is checked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from fluxagents.flows.commands import Decide, Decision
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.events import PromptUse
from fluxagents.flows.state import RunState
from fluxagents.prompts.composer import ComposedPrompt, compose
from fluxagents.prompts.manager import PromptManager
from fluxagents.prompts.tokens import token_counter
from fluxagents.tasks.answer import decision_in, offered
from fluxagents.tasks.fba.tool import Tool
from fluxagents.tasks.provider import provider_error

CONTEXT_TOKENS = 16_000
"""Default budget of a request: the prompt with its findings, and the schemas of the tools."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a chat model decided, or why that is no decision; exactly one of the two is there."""

    prompt: PromptUse
    decision: Decision | None
    error: ErrorInfo | None


class Decider:
    """Asks one chat model.

    Args:
        chat: The chat model.
        chat_name: What events call it.
        prompts: Where the prompts are.
        tools: All tools, by name; a node offers some of them.
        max_tokens: The budget of a request. Findings that do not fit are left out, the oldest first, and the
            prompt names them.
        seconds: A clock that never goes back.
    """

    def __init__(
        self,
        chat: BaseChatModel,
        chat_name: str,
        prompts: PromptManager,
        tools: Mapping[str, Tool],
        *,
        max_tokens: int = CONTEXT_TOKENS,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chat = chat
        self._chat_name = chat_name
        self._prompts = prompts
        self._tools = tools
        self._max_tokens = max_tokens
        self._seconds = seconds

    def decide(self, state: RunState, command: Decide) -> Verdict:
        """Ask the chat model what to do next.

        Returns:
            Its decision, or the error: an answer that is no valid decision, a provider that fails, a prompt
            that exceeds its budget. No answer is ever made up.

        Raises:
            FluxError: If the prompt or a tool does not exist or the template fails. Faults of ours propagate.
        """
        began = self._seconds()
        composed: ComposedPrompt | None = None
        answer: AIMessage | None = None
        try:
            composed = self.compose(state, command)
            answer = self._ask(composed, command)
            decision, error = decision_in(answer, command, self._tools), None
        except FluxError as caught:
            if composed is None and caught.kind is not ErrorClass.BUDGET:
                raise
            decision, error = None, caught.info(command.node)
        return Verdict(self._use(state, command, composed, answer, self._seconds() - began), decision, error)

    def messages(self, state: RunState, command: Decide) -> list[BaseMessage]:
        """The messages that this decision sends, byte for byte; rendering them has no effect.

        Raises:
            FluxError: As `compose`.
        """
        return _messages(self.compose(state, command))

    def compose(self, state: RunState, command: Decide) -> ComposedPrompt:
        """The prompt of this decision; raises as `fluxagents.prompts.composer.compose`."""
        functions = offered(self._tools, command.tools)
        return compose(
            self._prompts,
            state,
            command,
            purposes={name: tool.purpose for name, tool in self._tools.items()},
            max_tokens=self._max_tokens,
            reserved_tokens=token_counter().count(json.dumps(functions)),
        )

    def _ask(self, composed: ComposedPrompt, command: Decide) -> AIMessage:
        chat = self._chat.bind_tools(offered(self._tools, command.tools))
        try:
            return chat.invoke(_messages(composed))
        except Exception as error:
            refused = provider_error(error, self._chat_name)
            if refused is None:
                raise
            raise refused from error

    def _use(
        self,
        state: RunState,
        command: Decide,
        composed: ComposedPrompt | None,
        answer: AIMessage | None,
        seconds: float,
    ) -> PromptUse:
        """What the request was and cost; tokens as the provider says, else counted."""
        template = (
            composed.template
            if composed
            else self._prompts.chosen(command.prompt, state.run_id, state.prompts)
        )
        usage = answer.usage_metadata if answer else None
        counted_in = composed.tokens if composed else 0
        return PromptUse(
            name=template.name,
            version=template.version,
            digest=template.digest,
            chat_model=self._chat_name,
            tokens_in=usage["input_tokens"] if usage else counted_in,
            tokens_out=usage["output_tokens"] if usage else _tokens_of(answer),
            duration_ms=round(seconds * 1_000),
        )


def _messages(composed: ComposedPrompt) -> list[BaseMessage]:
    kinds: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage}
    return [kinds[role](content=text) for role, text in composed.roles.items()]


def _tokens_of(answer: AIMessage | None) -> int:
    if answer is None:
        return 0
    calls = [json.dumps([call["name"], call["args"]]) for call in answer.tool_calls]
    return token_counter().count("".join([answer.text, *calls]))
