"""Where a node asks for it, each call states a hypothesis, and its result is shown beside what it tested."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.decisions import BASELINE, DESCRIPTION, calls, decide_with, scripted, state_at
from tests.support.recorded_run import RUN_ID, record

from fluxagents.flows.commands import HYPOTHESIS_CHARACTERS, CallTool, Decide
from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.events import DecisionMade
from fluxagents.flows.language.nodes import DecideNode
from fluxagents.prompts.sections import read_lines, sections
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.request import rebuild_request
from fluxagents.tasks.ports.decisions import DecisionResult
from fluxagents.tasks.registry import TOOLS

SUPPOSED = "Oxygen is what is missing; growth 0 with oxygen refutes it."


def asking() -> Decide:
    command = decide_with(["run_metabolic_fba"], prompt="hypothesis")
    return command.model_copy(update={"hypotheses": True})


def decide_on(args: dict[str, Any], command: Decide | None = None) -> DecisionResult:
    chat = scripted(calls(("run_metabolic_fba", args)))
    decider = Decider(chat, "scripted", PromptManager(), TOOLS)
    return decider.decide(state_at("Why does it not grow?"), command or asking())


def test_the_hypothesis_of_a_call_is_recorded_beside_its_arguments() -> None:
    decision = decide_on({"hypothesis": f" {SUPPOSED} ", "medium_changes": {"EX_o2_e": 0}}).decision
    assert decision == CallTool(
        tool="run_metabolic_fba", args={"medium_changes": {"EX_o2_e": 0.0}}, hypothesis=SUPPOSED
    )


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (None, "'run_metabolic_fba' without a hypothesis; say what you suppose"),
        (" ", "without a hypothesis"),
        (7, "without a hypothesis"),
        ("x" * (HYPOTHESIS_CHARACTERS + 1), "a hypothesis of 501 characters; say it in at most 500"),
    ],
)
def test_a_call_without_a_hypothesis_is_no_valid_decision(said: object, says: str) -> None:
    error = decide_on({} if said is None else {"hypothesis": said}).error
    assert error is not None
    assert error.kind is ErrorClass.INVALID_ANSWER
    assert says in "; ".join([error.message, *error.suggestions])


def test_where_none_is_asked_for_it_is_an_unknown_argument() -> None:
    error = decide_on({"hypothesis": SUPPOSED}, decide_with(["run_metabolic_fba"])).error
    assert error is not None
    assert "unknown argument 'hypothesis'" in error.message


def test_every_offered_tool_must_state_one_and_what_ends_the_node_need_not() -> None:
    decider = Decider(scripted(), "scripted", PromptManager(), TOOLS)
    functions = decider.request(state_at("Why?"), asking()).functions
    required = {
        one["function"]["name"]: "hypothesis" in one["function"]["parameters"].get("required", ())
        for one in functions
    }
    assert required == {"run_metabolic_fba": True, "finish": False, "ask_human": False}


def test_a_result_is_shown_with_what_it_was_to_test() -> None:
    tested = BASELINE.model_copy(update={"hypothesis": SUPPOSED})
    decider = Decider(scripted(), "scripted", PromptManager(), TOOLS)
    state = state_at("Why?", findings=[DESCRIPTION, tested])
    shown = read_lines(sections(decider.request(state, asking()).prompt.roles["user"])["findings"])
    assert [entry.get("tests") for entry in shown if isinstance(entry, dict)] == [None, SUPPOSED]


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("Does it still grow without oxygen?", "run_metabolic_fba"),
        ("Which genes are essential?", "analyze_essentiality"),
    ],
)
def test_the_planner_states_hypotheses_in_the_flow_for_them(tmp_path: Path, question: str, tool: str) -> None:
    flow = FlowLibrary().get("hypothesis_test")
    run, _ = record(str(tmp_path), question, flow=flow)
    state = run.load(RUN_ID)
    assert state.status == "finished"
    assert [bool(finding.hypothesis) for finding in state.findings] == [False, False, True]
    assert state.findings[-1].tool == tool
    assert "refutes it" in state.findings[-1].hypothesis
    assert "hypothesis" not in state.findings[-1].args
    for event in run.log:
        if isinstance(event, DecisionMade):
            assert rebuild_request(run.log, run.kept, event.seq, PromptManager(), TOOLS).is_exact


def test_the_diagnosis_of_no_growth_tests_hypotheses(tmp_path: Path) -> None:
    run, _ = record(str(tmp_path), "Which genes are essential?", medium={"EX_o2_e": 10.0})
    state = run.load(RUN_ID)
    asked = [event for event in run.log if isinstance(event, DecisionMade) and event.node == "diagnose"]
    tested = [event.decision for event in asked if isinstance(event.decision, CallTool)]
    assert [call.tool for call in tested] == ["find_minimal_media", "run_metabolic_fba"]
    assert all(call.hypothesis for call in tested)
    assert state.status == "finished"
    assert "The medium lacks what growth needs" in (asked[-1].decision.model_dump()["answer"])


@pytest.mark.parametrize("flow", FlowLibrary().flows().values(), ids=lambda flow: flow.flow)
def test_the_prompts_of_shipped_flows_exist(flow: Any) -> None:
    names = PromptManager().names
    for node in flow.nodes.values():
        assert not isinstance(node, DecideNode) or node.prompt in names
