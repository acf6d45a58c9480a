"""Every tool in each of its outcomes, and the answer that is written from what it finds.

`python -m tests.answers` (`make answers`) writes the answers to `recorded/`, for people to read and judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.broken_models import break_model

from fluxagents.tasks.fba.entities.entity_names import find_names
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import TOOLS, tool_named
from fluxagents.workers.chat_models.planner.reporting.reported_finding import ReportedFinding
from fluxagents.workers.chat_models.planner.reporting.sentences import describe_finding

RECORDED = Path(__file__).parent / "recorded"

OUTCOMES = ("optimal", "zero_growth", "infeasible", "unbounded", "no_objective")
"""Of a tool's example: on the textbook model, and on what `break_model` makes of it."""

SLOW = frozenset({("check_missing_media", "infeasible"), ("analyze_media_compatibility", "infeasible")})

ALIKE = frozenset(
    {
        "fetch_artifact",
        "resolve_biochem_entity",
        "search_biochem",
        "translate_database_ids",
        "build_metabolic_model",
        "validate_model_draft",
        "apply_model_draft",
    }
)
"""Tools to which growth is nothing, or whose model is a universal one."""

_OF_A_FILE = re.compile(r"(?<=sha256:)\w+|\d+(?= bytes)")
"""Differs with the version of a library that writes files."""


@dataclass(frozen=True)
class Case:
    """A call, what was asked, and on which model."""

    tool: str
    outcome: str
    args: Mapping[str, Any]
    question: str = ""
    topics: frozenset[str] = field(default_factory=frozenset)

    @property
    def title(self) -> str:
        """What is recorded: the question, if there is one."""
        return f"{self.outcome}: {self.question}" if self.question else self.outcome


ANAEROBIC = {"EX_o2_e": 0}
GLUCOSE_TO_ACETATE = {"EX_glc__D_e": 0, "EX_ac_e": 20}


def _ask(tool: str, question: str, *topics: str, outcome: str = "optimal", **args: Any) -> Case:
    return Case(tool, outcome, args, question, frozenset(topics))


ASKED = (
    _ask("run_metabolic_fba", "How fast does it grow?", "growth"),
    _ask("run_metabolic_fba", "Can it grow without oxygen?", "growth", medium_changes=ANAEROBIC),
    _ask("run_metabolic_fba", "Can it grow without ammonium?", "growth", medium_changes={"EX_nh4_e": 0}),
    _ask("run_metabolic_fba", "How fast does it grow on acetate, uptake 20?", "growth",
         medium_changes=GLUCOSE_TO_ACETATE),
    _ask("run_metabolic_fba", "What does it secrete without oxygen?", "exchanges", medium_changes=ANAEROBIC),
    _ask("run_metabolic_fba", "Maximise ATPM", "fluxes", objective="ATPM"),
    _ask("analyze_essentiality", "Knock out b0720 and tell me what happens", "essentiality", genes=["b0720"]),
    _ask("analyze_essentiality", "Is b1241 essential?", "essentiality", genes=["b1241"]),
    _ask("analyze_essentiality", "Is PGI needed?", "essentiality", reactions=["PGI"]),
    _ask("analyze_essentiality", "Are b0720 and b1241 essential?", "essentiality", genes=["b0720", "b1241"]),
    _ask("analyze_essentiality", "Which genes are essential?", "essentiality", "genes", what="genes"),
    _ask("analyze_essentiality", "Which reactions are essential?", "reactions", what="reactions"),
    _ask("run_gene_deletion_analysis", "Which genes are lethal?", kind="single"),
    _ask("run_gene_deletion_analysis", "What if b3916 and b1723 are deleted together?", kind="sets",
         sets=[["b3916", "b1723"]]),
    _ask("run_gene_deletion_analysis", "Is any of these pairs lethal?", kind="double",
         genes=["b0721", "b0722", "b2276"]),
    _ask("run_gene_deletion_analysis", "Which pairs are synthetically lethal?", kind="double"),
    _ask("find_synthetic_lethals", "Which sets of three reactions are synthetically lethal?",
         candidates=["PGI", "PFK", "G6PDH2r", "ATPS4r", "CYTBD", "PYK", "TPI", "ENO"]),
    _ask("find_minimal_cut_sets", "Which minimal cut sets force succinate out without oxygen?",
         product_exchange="EX_succ_e", min_yield_mol_per_mol=0.5, most_knock_outs=2,
         medium_changes=ANAEROBIC),
    _ask("gapfill_model", "Fill the gaps", universal="e_coli_core", outcome="gap"),
    _ask("find_missing_reactions", "Which reactions are missing?", universal="e_coli_core", outcome="gap"),
    _ask("run_flux_variability_analysis", "Which reactions are blocked?", fraction_of_optimum=0.0),
    _ask("run_flux_variability_analysis", "What are the flux ranges?", "variability"),
    _ask("validate_model", "is the model mass balanced?", "validation"),
    _ask("validate_model", "is the model mass balanced?", "validation", outcome="unbounded"),
    _ask("validate_model", "Is the model sound?", "validation"),
    _ask("screen_nutrients", "Which carbon sources can it grow on?"),
    _ask("run_robustness", "How does growth depend on PGI?", reaction="PGI"),
    _ask("run_dynamic_fba", "How long until glucose is used up?", "time_course"),
    _ask("run_dynamic_fba", "A chemostat at 0.3 1/h?", "time_course", culture="chemostat", dilution_per_h=0.3,
         hours=60, substances=[{"exchange": "EX_glc__D_e", "start_mmol_per_l": 10, "feed_mmol_per_l": 10}]),
    _ask("analyze_limitations", "What limits growth?", medium_changes=ANAEROBIC),
    _ask("find_minimal_media", "What is the minimal medium?", "minimal_medium"),
    _ask("check_missing_media", "What is missing?", "missing_nutrients"),
    _ask("check_missing_media", "What is missing without carbon?", "missing_nutrients",
         medium={"EX_o2_e": 1000, "EX_h_e": 1000, "EX_h2o_e": 1000}),
    _ask("run_production_envelope", "How much formate can it make?", product_exchange="EX_for_e",
         medium_changes=ANAEROBIC),
    _ask("run_production_envelope", "How much fructose can it make?", product_exchange="EX_fru_e"),
    _ask("find_production_pathway", "Can it fix CO2?", substrate="EX_co2_e", product="EX_fum_e"),
    _ask("find_production_pathway", "Can it make aspirin?", substrate="EX_glc__D_e", product="aspirin"),
    _ask("find_growth_coupled_knock_outs", "Is fructose coupled?", product_exchange="EX_fru_e"),
    _ask("analyze_community", "What of a community without carbon?", models=["e_coli_core", "e_coli_core"],
         medium={"EX_nh4_e": 10}),
    _ask("compare_models", "Which differences change growth?", models=["e_coli_core"], effects=True),
    _ask("knock_out", "Knock out b0720 for good", genes=["b0720"]),
    _ask("knock_out", "Knock out b0351 for good", genes=["b0351"]),
    _ask("resolve_biochem_entity", "What is xyzzy?", query="xyzzy", kind="compound"),
    _ask("search_biochem", "Search xyzzy", words="xyzzy", kind="compound"),
    _ask("translate_database_ids", "Its KEGG id?", ids=["nonsense"], to_namespace="kegg", kind="compound"),
    _ask("select_optimal_media", "Which of M9 media is best?", media=["M9_glucose"]),
    _ask("compare_media_performance", "Does it grow in M9?", media=["M9"]),
)  # fmt: skip
"""None, one and many; yes and no; each with the words that a person asks with."""


def list_cases() -> Iterator[Case]:
    """The example of every tool in each outcome, then the questions."""
    for name, tool in TOOLS.items():
        outcomes = OUTCOMES if tool.needs_model and name not in ALIKE else OUTCOMES[:1]
        yield from (Case(name, kind, tool.example) for kind in outcomes if (name, kind) not in SLOW)
        yield from (case for case in ASKED if case.tool == name)


def find(case: Case, model: Any, sources: Sources) -> dict[str, Any]:
    """The finding of a case, as a run records it."""
    tool = tool_named(case.tool)
    args = tool.parse(case.args)
    with model:
        if case.outcome == "gap":
            model.remove_reactions(["CS", "ENO"])
        elif case.outcome != "optimal":
            break_model(model, case.outcome)
        result = tool.carry_out(model if tool.needs_model else None, args, sources)
        found = result.key_findings()
        names = find_names(model if tool.needs_model else None, found, args)
    return {"id": "f3", "tool": case.tool, "args": dict(case.args), "found": {**found, **names}}


def write_answer(case: Case, finding: Mapping[str, Any]) -> str:
    """The answer to a case, a sentence a line."""
    answer = "\n".join(describe_finding(ReportedFinding.of(finding, case.topics, case.question)))
    return _OF_A_FILE.sub("…", answer)


def place_of(tool: str) -> Path:
    """The file with the answers of a tool: one for each family."""
    module = tool_named(tool).args.__module__
    return RECORDED / f"{module.split('.')[-2]}.md"


def read_recorded(case: Case) -> str:
    """What is recorded as the answer to a case; empty if nothing is."""
    text = place_of(case.tool).read_text(encoding="utf-8") if place_of(case.tool).exists() else ""
    parts = re.split(r"^## (.+)\n\n", text, flags=re.MULTILINE)
    answers = dict(zip(parts[1::2], parts[2::2], strict=True))
    return answers.get(f"{case.tool}, {case.title}", "").strip()
