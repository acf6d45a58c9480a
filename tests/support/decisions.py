"""Runs that stand at a decision, and a chat model that answers from a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from fluxagents.flows.commands import Decide
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.events import FlowRef
from fluxagents.flows.language.nodes import DecideNode
from fluxagents.flows.state import Finding, Note, RunState, Streak
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary

MODEL = "sha256:" + "0" * 64

DESCRIPTION = Finding(
    id="f1",
    tool="analyze_metabolic_model",
    args={},
    key_findings={
        "model": "e_coli_core",
        "status": "optimal",
        "growth_per_h": 0.8739215069683841,
        "objective": "Biomass_Ecoli_core",
        "medium": "as in the model: 7 open uptakes",
        "reactions": 95,
        "metabolites": 72,
        "genes": 137,
        "medium_mmol_per_gdw_h": {
            "count": 7,
            "shown": 7,
            "values": {
                "EX_co2_e": 1000.0,
                "EX_glc__D_e": 10.0,
                "EX_h_e": 1000.0,
                "EX_h2o_e": 1000.0,
                "EX_nh4_e": 1000.0,
                "EX_o2_e": 1000.0,
                "EX_pi_e": 1000.0,
            },
        },
    },
    artifact="sha256:" + "1" * 64,
    model=MODEL,
)

BASELINE = Finding(
    id="f2",
    tool="run_metabolic_fba",
    args={"method": "fba"},
    key_findings={
        "model": "e_coli_core",
        "status": "optimal",
        "growth_per_h": 0.8739215069684331,
        "objective": "Biomass_Ecoli_core",
        "medium": "as in the model: 7 open uptakes",
        "method": "fba",
        "active_reactions": 48,
        "uptakes_mmol_per_gdw_h": {
            "count": 4,
            "shown": 4,
            "values": {"EX_o2_e": 21.799493, "EX_glc__D_e": 10.0, "EX_nh4_e": 4.765319, "EX_pi_e": 3.214895},
        },
        "secretions_mmol_per_gdw_h": {"count": 1, "shown": 1, "values": {"EX_h2o_e": 29.175827}},
    },
    artifact="sha256:" + "2" * 64,
    model=MODEL,
)

_ANSWER = FlowLibrary().get("metabolic_analysis").nodes["answer"]
assert isinstance(_ANSWER, DecideNode)
ANSWER_TOOLS = _ANSWER.tools
"""What the chat model may choose from where it answers."""


def state_at(
    question: str,
    *,
    node: str = "answer",
    findings: Sequence[Finding] = (DESCRIPTION, BASELINE),
    errors: Sequence[ErrorInfo] = (),
    open_errors: int = 0,
    notes: Sequence[Note] = (),
    inputs: Mapping[str, Any] | None = None,
    answer: str | None = None,
    model: str = MODEL,
) -> RunState:
    """A run of `metabolic_analysis` on the textbook model that has been described and measured."""
    return RunState(
        run_id="01J",
        session="s",
        flow=FlowRef(name="metabolic_analysis", version=1, digest="d"),
        inputs={"question": question, **(inputs or {})},
        lane="interactive",
        started_ms=0,
        updated_ms=0,
        seq=7,
        status="running",
        node=node,
        model=model,
        model_name="textbook",
        facts={"status": "optimal", "growth_per_h": 0.8739215069684331},
        findings=tuple(findings),
        errors=tuple(errors),
        streak=Streak(kind=errors[-1].kind, count=open_errors) if open_errors else None,
        notes=tuple(notes),
        answer=answer,
    )


def decide_with(
    tools: Sequence[str] = ANSWER_TOOLS,
    *,
    prompt: str = "tool_selection",
    node: str = "answer",
    left: int = 8,
) -> Decide:
    return Decide(node=node, prompt=prompt, tools=tuple(tools), steps_left=left)


LISTED: Mapping[str, Any] = {
    "asked": [{"id": "a1", "quantity": "growth rate"}],
    "answers": [{"id": "a1", "finding": "f2"}],
}
"""Fields of an end that lists one thing, which the second finding answers."""

REPORT = Decide(node="report", prompt="final_report", tools=(), steps_left=3)

Script = Callable[[], AIMessage]


class FakeChat(BaseChatModel):
    """A chat model whose answers come from `answer`."""

    def answer(self, messages: list[BaseMessage], tools: list[dict[str, Any]]) -> AIMessage:
        """The answer to a request."""
        raise NotImplementedError

    @property
    def _llm_type(self) -> str:
        return type(self).__name__

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
        answer = self.answer(messages, kwargs.get("tools", []))
        return ChatResult(generations=[ChatGeneration(message=answer)])


class ScriptedChat(FakeChat):
    """Answers with the next message of a script and keeps what it was asked."""

    script: list[Script]
    asked: list[tuple[list[BaseMessage], list[dict[str, Any]]]]

    def answer(self, messages: list[BaseMessage], tools: list[dict[str, Any]]) -> AIMessage:
        self.asked.append((messages, tools))
        return self.script.pop(0)()


def scripted(*answers: AIMessage | Exception) -> ScriptedChat:
    def script(answer: AIMessage | Exception) -> Script:
        def speak() -> AIMessage:
            if isinstance(answer, Exception):
                raise answer
            return answer

        return speak

    return ScriptedChat(script=[script(answer) for answer in answers], asked=[])


def calls(*named: tuple[str, dict[str, Any]], **fields: Any) -> AIMessage:
    """An answer with these calls."""
    return AIMessage(
        content="",
        tool_calls=[{"name": name, "args": args, "id": f"c{at}"} for at, (name, args) in enumerate(named)],
        **fields,
    )
