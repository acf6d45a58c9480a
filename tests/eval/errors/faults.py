"""What is broken on purpose: calls of tools, and answers of a chat model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from tests.support.decisions import FakeChat

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


class FaultyChat(FakeChat):
    """A chat model some of whose answers go wrong."""

    chat: BaseChatModel
    fault: ChatFault
    decisions: Decisions

    def answer(self, messages: list[BaseMessage], tools: list[dict[str, Any]]) -> AIMessage:
        number = self.decisions.made
        self.decisions.made += 1
        answer = self.chat.bind_tools(tools).invoke(messages)
        if self.fault.spared <= number < self.fault.spared + self.fault.times:
            return self.fault.wrong(answer)
        return answer
