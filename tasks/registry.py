"""All tools, by name; their arguments checked; their schemas for a chat model. Imports no solver."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.audits import validate_ai_audit, validate_realtime_verification, validate_tool_audit
from fluxagents.tasks.fba.artifacts import fetch_artifact
from fluxagents.tasks.fba.changes import (
    add_reactions,
    apply_medium,
    find_missing_reactions,
    gapfill_model,
    knock_out,
    set_bounds,
)
from fluxagents.tasks.fba.deletions import analyze_essentiality, run_gene_deletion_analysis
from fluxagents.tasks.fba.design import (
    find_growth_coupled_knock_outs,
    find_production_pathway,
    run_production_envelope,
)
from fluxagents.tasks.fba.display import text
from fluxagents.tasks.fba.entities import resolve_biochem_entity, search_biochem, translate_database_ids
from fluxagents.tasks.fba.fluxes import (
    analyze_pathway,
    analyze_reaction_expression,
    run_flux_sampling,
    run_flux_variability_analysis,
    run_metabolic_fba,
)
from fluxagents.tasks.fba.media import (
    analyze_media_compatibility,
    check_missing_media,
    compare_media_performance,
    find_minimal_media,
    identify_auxotrophies,
    manipulate_media_composition,
    optimize_media_composition,
    predict_auxotrophies,
    select_optimal_media,
)
from fluxagents.tasks.fba.models import (
    analyze_metabolic_model,
    compare_models,
    score_model,
    test_modelseed_cobra_compatibility,
    validate_model,
)
from fluxagents.tasks.tool import Args, Tool

TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        tool.name: tool
        for tool in (
            analyze_metabolic_model.TOOL,
            validate_model.TOOL,
            score_model.TOOL,
            compare_models.TOOL,
            test_modelseed_cobra_compatibility.TOOL,
            run_metabolic_fba.TOOL,
            run_flux_variability_analysis.TOOL,
            run_flux_sampling.TOOL,
            analyze_pathway.TOOL,
            analyze_essentiality.TOOL,
            run_gene_deletion_analysis.TOOL,
            analyze_reaction_expression.TOOL,
            find_minimal_media.TOOL,
            check_missing_media.TOOL,
            identify_auxotrophies.TOOL,
            predict_auxotrophies.TOOL,
            select_optimal_media.TOOL,
            analyze_media_compatibility.TOOL,
            manipulate_media_composition.TOOL,
            optimize_media_composition.TOOL,
            compare_media_performance.TOOL,
            run_production_envelope.TOOL,
            find_production_pathway.TOOL,
            find_growth_coupled_knock_outs.TOOL,
            find_missing_reactions.TOOL,
            gapfill_model.TOOL,
            apply_medium.TOOL,
            knock_out.TOOL,
            set_bounds.TOOL,
            add_reactions.TOOL,
            fetch_artifact.TOOL,
            resolve_biochem_entity.TOOL,
            search_biochem.TOOL,
            translate_database_ids.TOOL,
            validate_tool_audit.TOOL,
            validate_ai_audit.TOOL,
            validate_realtime_verification.TOOL,
        )
    }
)
"""Every tool, in the order in which a chat model is shown them."""


def tool_named(name: str) -> Tool:
    """The tool of this name; raises `UNKNOWN_ID` with the nearest names."""
    if name in TOOLS:
        return TOOLS[name]
    suggestions = nearest(name, TOOLS) or (f"tools: {', '.join(TOOLS)}",)
    raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no tool '{name}'", suggestions=suggestions)


def validated(tool: Tool, args: Mapping[str, Any]) -> Args:
    """The arguments, checked.

    Raises:
        FluxError: `BAD_ARGUMENT`, naming each argument that does not fit, its value and the nearest one.
    """
    try:
        return tool.args.model_validate(dict(args))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        messages = [_message(detail) for detail in details]
        unknown = [str(detail["loc"][0]) for detail in details if detail["type"] == "extra_forbidden"]
        known = list(tool.args.model_fields)
        near = tuple(hint for name in unknown for hint in nearest(name, known))
        every = f"arguments of '{tool.name}': {', '.join(known)}"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, f"'{tool.name}' got {'; '.join(messages)}", suggestions=(*near, every)
        ) from error


def schema(tool: Tool) -> dict[str, JsonValue]:
    """Name, description and parameters (JSON schema) of a tool, as a chat model is given them."""
    parameters = _untitled(tool.args.model_json_schema())
    assert isinstance(parameters, dict)
    parameters.pop("description", None)
    return {"name": tool.name, "description": tool.purpose, "parameters": parameters}


def _message(detail: ErrorDetails) -> str:
    where = ".".join(str(part) for part in detail["loc"]) or "arguments"
    value = text(repr(detail["input"]), 80)
    if detail["type"] == "extra_forbidden":
        return f"the unknown argument '{where}' = {value}"
    return f"argument '{where}' = {value}: {detail['msg']}"


def _untitled(node: JsonValue) -> JsonValue:
    """The schema without the titles that pydantic makes up; a property called title stays."""
    if isinstance(node, list):
        return [_untitled(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _untitled(value) for key, value in node.items() if key != "title" or not isinstance(value, str)
    }
