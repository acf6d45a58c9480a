"""One decision: the prompt of a node, one call of a chat model, and an answer that is checked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, UsageMetadata

from fluxagents.flows.commands import Decide
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.events import PromptUse
from fluxagents.flows.state import RunState
from fluxagents.prompts.context.request_budget import ANSWER_TOKENS, REQUEST_TOKENS
from fluxagents.prompts.context.tokens import token_counter
from fluxagents.prompts.context.view import SUMMARY
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.answer import decision_in
from fluxagents.tasks.chat.provider import provider_error
from fluxagents.tasks.chat.request import ChatRequest, request_of
from fluxagents.tasks.chat.summary import MOST_REFUSED, asking, summary_in
from fluxagents.tasks.ports.chat_limits import ChatLimits, NoLimits
from fluxagents.tasks.ports.decisions import DecisionResult, SummaryResult
from fluxagents.tasks.ports.response_cache import KeptAnswers, NothingKept
from fluxagents.tasks.tool import Tool


class Decider:
    """Asks one chat model.

    Args:
        chat: The chat model.
        chat_name: What events call it.
        prompts: Where the prompts are.
        tools: All tools, by name; a node offers some of them.
        max_tokens: The budget of a request; beyond it the context is compacted.
        summaries: Whether the chat model is asked to summarise findings that do not fit.
        settings: What requests set of the chat model; what their prompt says when absent.
        variables: What the variables of this chat model begin with, for the ways out of errors.
        limits: What holds requests back.
        kept: Answers that need no request.
        seconds: A clock that never goes back.
    """

    def __init__(
        self,
        chat: BaseChatModel,
        chat_name: str,
        prompts: PromptManager,
        tools: Mapping[str, Tool],
        *,
        max_tokens: int = REQUEST_TOKENS,
        summaries: bool = False,
        settings: Mapping[str, float] | None = None,
        variables: str = "FLUXAGENTS_CHAT",
        limits: ChatLimits | None = None,
        kept: KeptAnswers | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chat = chat
        self._chat_name = chat_name
        self._prompts = prompts
        self._tools = tools
        self._max_tokens = max_tokens
        self._summaries = summaries
        self._settings = settings
        self._variables = variables
        self._limits = limits or NoLimits()
        self._kept = kept or NothingKept()
        self._seconds = seconds

    def decide(self, state: RunState, command: Decide) -> DecisionResult:
        """Ask the chat model what to do next.

        Returns:
            Its decision, or the error: an answer that is no valid decision, a provider that fails, a prompt
            that exceeds its budget. No answer is ever made up.

        Raises:
            FluxError: If the prompt or a tool does not exist or the template fails. Faults of ours propagate.
            LimitReachedError: If the request must wait; nothing was sent.
        """
        began = self._seconds()
        request: ChatRequest | None = None
        answer: AIMessage | None = None
        cached = False
        try:
            request = self.request(state, command)
            answer, cached = self._answer(request, state)
            decision, error = decision_in(answer, command, self._tools), None
            if not cached:
                self._kept.keep(request.digest, answer)
        except FluxError as caught:
            if request is None and caught.kind is not ErrorClass.BUDGET:
                raise
            decision, error = None, caught.info(command.node)
        use = self._use(state, command, request, answer, self._seconds() - began, cached=cached)
        return DecisionResult(use, decision, error, request.prompt if request else None)

    def summarise(self, state: RunState, command: Decide) -> SummaryResult | None:
        """What became of a summary of the findings that the request of a decision leaves out.

        None if nothing is left out, or no summaries are wanted, or too many were refused. What is refused
        stays left out, as without summaries. Raises as `decide`.
        """
        ids = self._left_out(state, command)
        if not ids:
            return None
        seen, asked = asking(state, command.node, ids)
        began = self._seconds()
        request: ChatRequest | None = None
        answer: AIMessage | None = None
        cached = False
        text: str | None = None
        error: ErrorInfo | None = None
        try:
            gone = self.request(seen, asked).prompt.left_out
            ids = tuple(id_ for id_ in ids if id_ not in gone) or ids
            seen, asked = asking(state, command.node, ids)
            request = self.request(seen, asked)
            answer, cached = self._answer(request, state)
            text = summary_in(answer, seen, asked, self._tools)
            if not cached:
                self._kept.keep(request.digest, answer)
        except FluxError as caught:
            if request is None and caught.kind is not ErrorClass.BUDGET:
                raise
            error = caught.info(command.node)
        use = self._use(seen, asked, request, answer, self._seconds() - began, cached=cached)
        return SummaryResult(ids, use, text, error)

    def _left_out(self, state: RunState, command: Decide) -> tuple[str, ...]:
        """Findings that the request of a decision does not show and that a summary could tell."""
        if not self._summaries or state.summaries_refused >= MOST_REFUSED:
            return ()
        try:
            prompt = self.request(state, command).prompt
        except FluxError as error:
            if error.kind is ErrorClass.BUDGET:
                return ()  # the decision says so
            raise
        return prompt.left_out if SUMMARY in prompt.template.variables else ()

    def request(self, state: RunState, command: Decide) -> ChatRequest:
        """What this decision sends; composing it has no effect. Raises as `fluxagents.tasks.chat.request`."""
        return request_of(
            self._prompts,
            self._tools,
            state,
            command,
            max_tokens=self._max_tokens,
            settings=self._settings,
        )

    def _answer(self, request: ChatRequest, state: RunState) -> tuple[AIMessage, bool]:
        """The answer, and whether it was kept from an earlier request."""
        answer = self._kept.find(request.digest)
        return (answer, True) if answer is not None else (self._ask(request, state), False)

    def _ask(self, request: ChatRequest, state: RunState) -> AIMessage:
        settings: dict[str, Any] = dict(request.settings)
        chat = self._chat.bind_tools(request.functions, **settings)
        most = request.prompt.tokens + ANSWER_TOKENS
        ticket = self._limits.enter(state.run_id, most, urgent=state.lane == "interactive")
        try:
            answer = chat.invoke(messages_of(request))
        except Exception as error:
            refused = provider_error(error, self._chat_name, self._variables)
            if refused is None:
                raise
            raise refused from error
        self._limits.leave(ticket, sum(_spent(request, answer)))
        return answer

    def _use(
        self,
        state: RunState,
        command: Decide,
        request: ChatRequest | None,
        answer: AIMessage | None,
        seconds: float,
        *,
        cached: bool,
    ) -> PromptUse:
        """What the request was and cost: tokens as the provider says, else counted; none if it was kept."""
        template = (
            request.prompt.template
            if request
            else self._prompts.versions.select_for_run(command.prompt, state.run_id, state.prompts)
        )
        tokens_in, tokens_out = (0, 0) if cached else _spent(request, answer)
        return PromptUse(
            name=template.name,
            version=template.version,
            digest=template.digest,
            chat_model=self._chat_name,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            tokens_cached=_read_from_cache(answer.usage_metadata if answer and not cached else None),
            cached=cached,
            duration_ms=round(seconds * 1_000),
            max_tokens=self._max_tokens,
            request=request.digest if request else "",
            sections=request.sections if request else {},
            settings=dict(request.settings) if request else None,
        )


def messages_of(request: ChatRequest) -> list[BaseMessage]:
    """The messages of a request as langchain sends them."""
    kinds: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage}
    return [kinds[role](content=text) for role, text in request.prompt.roles.items()]


def _spent(request: ChatRequest | None, answer: AIMessage | None) -> tuple[int, int]:
    """Tokens of the request and of the answer: as the provider says, else counted."""
    if answer is not None and answer.usage_metadata:
        return answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]
    return request.prompt.tokens if request else 0, _tokens_of(answer)


def _read_from_cache(usage: UsageMetadata | None) -> int:
    return (usage.get("input_token_details", {}).get("cache_read") or 0) if usage else 0


def _tokens_of(answer: AIMessage | None) -> int:
    if answer is None:
        return 0
    calls = [json.dumps([call["name"], call["args"]]) for call in answer.tool_calls]
    return token_counter().count("".join([answer.text, *calls]))
