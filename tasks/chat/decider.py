"""One decision: the prompt of a node, one call of a chat model, and a validated answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, UsageMetadata

from fluxagents.flows.commands import Decide, Decision
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.events import PromptUse
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.prompts.context.request_budget import ANSWER_TOKENS, REQUEST_TOKENS
from fluxagents.prompts.context.tokens import token_counter
from fluxagents.prompts.context.view import SUMMARY
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.answer import read_decision
from fluxagents.tasks.chat.asked import Checklist, read_checklist, split_checklist
from fluxagents.tasks.chat.explanation import build_no_explanation, prepare_explanation, read_explanation
from fluxagents.tasks.chat.grounding import find_ungrounded
from fluxagents.tasks.chat.provider import provider_error
from fluxagents.tasks.chat.request import ChatRequest, build_request
from fluxagents.tasks.chat.summary import MAX_REFUSED, prepare_summary, read_summary
from fluxagents.tasks.chat.wire import ANTHROPIC, to_cached_text
from fluxagents.tasks.ports.chat_limits import ChatLimits, NoLimits
from fluxagents.tasks.ports.decisions import DecisionResult, ExplanationResult, SummaryResult
from fluxagents.tasks.ports.response_cache import NoResponseCache, ResponseCache
from fluxagents.tasks.registry import entries_of
from fluxagents.tasks.tool import Tool

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[T]):
    """One request and what was read from its answer; exactly one of value and error is there."""

    request: ChatRequest | None
    use: PromptUse
    value: T | None
    error: ErrorInfo | None


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
        variables: The prefix of the environment variables of this chat model, for the suggestions of errors.
        limits: What holds requests back.
        cache: Answers that need no request.
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
        cache: ResponseCache | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chat = chat
        self._chat_name = chat_name
        self._prompts = prompts
        self._tools = tools
        self._quantities = {name: entry.answers for name, entry in entries_of(tools).items()}
        self._max_tokens = max_tokens
        self._summaries = summaries
        self._settings = settings
        self._variables = variables
        self._limits = limits or NoLimits()
        self._cache = cache or NoResponseCache()
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
        attempt = self._attempt(state, command, lambda answer: self._read(answer, state, command))
        prompt = attempt.request.prompt if attempt.request else None
        decision, checklist = attempt.value or (None, Checklist())
        return DecisionResult(
            attempt.use, decision, attempt.error, prompt, asked=checklist.asked, answers=checklist.answers
        )

    def _read(self, answer: AIMessage, state: RunState, command: Decide) -> tuple[Decision, Checklist]:
        """The decision in an answer, and what it says of the things that are asked."""
        message, fields = split_checklist(answer)
        decision = read_decision(message, command, self._tools)
        return decision, read_checklist(fields, decision, state, command, self._quantities)

    def summarise(self, state: RunState, command: Decide) -> SummaryResult | None:
        """Ask for a summary of the findings that the request of a decision leaves out.

        None if nothing is left out, if summaries are off, or if too many were refused. After a refusal the
        findings stay left out. Raises as `decide`.
        """
        ids = self._find_left_out(state, command)
        if not ids:
            return None
        ids = self._find_readable(state, command, ids)
        seen, question = prepare_summary(state, command.node, ids)
        attempt = self._attempt(
            seen, question, lambda answer: read_summary(answer, seen, question, self._tools)
        )
        return SummaryResult(ids, attempt.use, attempt.value, attempt.error)

    def explain(self, state: RunState, request: HumanRequest) -> ExplanationResult:
        """Ask for the answer to what somebody asks back about a request.

        A chat model that fails, or does not answer, gives a text that says so. Raises as `decide`.
        """
        seen, question = prepare_explanation(state, request)
        attempt = self._attempt(
            seen, question, lambda answer: read_explanation(answer, seen, question, self._tools)
        )
        if attempt.value is None:
            assert attempt.error is not None
            return ExplanationResult(attempt.use, build_no_explanation(attempt.error))
        return ExplanationResult(attempt.use, attempt.value, find_ungrounded(attempt.value, seen))

    def _find_readable(self, state: RunState, command: Decide, ids: tuple[str, ...]) -> tuple[str, ...]:
        """The findings that fit the request of a summary; all of them if none does, so that it says why."""
        try:
            left_out = self.request(*prepare_summary(state, command.node, ids)).prompt.left_out
        except FluxError as error:
            if error.kind is ErrorClass.BUDGET:
                return ids
            raise
        return tuple(id_ for id_ in ids if id_ not in left_out) or ids

    def _attempt(self, state: RunState, command: Decide, read: Callable[[AIMessage], T]) -> _Attempt[T]:
        """Ask once; a failing provider, an invalid answer and an exceeded budget become an error."""
        started = self._seconds()
        request: ChatRequest | None = None
        answer: AIMessage | None = None
        cached = False
        value: T | None = None
        error: ErrorInfo | None = None
        try:
            request = self.request(state, command)
            answer, cached = self._answer(request, state)
            value = read(answer)
            if not cached:
                self._cache.put(request.digest, answer)
        except FluxError as caught:
            if request is None and caught.kind is not ErrorClass.BUDGET:
                raise
            value, error = None, caught.info(command.node)
        use = self._use(state, command, request, answer, self._seconds() - started, cached=cached)
        return _Attempt(request, use, value, error)

    def _find_left_out(self, state: RunState, command: Decide) -> tuple[str, ...]:
        """Findings that the request of a decision leaves out and that a summary could replace."""
        if not self._summaries or state.summaries_refused >= MAX_REFUSED:
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
        return build_request(
            self._prompts,
            self._tools,
            state,
            command,
            max_tokens=self._max_tokens,
            settings=self._settings,
        )

    def _answer(self, request: ChatRequest, state: RunState) -> tuple[AIMessage, bool]:
        """The answer, and whether it comes from the cache."""
        answer = self._cache.get(request.digest)
        return (answer, True) if answer is not None else (self._ask(request, state), False)

    def _ask(self, request: ChatRequest, state: RunState) -> AIMessage:
        settings: dict[str, Any] = dict(request.settings)
        chat = self._chat.bind_tools(request.functions, **settings)
        max_tokens = request.prompt.tokens + ANSWER_TOKENS
        ticket = self._limits.enter(state.run_id, max_tokens, urgent=state.lane == "interactive")
        try:
            answer = chat.invoke(messages_of(request, self._chat_name))
        except Exception as error:
            classified = provider_error(error, self._chat_name, self._variables)
            if classified is None:
                raise
            raise classified from error
        self._limits.leave(ticket, sum(_count_tokens(request, answer)))
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
        """What the request was and cost: tokens as the provider says, else counted; none if it was cached."""
        template = (
            request.prompt.template
            if request
            else self._prompts.versions.select_for_run(command.prompt, state.run_id, state.prompts)
        )
        tokens_in, tokens_out = (0, 0) if cached else _count_tokens(request, answer)
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


def messages_of(request: ChatRequest, chat_model: str) -> list[BaseMessage]:
    """The messages of a request as langchain sends them to a chat model of this name."""
    kinds: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage}
    is_marked = chat_model.startswith(ANTHROPIC)
    return [
        SystemMessage([to_cached_text(text)]) if is_marked and role == "system" else kinds[role](content=text)
        for role, text in request.prompt.roles.items()
    ]


def _count_tokens(request: ChatRequest | None, answer: AIMessage | None) -> tuple[int, int]:
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
