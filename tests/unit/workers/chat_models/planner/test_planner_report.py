"""The planner's report: the answer first, every number from a finding, nothing made up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.decisions import ANSWER_TOOLS, BASELINE, DESCRIPTION, REPORT, state_at
from tests.support.recorded_run import record

from fluxagents.flows.commands import Finish
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import Finding, Note
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.grounding import find_ungrounded as numbers_without_source
from fluxagents.tasks.registry import TOOLS, tool_named
from fluxagents.workers.chat_models.planner.offline_planner import OfflinePlanner

GENES = ["b0720", "b1136", "b1779", "b2415", "b2416", "b2779", "b2926"]
GROWTH = 0.8739215069683841

ESSENTIALITY = Finding(
    id="f3",
    tool="analyze_essentiality",
    args={},
    key_findings={
        "status": "optimal",
        "growth_per_h": GROWTH,
        "medium": "as in the model: 7 open uptakes",
        "threshold_fraction_of_wild_type": 0.01,
        "genes_tested": 137,
        "essential_genes": {"count": 7, "shown": 7, "ids": GENES},
        "reactions_tested": 95,
        "essential_reactions": {"count": 18, "shown": 2, "ids": ["ACONTa", "ACONTb"]},
    },
    artifact="sha256:" + "3" * 64,
)
ANAEROBIC = {"medium_changes": {"EX_o2_e": 0.0}}
NO_OXYGEN = BASELINE.model_copy(
    update={
        "id": "f4",
        "args": ANAEROBIC,
        "key_findings": {
            "status": "optimal",
            "growth_per_h": 0.2116629497353,
            "changed_uptakes_mmol_per_gdw_h": {"count": 1, "shown": 1, "values": {"EX_o2_e": 0.0}},
            "secretions_mmol_per_gdw_h": {"count": 9, "shown": 1, "values": {"EX_etoh_e": 8.279455}},
        },
    }
)


def report(question: str, *findings: Finding, **state: Any) -> str:
    decider = Decider(OfflinePlanner(), "offline-planner", PromptManager(), TOOLS)
    known = state.pop("known", (DESCRIPTION, BASELINE, *findings))
    verdict = decider.decide(state_at(question, node="report", findings=known, **state), REPORT)
    assert isinstance(verdict.decision, Finish)
    return verdict.decision.answer


def find_ungrounded(text: str, findings: Sequence[Finding]) -> tuple[str, ...]:
    return numbers_without_source(text, state_at("?", findings=findings))


def test_the_first_sentence_answers_and_digests_stay_in_the_run() -> None:
    text = report("Which genes are essential for growth?", ESSENTIALITY)
    assert text.startswith("7 of 137 genes are essential: ")
    assert all(gene in text for gene in GENES)
    assert "sha256" not in text
    assert "Sources: f3 (analyze_essentiality)." in text
    assert "reactions" not in text
    assert find_ungrounded(text, [DESCRIPTION, BASELINE, ESSENTIALITY]) == ()


def test_a_list_that_is_cut_says_so() -> None:
    text = report("Which reactions are essential?", ESSENTIALITY)
    assert "18 of 95 reactions are essential: ACONTa, ACONTb, and the rest in the tables of f3." in text


def test_genes_and_compounds_have_the_names_that_people_use() -> None:
    names = {"genes": {"b0720": "gltA"}, "exchanges": {"EX_o2_e": "O2"}}
    known = {**ESSENTIALITY.key_findings, "names": names}
    text = report("Which genes are essential?", ESSENTIALITY.model_copy(update={"key_findings": known}))
    assert text.startswith("7 of 137 genes are essential: gltA (b0720), b1136, ")
    anaerobic = NO_OXYGEN.model_copy(update={"key_findings": {**NO_OXYGEN.key_findings, "names": names}})
    assert report("Can it grow without oxygen?", anaerobic).startswith(
        "Yes: growth without oxygen is 0.212 1/h."
    )


def test_conditions_come_with_the_number_and_the_baseline_for_comparison() -> None:
    text = report("How fast does it grow without oxygen?", NO_OXYGEN)
    assert text.startswith("Growth without EX_o2_e is 0.212 1/h.")
    assert "For comparison: in the model's own medium growth is 0.874 1/h [f2]." in text
    assert find_ungrounded(text, [BASELINE, NO_OXYGEN]) == ()


def test_fluxes_are_told_only_when_they_are_asked_for() -> None:
    text = report("What does it secrete anaerobically?", NO_OXYGEN)
    assert text.startswith(
        "Without EX_o2_e it secretes EX_etoh_e 8.28 mmol/gDW/h, and the rest in the tables of f4"
    )
    assert "EX_etoh_e" not in report("How fast does it grow anaerobically?", NO_OXYGEN)


def test_two_media_of_a_run_have_two_names() -> None:
    before = BASELINE.model_copy(update={"model": "sha256:" + "9" * 64})
    change = Finding(
        id="f3",
        tool="apply_medium",
        args=ANAEROBIC,
        key_findings={"status": "optimal", "growth_before_per_h": GROWTH, "growth_per_h": 0.2116629497353},
        artifact="sha256:" + "3" * 64,
        model=before.model,
    )
    grown = NO_OXYGEN.model_copy(
        update={"args": {}, "key_findings": {"status": "optimal", "growth_per_h": 0.2116629497353}}
    )
    known = (before, change, grown)
    text = report("Remove oxygen from the medium and tell me the growth", known=known)
    assert "Growth in the new medium is 0.212 1/h." in text
    assert "in the medium before the change growth is 0.874 1/h [f2]" in text
    assert "own medium" not in text


def test_a_screen_says_what_grows_and_what_does_not() -> None:
    textbook = pytest.importorskip("cobra.io").load_model("textbook")
    tool = tool_named("screen_nutrients")
    found = tool.run(textbook, tool.parse({"phenotypes": {"acetate": True, "formate": True}}))
    screen = Finding(
        id="f3", tool=tool.name, args={}, key_findings=found.key_findings(), artifact="sha256:" + "3" * 64
    )
    text = report("Which carbon sources can it grow on?", screen)
    assert text.startswith("13 of 14 sole carbon sources support growth with oxygen, each at 10 mmol/gDW/h.")
    assert "EX_succ_e 0.398" in text
    assert "No growth on EX_for_e." in text
    assert "2 of 14 sole carbon sources support growth without oxygen" in text
    assert "1 grow in both, 0 in neither, 0 in the model only and 1 in the experiment only" in text
    assert find_ungrounded(text, [DESCRIPTION, BASELINE, screen]) == ()


def test_a_screen_without_sources_says_what_grows_without_any() -> None:
    textbook = pytest.importorskip("cobra.io").load_model("textbook")
    tool = tool_named("screen_nutrients")
    found = tool.run(textbook, tool.parse({"elements": ["sulfur"], "oxygen": "aerobic"}))
    screen = Finding(
        id="f3", tool=tool.name, args={}, key_findings=found.key_findings(), artifact="sha256:" + "3" * 64
    )
    text = report("Which sulfur sources can it use?", screen)
    assert "can take up no source of sulfur; without any it grows with oxygen at 0.874 1/h." in text


def test_a_part_without_a_finding_is_named() -> None:
    text = report("What is the growth rate and which reactions are blocked?")
    assert "Not answered is what needs run_flux_variability_analysis." in text


def test_without_a_finding_it_says_so_and_why() -> None:
    text = report("What is the weather?", answer="The offline planner does not understand this question.")
    assert text.startswith(
        "The question is not answered. The offline planner does not understand this question."
    )


def test_a_rejected_change_is_no_answer_from_the_old_model() -> None:
    note = Note(by="ada", about="apply_medium", text="rejected: no")
    text = report("Remove oxygen from the medium and tell me the growth", notes=[note])
    assert text.startswith("The question is not answered.")
    assert "ada on apply_medium: rejected: no." in text


def test_failures_are_told_with_their_way_out() -> None:
    failed = FluxError(ErrorClass.UNKNOWN_ID, "reaction 'PFX' is not here", suggestions=["nearest: PFK"])
    text = report("Is PFX essential?", errors=[failed.info("analyze_essentiality")], open_errors=1)
    assert "Failed: analyze_essentiality (unknown_id): reaction 'PFX' is not here; nearest: PFK." in text


def test_a_name_whose_id_was_found_is_no_failure() -> None:
    renamed = FluxError(ErrorClass.UNKNOWN_ID, "gene 'pfkA' is not here")
    slow = FluxError(ErrorClass.TIMEOUT, "it took too long")
    errors = [renamed.info("knock_out"), slow.info("analyze_essentiality")]
    text = report("Which genes are essential?", ESSENTIALITY, errors=errors, open_errors=0)
    assert "pfkA" not in text
    assert "Failed: analyze_essentiality (timeout): it took too long." in text


@pytest.mark.parametrize("question", ["Which genes are essential?", "What is the weather?", "Remove oxygen"])
def test_it_says_what_it_is_and_never_more_than_it_may(question: str) -> None:
    many = [Note(by="ada", about="x", text="word " * 400) for _ in range(8)]
    text = report(question, ESSENTIALITY, notes=many)
    assert text.endswith("Written by the offline planner from the findings, without a language model.")
    assert len(text) <= 8_000


def test_every_tool_has_words_for_what_it_finds(tmp_path: Path) -> None:
    _, sources = record(str(tmp_path))
    textbook = pytest.importorskip("cobra.io").load_model("textbook")
    for number, tool in enumerate(map(tool_named, ANSWER_TOOLS), start=3):
        result = tool.carry_out(textbook, tool.args.model_validate(dict(tool.example)), sources)
        found = result.key_findings()
        finding = Finding(id=f"f{number}", tool=tool.name, args=dict(tool.example), key_findings=found)
        text = report("What is the weather?", finding)
        assert f"f{number} ({tool.name})" in text
        assert find_ungrounded(text, [DESCRIPTION, BASELINE, finding]) == (), tool.name


def test_the_objective_and_the_evidence_of_growth_are_told_where_they_differ() -> None:
    fields = {"objective": "-1 EX_A_e", "objective_value": 10.0, "biomass_reaction": "growth",
              "biomass_found_by": "name"}  # fmt: skip
    other = BASELINE.model_copy(update={"key_findings": {**BASELINE.key_findings, **fields}, "id": "f9"})
    text = report("How fast does it grow?", other)
    assert "The model's objective is -1 EX_A_e; its greatest value is 10." in text
    assert "Growth is the flux of growth, found by its name." in text


def test_growth_that_is_not_known_is_told_with_the_way_out() -> None:
    problem = "several reactions may be biomass (bio1, bio2): name one with the argument 'biomass'"
    fields = {"status": "optimal", "growth_per_h": None, "objective": "EX_P", "objective_value": 2.0}
    other = BASELINE.model_copy(update={"key_findings": {**fields, "growth_problem": problem}, "id": "f9"})
    assert f"Growth is not known: {problem}." in report("How fast does it grow?", other)
