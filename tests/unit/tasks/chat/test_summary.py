"""Findings that do not fit are told in fewer words, if that is wanted, and never with a number of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from tests.bench.context import QUESTIONS, SMALL_TOKENS, long_flow
from tests.support.decisions import (
    ANSWER_TOOLS,
    BASELINE,
    LISTED,
    ScriptedChat,
    calls,
    decide_with,
    scripted,
    state_at,
)
from tests.support.recorded_run import RUN_ID, RecordedRun, acts_in, record

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import (
    ContextCompacted,
    ContextSummarised,
    DecisionDeferred,
    DecisionMade,
    DecisionRefused,
    Event,
    SummaryRefused,
)
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import Finding, RunState
from fluxagents.prompts.sections import read_lines, sections
from fluxagents.prompts.statistics.figures import trials
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.request import rebuild_request
from fluxagents.tasks.chat.summary import MAX_REFUSED
from fluxagents.tasks.dispatch import DECIDE
from fluxagents.tasks.ports.chat_limits import LimitReachedError, NoLimits
from fluxagents.tasks.registry import TOOLS

BUDGET = 5_000
TOLD = "Growth on R2 to R9 is 0.873922 1/h [f2]."


def many(count: int = 24) -> list[Finding]:
    return [
        BASELINE.model_copy(
            update={"id": f"f{at}", "args": {"objective": f"R{at}"}, "artifact": f"sha256:{at:064}"}
        )
        for at in range(1, count + 1)
    ]


def decided(folder: Path, chat: ScriptedChat, state: RunState | None = None, **options: Any) -> list[Event]:
    """What a step of a decision leaves in the log."""
    options = {"summaries": True, "max_tokens": BUDGET, **options}
    decider = Decider(chat, "scripted", PromptManager(), TOOLS, **options)
    controller = FlowController(long_flow())
    state = state or state_at("Which grows best?", findings=many())
    command = decide_with(ANSWER_TOOLS[:4])
    return list(acts_in(str(folder), decider=decider)[DECIDE](controller, state, command))


FINISH = calls(("finish", {"answer": "f1 answers."}))


def test_what_does_not_fit_is_told_by_a_summary_that_the_next_request_shows(tmp_path: Path) -> None:
    chat = scripted(AIMessage(TOLD), FINISH)
    told, made, compacted = decided(tmp_path, chat)
    assert isinstance(told, ContextSummarised)
    assert isinstance(made, DecisionMade)
    assert isinstance(compacted, ContextCompacted)
    assert told.text == TOLD
    assert told.prompt.name == "summary"
    assert told.prompt.tokens_in > 500
    assert told.prompt.digest == PromptManager().versions.find("summary").digest
    parts = sections(str(chat.asked[1][0][1].content))
    assert parts["summary"] == TOLD
    shown = [one["id"] for one in read_lines(parts["findings"]) if isinstance(one, dict)]
    assert not set(shown) & set(told.ids)
    left_out = [one["id"] for one in read_lines(parts["left_out"]) if isinstance(one, dict)]
    assert set(told.ids) <= set(left_out)
    assert {one.id for one in compacted.compacted if one.strategy == "summary"} == set(told.ids)
    assert compacted.tokens <= BUDGET


def test_the_chat_model_is_asked_with_the_findings_that_do_not_fit_and_nothing_else(tmp_path: Path) -> None:
    chat = scripted(AIMessage(TOLD), FINISH)
    told = decided(tmp_path, chat)[0]
    assert isinstance(told, ContextSummarised)
    messages, functions = chat.asked[0]
    parts = sections(str(messages[1].content))
    assert parts["task"] == "summary"
    assert [one["id"] for one in read_lines(parts["findings"]) if isinstance(one, dict)] == list(told.ids)
    assert [one["function"]["name"] for one in functions] == ["finish", "ask_human"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (AIMessage("Growth on R2 is 0.95 1/h [f2]."), "states what none of its findings has: 0.95 1/h"),
        (AIMessage("R2 grows at 0.873922 mmol/gDW/h."), "0.873922 mmol/gDW/h"),
        (AIMessage("It grows. " * 300), "a summary of 2999 characters"),
        (AIMessage(" "), "answered with nothing"),
        (calls(("ask_human", {"question": "why?"})), "asked instead of summarising"),
        (calls(("run_metabolic_fba", {})), "not offered"),
    ],
)
def test_a_summary_that_cannot_be_trusted_is_refused_and_the_findings_stay_left_out(
    tmp_path: Path, answer: AIMessage, says: str
) -> None:
    chat = scripted(answer, FINISH)
    refused, made, compacted = decided(tmp_path, chat)
    assert isinstance(refused, SummaryRefused)
    assert isinstance(made, DecisionMade)
    assert isinstance(compacted, ContextCompacted)
    assert says in refused.error.message
    assert "summary" not in sections(str(chat.asked[1][0][1].content))
    assert {one.strategy for one in compacted.compacted} == {"budget"}
    assert set(refused.ids) <= {one.id for one in compacted.compacted}


def test_a_provider_that_fails_does_not_keep_the_decision_from_being_tried(tmp_path: Path) -> None:
    out = FluxError(ErrorClass.PROVIDER_OUTAGE, "nobody there")
    refused, made = decided(tmp_path, scripted(out, out))[:2]
    assert isinstance(refused, SummaryRefused)
    assert refused.error.kind is ErrorClass.PROVIDER_OUTAGE
    assert isinstance(made, DecisionRefused)


def test_after_some_refusals_no_more_summaries_are_asked_for(tmp_path: Path) -> None:
    state = state_at("Which grows best?", findings=many())
    for _ in range(MAX_REFUSED):
        refused = decided(tmp_path, scripted(AIMessage("0.95 1/h"), FINISH), state)[0]
        assert isinstance(refused, SummaryRefused)
        state = reduce(state, refused).model_copy(update={"seq": state.seq})
    made = decided(tmp_path, scripted(FINISH), state)[0]
    assert isinstance(made, DecisionMade)


@pytest.mark.parametrize("options", [{"summaries": False}, {"max_tokens": 24_000}])
def test_without_the_wish_or_the_need_there_is_no_summary(tmp_path: Path, options: dict[str, Any]) -> None:
    assert isinstance(decided(tmp_path, scripted(FINISH), **options)[0], DecisionMade)


def test_a_summary_takes_over_what_the_one_before_it_said(tmp_path: Path) -> None:
    state = state_at("Which grows best?", findings=many(20))
    first = decided(tmp_path, scripted(AIMessage(TOLD), FINISH), state)[0]
    assert isinstance(first, ContextSummarised)
    more = reduce(state, first).model_copy(update={"findings": tuple(many(24))})
    chat = scripted(AIMessage(f"{TOLD} R9 grows at 0.874 1/h [f9]."), FINISH)
    second = decided(tmp_path, chat, more)[0]
    assert isinstance(second, ContextSummarised)
    assert sections(str(chat.asked[0][0][1].content))["summary"] == TOLD
    assert not set(first.ids) & set(second.ids)
    after = reduce(more, second)
    assert after.summary is not None
    assert set(after.summary.ids) == {*first.ids, *second.ids}
    assert after.tokens_in == first.prompt.tokens_in + second.prompt.tokens_in
    assert after.decisions == more.decisions


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    """A real run of thirteen calls with room for half of what they find."""
    asked = QUESTIONS[:13]
    made = [
        calls((one.tool, one.args | ({} if at else {"asked": LISTED["asked"]})))
        for at, one in enumerate(asked)
    ]
    chat = Obliging(
        script=[], asked=[], calls=[*made, *[calls(("finish", {"answer": "See f2.", **LISTED}))] * 2]
    )
    decider = Decider(chat, "scripted", PromptManager(), TOOLS, max_tokens=SMALL_TOKENS, summaries=True)
    folder = str(tmp_path_factory.mktemp("store"))
    return record(folder, "Tell me all.", flow=long_flow(), decider=decider)[0]


class Obliging(ScriptedChat):
    """Follows its script, and summarises whenever it is asked to."""

    calls: list[AIMessage]

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        told = sections(str(messages[-1].content))["task"] == "summary"
        answer = AIMessage("The model grows in its own medium [f2].") if told else self.calls.pop(0)
        self.script.append(lambda: answer)
        return super()._generate(messages, *args, **kwargs)


def test_requests_after_a_summary_are_composed_again_from_the_log_to_the_byte(run: RecordedRun) -> None:
    told = [event for event in run.log if isinstance(event, ContextSummarised)]
    assert told
    assert run.load(RUN_ID).status == "finished"
    for event in run.log:
        if isinstance(event, DecisionMade):
            assert rebuild_request(run.log, run.kept, event.seq, PromptManager(), TOOLS).is_exact
    for summary in told:
        found = rebuild_request(run.log, run.kept, summary.seq, PromptManager(), TOOLS, of_summary=True)
        assert found.is_exact
        assert found.use == summary.prompt


def test_the_figures_of_prompts_count_the_requests_for_summaries(run: RecordedRun) -> None:
    told = sum(isinstance(event, ContextSummarised) for event in run.log)
    found = {trial.name: trial for trial in trials(run.log)}
    assert found["summary"].calls == told
    assert found["summary"].tokens_in > 500 * told
    assert found["tool_selection"].tool_calls == 13


class UsedUp(NoLimits):
    """A limit that lets some requests through."""

    def __init__(self, left: int) -> None:
        self.left = left

    def enter(self, run_id: str, tokens: int, *, urgent: bool = True) -> str:
        del run_id, tokens, urgent
        if not self.left:
            raise LimitReachedError("scripted", 99)
        self.left -= 1
        return ""


@pytest.mark.parametrize(
    ("left", "kinds"), [(0, [DecisionDeferred]), (1, [ContextSummarised, DecisionDeferred])]
)
def test_a_limit_that_is_used_up_defers_the_decision_and_keeps_the_summary(
    tmp_path: Path, left: int, kinds: list[type[Event]]
) -> None:
    happened = decided(tmp_path, scripted(AIMessage(TOLD), FINISH), limits=UsedUp(left))
    assert [type(event) for event in happened] == kinds
