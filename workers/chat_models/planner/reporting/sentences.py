"""Describes findings in sentences: the first one answers, and every number is from the finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fluxagents.flows.engine.model_warnings import MODEL_WARNINGS
from fluxagents.flows.state import CONSULTATION
from fluxagents.tasks.fba.entities.entity_names import NAMES
from fluxagents.workers.chat_models.planner.reporting.answers import (
    change_answers,
    community_answers,
    culture_answers,
    curation_answers,
    cut_set_answers,
    deletion_answers,
    design_answers,
    enzyme_answers,
    gain_answers,
    genome_answers,
    growth_answers,
    lookup_answers,
    media_answers,
    model_answers,
)
from fluxagents.workers.chat_models.planner.reporting.conditions import (
    describe_conditions,
    describe_failure,
    describe_growth_reaction,
)
from fluxagents.workers.chat_models.planner.reporting.phrases import format_number, format_rate, join_words
from fluxagents.workers.chat_models.planner.reporting.reported_finding import ReportedFinding

Writer = Callable[[ReportedFinding], Iterator[str]]


def describe_finding(finding: ReportedFinding) -> list[str]:
    """The sentences of a finding, the answer first; one that a human stated has only what they gave."""
    write = describe_statement if "stated_by" in finding.values else find_writer(finding)
    return [sentence for sentence in write(finding) if sentence]


def find_writer(finding: ReportedFinding) -> Writer:
    """What writes the sentences of a tool's finding."""
    return WRITERS.get(finding.tool, describe_anything)


def describe_statement(finding: ReportedFinding) -> Iterator[str]:
    """What a human gave in a tool's place, and where they have it from."""
    stated = {name: value for name, value in finding.values.items() if name not in _STATED}
    values = "; ".join(
        f"{name.replace('_', ' ')}: {_write_value(finding, value)}" for name, value in stated.items()
    )
    source = finding.values.get("source", "no source")
    if finding.tool == CONSULTATION:
        question = finding.args.get("question", "")
        yield f"{finding.values['stated_by']} were consulted on {question!r}: {source}."
        return
    yield f"{finding.values['stated_by']} states instead of {finding.tool} ({source}): {values}."


_STATED = frozenset({"stated_by", "source"})


def describe_reference(finding: ReportedFinding) -> str:
    """A finding in one sentence, to compare another with."""
    if "stated_by" in finding.values:
        return describe_finding(finding)[0].rstrip(".")
    if finding.tool == "run_metabolic_fba" and finding.status == "optimal" and finding.growth is not None:
        return f"{describe_conditions(finding)} growth is {format_rate(finding.growth)}"
    return describe_finding(finding)[0].rstrip(".")


def describe_anything(finding: ReportedFinding) -> Iterator[str]:
    """The values of a tool without sentences of its own, by their names, which state the units."""
    failure = list(describe_failure(finding))
    yield from failure
    if not failure and finding.growth is not None:
        yield f"Growth {describe_conditions(finding)} is {format_rate(finding.growth)}."
    for name, value in finding.values.items():
        if name not in _SAID and value not in (None, "", [], {}):
            yield f"{name.replace('_', ' ')}: {_write_value(finding, value)}."
    yield from describe_growth_reaction(finding)


_SAID = frozenset({
    "status", "growth_per_h", "medium", "model", "objective", "changed_uptakes_mmol_per_gdw_h",
    "objective_direction", "objective_value", "biomass_reaction", "biomass_found_by", "growth_problem",
    NAMES, MODEL_WARNINGS,  # the answer ends with the warnings
})  # fmt: skip


def _write_value(finding: ReportedFinding, value: Any) -> str:
    """Any value of a finding, whose name states the unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return format_number(value)
    if isinstance(value, list):
        return join_words(_write_value(finding, item) for item in value) or "none"
    if not isinstance(value, Mapping):
        return str(value)
    if "ids" in value and "count" in value:
        return finding.write_ids(value) or "none"
    entries = value.get("values", value)
    return join_words(f"{name} {_write_value(finding, item)}" for name, item in entries.items()) or "none"


WRITERS: Mapping[str, Writer] = {
    "analyze_metabolic_model": model_answers.describe_structure,
    "validate_model": model_answers.describe_validation,
    "score_model": model_answers.describe_score,
    "compare_models": model_answers.describe_comparison,
    "test_modelseed_cobra_compatibility": model_answers.describe_round_trip,
    "run_metabolic_fba": growth_answers.describe_balance,
    "run_flux_variability_analysis": growth_answers.describe_variability,
    "run_flux_sampling": growth_answers.describe_sampling,
    "analyze_pathway": growth_answers.describe_pathway,
    "analyze_limitations": gain_answers.describe_limitations,
    "run_phase_plane": gain_answers.describe_phase_plane,
    "run_robustness": gain_answers.describe_robustness,
    "run_dynamic_fba": culture_answers.describe_time_course,
    "analyze_reaction_expression": growth_answers.describe_expression,
    "run_enzyme_constrained_fba": enzyme_answers.describe_enzyme_limits,
    "analyze_community": community_answers.describe_community,
    "knock_out_community_members": community_answers.describe_missing_members,
    "find_community_medium": community_answers.describe_community_medium,
    "analyze_essentiality": deletion_answers.describe_essentiality,
    "run_gene_deletion_analysis": deletion_answers.describe_deletions,
    "find_synthetic_lethals": cut_set_answers.describe_synthetic_lethals,
    "find_minimal_cut_sets": cut_set_answers.describe_cut_sets,
    "find_minimal_media": media_answers.describe_minimal_media,
    "check_missing_media": media_answers.describe_missing_nutrients,
    "identify_auxotrophies": media_answers.describe_auxotrophies,
    "predict_auxotrophies": media_answers.describe_auxotrophies,
    "select_optimal_media": media_answers.describe_media_growth,
    "analyze_media_compatibility": media_answers.describe_media_growth,
    "compare_media_performance": media_answers.describe_media_growth,
    "optimize_media_composition": media_answers.describe_best_media,
    "screen_nutrients": media_answers.describe_screen,
    "run_production_envelope": design_answers.describe_production,
    "find_production_pathway": design_answers.describe_production_pathway,
    "find_growth_coupled_knock_outs": design_answers.describe_coupled_strains,
    "manipulate_media_composition": change_answers.describe_medium_words,
    "find_missing_reactions": change_answers.describe_gap_filling,
    "gapfill_model": change_answers.describe_gap_filling,
    "find_corrections": curation_answers.describe_corrections,
    "correct_model": curation_answers.describe_correction,
    "apply_medium": change_answers.describe_medium_change,
    "knock_out": change_answers.describe_knock_out,
    "set_bounds": change_answers.describe_bounds,
    "add_reactions": change_answers.describe_added_reactions,
    "annotate_proteins": genome_answers.describe_annotation,
    "build_metabolic_model": genome_answers.describe_draft,
    "validate_model_draft": genome_answers.describe_draft_tests,
    "apply_model_draft": genome_answers.describe_model_of_draft,
    "fetch_artifact": lookup_answers.describe_rows,
    "resolve_biochem_entity": lookup_answers.describe_entity,
    "search_biochem": lookup_answers.describe_search,
    "translate_database_ids": lookup_answers.describe_translation,
    "export_model": lookup_answers.describe_file,
    "draw_flux_map": lookup_answers.describe_map,
    "export_fluxes": lookup_answers.describe_file,
    "validate_tool_audit": lookup_answers.describe_audit,
    "validate_ai_audit": lookup_answers.describe_audit,
    "validate_realtime_verification": lookup_answers.describe_audit,
}
"""What writes of the findings of each tool; of another tool, `describe_anything`."""
