"""A chat model lists what is asked, and what it claims to have answered is checked against the findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from tests.support.decisions import BASELINE, DESCRIPTION, calls, decide_with, scripted, state_at
from tests.support.recorded_run import RUN_ID, record

from fluxagents.flows.commands import AskedItem, AskHuman, ItemAnswer
from fluxagents.flows.errors import ErrorClass, ErrorInfo
from fluxagents.flows.events import DecisionMade, DecisionRefused
from fluxagents.flows.state import Finding, RunState
from fluxagents.prompts.sections import read_lines, sections
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.asked import find_gaps
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.request import rebuild_request
from fluxagents.tasks.chat.terms import Terms
from fluxagents.tasks.ports.decisions import DecisionResult
from fluxagents.tasks.registry import TOOLS

GROWTH = {"id": "a1", "quantity": "growth rate"}
FIELDS = ("asked", "answers")
ON_ACETATE = {"id": "a2", "quantity": "growth rate", "condition": "acetate as sole carbon source, uptake 20"}
TWO_PARTS = "How fast does it grow, and how fast on acetate with an uptake of 20?"

ACETATE = Finding(
    id="f3",
    tool="run_metabolic_fba",
    args={"medium_changes": {"EX_glc__D_e": 0.0, "EX_ac_e": 20.0}},
    key_findings={"model": "e_coli_core", "status": "optimal", "growth_per_h": 0.3893},
    model=DESCRIPTION.model,
)


def asking(
    question: str = TWO_PARTS,
    *,
    asked: Sequence[dict[str, Any]] | None = None,
    findings: Sequence[Finding] = (DESCRIPTION, BASELINE),
    errors: Sequence[ErrorInfo] = (),
) -> RunState:
    """A run of today that has been asked something, and perhaps has its list already."""
    items = None if asked is None else tuple(AskedItem.model_validate(item) for item in asked)
    state = state_at(question, findings=findings, errors=errors, open_errors=len(errors))
    return state.model_copy(update={"keeps_list": True, "asked": items})


def decide(state: RunState, answer: AIMessage) -> DecisionResult:
    return Decider(scripted(answer), "scripted", PromptManager(), TOOLS).decide(state, decide_with())


def finish(*answers: dict[str, Any], **fields: Any) -> AIMessage:
    return calls(("finish", {"answer": "All is answered.", "answers": list(answers), **fields}))


def ticks(state: RunState, *answers: dict[str, Any]) -> list[tuple[str, str]]:
    """What the system makes of ticks: finding or reason for each item."""
    result = decide(state, finish(*answers))
    assert result.error is None
    return [(answer.finding, answer.open) for answer in result.answers]


def refuse(state: RunState, answer: AIMessage) -> ErrorInfo:
    error = decide(state, answer).error
    assert error is not None
    assert error.kind is ErrorClass.INVALID_ANSWER
    return error


def test_the_first_call_lists_what_is_asked_and_later_calls_need_not() -> None:
    call = ("run_metabolic_fba", {"asked": [GROWTH, ON_ACETATE], "medium_changes": {"EX_ac_e": 20}})
    result = decide(asking(), calls(call))
    assert result.asked == (AskedItem.model_validate(GROWTH), AskedItem.model_validate(ON_ACETATE))
    assert result.decision is not None
    assert "asked" not in str(result.decision)
    later = decide(asking(asked=[GROWTH]), calls(("run_metabolic_fba", {})))
    assert (later.error, later.asked) == (None, None)


def test_a_request_says_that_the_list_is_wanted_and_then_what_it_has() -> None:
    decider = Decider(scripted(), "scripted", PromptManager(), TOOLS)

    def shown(state: RunState) -> str | None:
        return sections(decider.request(state, decide_with()).prompt.roles["user"]).get("asked")

    def fields(state: RunState) -> dict[str, list[str]]:
        functions = [entry["function"] for entry in decider.request(state, decide_with()).functions]
        return {
            function["name"]: [name for name in FIELDS if name in function["parameters"]["properties"]]
            for function in functions
            if function["name"] in {"run_metabolic_fba", "finish", "ask_human"}
        }

    listed = [GROWTH, ON_ACETATE]
    assert shown(asking()) == "wanted"
    assert read_lines(shown(asking(asked=listed)) or "") == listed
    both = {"run_metabolic_fba": ["asked"], "finish": ["asked", "answers"], "ask_human": []}
    assert fields(asking()) == fields(asking(asked=listed)) == both
    old = asking().model_copy(update={"keeps_list": False})
    assert shown(old) is None
    assert fields(old) == {"run_metabolic_fba": [], "finish": [], "ask_human": []}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (None, "the list of what is asked is missing"),
        ([], "is missing"),
        ("growth", "is missing"),
        ([{"id": "a1"}], "is missing"),
        ([GROWTH], "leaves out: 20, acetate, another part of the question"),
        ([{**GROWTH, "condition": "acetate, 20"}], "leaves out: another part of the question"),
    ],
)
def test_a_list_that_is_missing_or_short_is_asked_for_again_once(asked: object, says: str) -> None:
    args = {} if asked is None else {"asked": asked}
    error = refuse(asking(), calls(("run_metabolic_fba", args)))
    assert says in error.message
    again = decide(asking(errors=[error]), calls(("run_metabolic_fba", args)))
    assert again.error is None
    assert again.asked is not None
    assert all(item.id.startswith("unlisted-") for item in again.asked[1:])
    assert bool(again.asked) == (asked is not None and "leaves out" in says)


def test_a_human_may_be_asked_before_there_is_a_list() -> None:
    result = decide(asking(), calls(("ask_human", {"question": "Which strain?"})))
    assert (result.decision, result.asked) == (AskHuman(question="Which strain?"), None)


def test_findings_tick_off_what_they_were_computed_for() -> None:
    state = asking(asked=[GROWTH, ON_ACETATE], findings=[DESCRIPTION, BASELINE, ACETATE])
    found = ticks(state, {"id": "a1", "finding": "f2"}, {"id": "a2", "finding": "f3"})
    assert found == [("f2", ""), ("f3", "")]


def test_a_finding_under_another_condition_ticks_nothing_off() -> None:
    state = asking(asked=[GROWTH, ON_ACETATE])
    (_, wrong) = ticks(state, {"id": "a1", "finding": "f2"}, {"id": "a2", "finding": "f2"})
    assert wrong == ("", "f2 (run_metabolic_fba) was not computed with 20, acetate")


def test_another_number_ticks_nothing_off() -> None:
    ten = ACETATE.model_copy(update={"args": {"medium_changes": {"EX_glc__D_e": 0.0, "EX_ac_e": 10.0}}})
    state = asking(asked=[ON_ACETATE], findings=[DESCRIPTION, BASELINE, ten])
    assert ticks(state, {"id": "a2", "finding": "f3"}) == [
        ("", "f3 (run_metabolic_fba) was not computed with 20")
    ]


@pytest.mark.parametrize(
    ("key_findings", "holds"),
    [
        ({"model": "m", "status": "optimal", "growth_per_h": 0.1}, True),
        ({"model": "m", "status": "infeasible", "growth_per_h": None}, True),
        ({"model": "m", "status": "optimal", "growth_per_h": None}, False),
        ({"model": "m", "error": "no solution", "growth_per_h": 0.1}, False),
        ({"essential_genes": {"count": 0, "values": []}}, True),
        ({}, False),
    ],
)
def test_a_finding_ticks_off_only_with_a_value(key_findings: dict[str, Any], *, holds: bool) -> None:
    finding = ACETATE.model_copy(update={"args": {}, "key_findings": key_findings})
    ((ticked, why),) = ticks(asking(asked=[GROWTH], findings=[finding]), {"id": "a1", "finding": "f3"})
    assert (ticked == "f3") is holds
    assert (why == "f3 (run_metabolic_fba) holds no value") is not holds


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"id": "a1", "finding": "f9"}, "f9 is no finding of this run"),
        ({"id": "a1", "open": "the file has no genes"}, "the file has no genes"),
        ({"id": "b7", "finding": "f2"}, "no finding was named for it"),
    ],
)
def test_what_no_finding_answers_is_open_with_the_reason(answer: dict[str, Any], why: str) -> None:
    assert ticks(asking(asked=[GROWTH]), answer) == [("", why)]


@pytest.mark.parametrize(
    ("condition", "changes", "holds"),
    [
        ("anaerobic", {}, False),
        ("anaerobic", {"EX_o2_e": 0.0}, True),
        ("without oxygen", {"EX_o2_e": 2.0}, False),
        ("on glucose", {}, True),
        ("on glucose", {"EX_glc__D_e": 0.0, "EX_ac_e": 10.0}, False),
        ("without glucose, on acetate", {"EX_glc__D_e": 0.0, "EX_ac_e": 10.0}, True),
        ("5 % of the wild type", {"threshold": 0.05}, True),
    ],
)
def test_the_condition_of_an_item_is_that_of_its_finding(
    condition: str, changes: dict[str, float], *, holds: bool
) -> None:
    args = changes if "threshold" in changes else {"medium_changes": changes}
    finding = ACETATE.model_copy(update={"args": args})
    state = asking(asked=[{**GROWTH, "condition": condition}], findings=[DESCRIPTION, BASELINE, finding])
    ((ticked, _),) = ticks(state, {"id": "a1", "finding": "f3"})
    assert (ticked == "f3") is holds


def test_a_gene_that_was_knocked_out_before_counts_for_what_is_computed_then() -> None:
    knock_out = Finding(
        id="f3", tool="knock_out", args={"genes": ["b0720"]}, key_findings={"growth_per_h": 0.0}, model="m0"
    )
    after = BASELINE.model_copy(update={"id": "f4", "model": "m1"})
    item = {"id": "a1", "quantity": "growth", "condition": "b0720 knocked out"}
    state = asking(asked=[item], findings=[knock_out, after])
    assert ticks(state, {"id": "a1", "finding": "f4"}) == [("f4", "")]


def test_an_end_without_answers_is_asked_for_again_once_and_then_answers_nothing() -> None:
    bare = calls(("finish", {"answer": "All is answered."}))
    error = refuse(asking(asked=[GROWTH]), bare)
    assert "the answers of what is asked are missing" in error.message
    assert decide(asking(asked=[GROWTH], errors=[error]), bare).answers == (
        ItemAnswer(id="a1", open="no finding was named for it"),
    )


@pytest.mark.parametrize(
    ("question", "gaps"),
    [
        ("Which genes are essential for growth?", ["essentiality"]),
        ("What happens if b0720 and EX_co2_e are knocked out of e_coli_core?", ["b0720", "carbon dioxide"]),
        ("Draw a map of the fluxes", ["flux map"]),
        (
            "Which genes are essential on acetate but not on glucose?",
            ["acetate", "glucose", "essentiality", "another part of the question"],
        ),
        ("Compare growth with that of the wild type", ["growth", "a comparison"]),
        (
            "How fast does it grow and which genes are essential?",
            ["growth", "essentiality", "another part of the question"],
        ),
        ("Growth (EX_akg_e) at 7,5, not at 1,000", ["7.5", "1000", "alpha-ketoglutarate", "growth"]),
        ("Growth in 1/h and secretion in mmol gDW^-1 h^-1 of E. coli K-12", ["growth", "exchange fluxes"]),
    ],
)
def test_a_list_of_one_bare_item_leaves_out_what_the_question_names(question: str, gaps: list[str]) -> None:
    model = Terms(ids=frozenset({"e_coli_core"}))
    assert list(find_gaps(question, [AskedItem(id="a1", quantity="what it says")], model)) == gaps


def run_with(folder: Path, question: str, *answers: AIMessage) -> tuple[RunState, Sequence[object]]:
    decider = Decider(scripted(*answers), "scripted", PromptManager(), TOOLS)
    run, _ = record(str(folder), question, decider=decider)
    return run.load(RUN_ID), run.log


REPORT = calls(("finish", {"answer": "It is all done, growth is 0.874 1/h on both."}))


def test_a_run_whose_chat_model_only_claims_to_be_done_has_not_answered(tmp_path: Path) -> None:
    done = calls(("finish", {"answer": "Done, all is answered."}))
    state, log = run_with(tmp_path, TWO_PARTS, done, done, REPORT)
    assert (state.status, state.answered) == ("finished", "no")
    assert state.unanswered == ("the chat model gave no list of what the question asks",)
    assert len([event for event in log if isinstance(event, DecisionRefused)]) == 1


def test_a_run_that_answers_one_part_of_two_says_so(tmp_path: Path) -> None:
    short = finish({"id": "a1", "finding": "f2"}, asked=[GROWTH])
    state, _ = run_with(tmp_path, TWO_PARTS, short, short, REPORT)
    assert (state.status, state.answered) == ("finished", "partly")
    assert [line.partition(":")[0] for line in state.unanswered] == [
        "20",
        "acetate",
        "another part of the question",
    ]


def test_a_run_that_ticks_with_a_wrong_finding_says_what_is_open(tmp_path: Path) -> None:
    both = finish({"id": "a1", "finding": "f2"}, {"id": "a2", "finding": "f2"}, asked=[GROWTH, ON_ACETATE])
    state, _ = run_with(tmp_path, TWO_PARTS, both, REPORT)
    assert state.answered == "partly"
    (line,) = state.unanswered
    assert line.endswith("f2 (run_metabolic_fba) was not computed with 20, acetate")


def test_a_run_that_computes_both_parts_has_answered_and_its_requests_can_be_composed_again(
    tmp_path: Path,
) -> None:
    changes = {"EX_glc__D_e": 0, "EX_ac_e": 20}
    first = calls(("run_metabolic_fba", {"medium_changes": changes, "asked": [GROWTH, ON_ACETATE]}))
    end = finish({"id": "a1", "finding": "f2"}, {"id": "a2", "finding": "f3"})
    decider = Decider(scripted(first, end, REPORT), "scripted", PromptManager(), TOOLS)
    run, _ = record(str(tmp_path), TWO_PARTS, decider=decider)
    state = run.load(RUN_ID)
    assert (state.answered, state.unanswered) == ("yes", ())
    for event in run.log:
        if isinstance(event, DecisionMade):
            assert rebuild_request(run.log, run.kept, event.seq, PromptManager(), TOOLS).is_exact


EXCHANGED = {"id": "a1", "quantity": "exchange fluxes", "object": "lactate"}


def test_what_is_not_among_all_secretions_is_not_secreted() -> None:
    state = asking("Does it secrete lactate?", asked=[EXCHANGED])
    assert ticks(state, {"id": "a1", "finding": "f2"}) == [("f2", "")]


def test_what_is_not_among_the_shown_secretions_may_be_secreted() -> None:
    cut = {"count": 9, "shown": 1, "values": {"EX_h2o_e": 29.175827}}
    shown = BASELINE.model_copy(
        update={"key_findings": {**BASELINE.key_findings, "secretions_mmol_per_gdw_h": cut}}
    )
    state = asking("Does it secrete lactate?", asked=[EXCHANGED], findings=(DESCRIPTION, shown))
    ((finding, said),) = ticks(state, {"id": "a1", "finding": "f2"})
    assert not finding
    assert "lactate" in said


def test_what_if_begins_no_part_of_its_own() -> None:
    question = "what if oxygen uptake is at most 10, how fast is growth then?"
    item = {"id": "a1", "quantity": "growth rate", "condition": "oxygen uptake at most 10"}
    call = ("run_metabolic_fba", {"asked": [item], "medium_changes": {"EX_o2_e": 10}})
    result = decide(asking(question), calls(call))
    assert result.error is None
