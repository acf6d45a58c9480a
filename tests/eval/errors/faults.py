"""What is broken on purpose: calls of tools, and answers of a chat model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from fluxagents.tasks.ports.results import Result
from fluxagents.tasks.tool import Tool

ALWAYS = 1_000


@dataclass(frozen=True, slots=True)
class ToolFault:
    """The first `times` calls of a tool raise, after `spared` calls that work."""

    tool: str
    error: Callable[[], BaseException]
    times: int = 1
    spared: int = 0


@dataclass(frozen=True, slots=True)
class ChatFault:
    """So many decisions go wrong, after `spared` decisions that are as the chat model made them."""

    wrong: Callable[[AIMessage], AIMessage]
    """Gives another answer instead, or raises as a provider's client does."""
    times: int = 1
    spared: int = 0


def with_faults(tools: Mapping[str, Tool], faults: Sequence[ToolFault]) -> dict[str, Tool]:
    """The tools, some of which fail."""
    return {**tools, **{fault.tool: _faulty(tools[fault.tool], fault) for fault in faults}}


def _faulty(tool: Tool, fault: ToolFault) -> Tool:
    calls = count()

    def run(*given: Any) -> Result:
        if fault.spared <= next(calls) < fault.spared + fault.times:
            raise fault.error()
        return tool.run(*given)

    return replace(tool, run=run)


@dataclass
class Decisions:
    """How many were asked for."""

    made: int = field(default=0)


class FaultyChat(BaseChatModel):
    """A chat model some of whose answers go wrong."""

    chat: BaseChatModel
    fault: ChatFault
    decisions: Decisions

    @property
    def _llm_type(self) -> str:
        return self.chat._llm_type

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        del tool_choice
        return self.bind(tools=list(tools), **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager
        number = self.decisions.made
        self.decisions.made += 1
        answer = self.chat.bind_tools(kwargs["tools"]).invoke(messages)
        if self.fault.spared <= number < self.fault.spared + self.fault.times:
            answer = self.fault.wrong(answer)
        return ChatResult(generations=[ChatGeneration(message=answer)])
