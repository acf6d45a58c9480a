"""The planner's report: the answer first, every number from a finding, nothing made up."""

from __future__ import annotations

import json
import re
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
    known = (DESCRIPTION, BASELINE, *findings)
    verdict = decider.decide(state_at(question, node="report", findings=known, **state), REPORT)
    assert isinstance(verdict.decision, Finish)
    return verdict.decision.answer


def numbers_in(value: Any) -> set[float]:
    return {float(text) for text in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", json.dumps(value))}


def find_ungrounded(text: str, findings: Sequence[Finding]) -> set[float]:
    """Numbers in a report that no finding has, to six significant digits."""
    known = {float(f"{n:.6g}") for finding in findings for n in numbers_in(finding.model_dump(mode="json"))}
    said = re.sub(r"(?:artifact )?sha256:\S+|\[f\d+, \w+\]|\bb\d{4}\b|EX_\w+", "", text)
    return {number for number in numbers_in(said) if number not in known}


def test_the_essential_genes_and_growth_are_in_the_first_sentences() -> None:
    text = report("Which genes are essential for growth?", ESSENTIALITY)
    assert text.startswith(
        "In the medium of the model growth is 0.873922 1/h. 7 of 137 genes tested are essential: "
    )
    assert ", ".join(GENES) in text
    assert "artifact sha256:" + "3" * 64 in text
    assert "reactions tested" not in text
    assert find_ungrounded(text, [DESCRIPTION, BASELINE, ESSENTIALITY]) == set()


def test_a_list_that_is_cut_says_so() -> None:
    text = report("Which reactions are essential?", ESSENTIALITY)
    assert "18 of 95 reactions tested are essential: ACONTa, ACONTb (2 of 18 shown)." in text


def test_conditions_come_with_the_number_and_the_baseline_for_comparison() -> None:
    text = report("How fast does it grow without oxygen?", NO_OXYGEN)
    assert text.startswith("With no uptake through EX_o2_e, growth is 0.211663 1/h.")
    assert text.index("For comparison:") < text.index("0.873922 1/h")
    assert find_ungrounded(text, [BASELINE, NO_OXYGEN]) == set()


def test_fluxes_are_told_only_when_they_are_asked_for() -> None:
    assert "EX_etoh_e 8.27946 mmol/gDW/h (1 of 9 shown)" in report(
        "What does it secrete anaerobically?", NO_OXYGEN
    )
    assert "EX_etoh_e" not in report("How fast does it grow anaerobically?", NO_OXYGEN)


def test_a_screen_says_what_grows_and_what_does_not() -> None:
    textbook = pytest.importorskip("cobra.io").load_model("textbook")
    tool = tool_named("screen_nutrients")
    found = tool.run(textbook, tool.parse({"phenotypes": {"acetate": True, "formate": True}}))
    screen = Finding(
        id="f3", tool=tool.name, args={}, key_findings=found.key_findings(), artifact="sha256:" + "3" * 64
    )
    text = report("Which carbon sources can it grow on?", screen)
    assert "13 of 14 sole sources of carbon support growth with oxygen, each at 10 mmol/gDW/h." in text
    assert "EX_succ_e 0.397563" in text
    assert "No growth on EX_for_e." in text
    assert "2 of 14 sole sources of carbon support growth without oxygen" in text
    assert "1 grow in both, 0 in neither, 0 in the model only and 1 in the experiment only" in text
    assert find_ungrounded(text, [DESCRIPTION, BASELINE, screen]) == set()


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
        assert f"[f{number}, {tool.name}]" in text
        assert find_ungrounded(text, [DESCRIPTION, BASELINE, finding]) <= {0.0}, tool.name


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
