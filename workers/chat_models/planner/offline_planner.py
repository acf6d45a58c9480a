"""The built-in chat model, which chooses tool calls by rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from fluxagents.prompts.statistics.costs import PLANNER
from fluxagents.workers.chat_models.planner.planning.plan import choose_next_call
from fluxagents.workers.chat_models.planner.situation import read_situation


class OfflinePlanner(BaseChatModel):
    """Reads the sections of a prompt and the schemas of the offered functions, and picks one by rules.

    It is no language model and needs no network. The same prompt always gives the same answer.
    """

    name_in_events: ClassVar[str] = PLANNER

    @property
    def _llm_type(self) -> str:
        return self.name_in_events

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The planner with functions to choose from; it ignores `tool_choice` and always calls a function."""
        del tool_choice
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager
        prompt = next(
            (message.text for message in reversed(messages) if isinstance(message, HumanMessage)), ""
        )
        call = choose_next_call(read_situation(prompt, kwargs.get("tools", ())))
        serialized = json.dumps([call.name, call.args], sort_keys=True)
        message = AIMessage(
            content="",
            tool_calls=[
                {
                    "name": call.name,
                    "args": call.args,
                    "id": f"call_{hashlib.sha256((prompt + serialized).encode()).hexdigest()[:24]}",
                    "type": "tool_call",
                }
            ],
            response_metadata={"model_name": self.name_in_events, "finish_reason": "tool_calls"},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])
