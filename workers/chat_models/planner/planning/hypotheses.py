"""Hypotheses of calls: for each tool a sentence that says which result refutes it."""

from __future__ import annotations

from collections.abc import Mapping

from fluxagents.workers.chat_models.planner.planning.call import FunctionCall
from fluxagents.workers.chat_models.planner.situation import Situation

ARGUMENT = "hypothesis"

_HYPOTHESES: Mapping[str, str] = {
    "analyze_metabolic_model": "The model is complete enough to grow; no objective or growth 0 refutes it.",
    "validate_model": "The model is sound; unbalanced reactions or energy from nothing refute it.",
    "run_metabolic_fba": "The cell grows under these conditions; growth 0 or no solution refutes it.",
    "run_flux_variability_analysis": "No reaction is blocked or forced; each that is refutes it.",
    "analyze_pathway": "The pathway carries flux; a flux of 0 in all its reactions refutes it.",
    "analyze_limitations": "Some nutrient limits growth; that more of none helps refutes it.",
    "run_phase_plane": "Both nutrients limit growth somewhere; a plane without such a phase refutes it.",
    "run_robustness": "Growth does not depend on this flux; each slope other than 0 refutes it.",
    "run_dynamic_fba": "The culture grows until something is used up; biomass that does not rise refutes it.",
    "analyze_essentiality": "No single gene or reaction is essential here; each that is refutes it.",
    "run_gene_deletion_analysis": "The cell grows without these genes; each lethal deletion refutes it.",
    "find_synthetic_lethals": "No set is lethal only together; each that is refutes it.",
    "find_minimal_cut_sets": "No few knock-outs leave only the wanted; each verified cut set refutes it.",
    "find_minimal_media": "Some medium of open uptakes restores growth; that none is found refutes it.",
    "check_missing_media": "Closed uptakes keep it from growing; that none restores growth refutes it.",
    "identify_auxotrophies": "It needs no amino acid, vitamin or nucleobase; each that it needs refutes it.",
    "export_model": "The file reads back as the model; each difference refutes it.",
    "draw_flux_map": "There are fluxes to draw; that the model is infeasible refutes it.",
    "export_fluxes": "There are fluxes to write; that the model is infeasible refutes it.",
    "screen_nutrients": "It grows on each of these sources alone; each without growth refutes it.",
    "compare_media_performance": "It grows on each of these media; each without growth refutes it.",
    "run_production_envelope": "It can secrete the product while it grows; a greatest flux of 0 refutes it.",
}


def add_hypothesis(call: FunctionCall, situation: Situation) -> FunctionCall:
    """The call with the hypothesis that it tests, if the function asks for one."""
    if ARGUMENT not in situation.functions.get(call.name, {}).get("properties", {}):
        return call
    hypothesis = _HYPOTHESES.get(
        call.name, f"{call.name} shows what the question supposes; that it does not refutes it."
    )
    return FunctionCall(call.name, {ARGUMENT: hypothesis, **call.args})
