"""All tools, by name; their arguments checked; their schemas for a chat model. Imports no solver."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba import (
    artifact_part,
    audit_answer,
    audit_decisions,
    audit_results,
    auxotrophies,
    auxotrophy_prediction,
    bounds_change,
    comparison,
    entity_resolution,
    entity_search,
    entity_translation,
    essentiality,
    expression,
    flux_balance,
    flux_variability,
    gapfilling,
    gene_deletion,
    knock_out,
    media_compatibility,
    media_manipulation,
    media_optimization,
    media_performance,
    media_selection,
    medium_change,
    minimal_media,
    missing_media,
    missing_reactions,
    model_score,
    pathway,
    production_envelope,
    production_pathway,
    reaction_addition,
    round_trip,
    sampling,
    strain_design,
    structure,
    validation,
)
from fluxagents.tasks.fba.display import text
from fluxagents.tasks.fba.tool import Args, Tool

TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        tool.name: tool
        for tool in (
            structure.TOOL,
            validation.TOOL,
            model_score.TOOL,
            comparison.TOOL,
            round_trip.TOOL,
            flux_balance.TOOL,
            flux_variability.TOOL,
            sampling.TOOL,
            pathway.TOOL,
            essentiality.TOOL,
            gene_deletion.TOOL,
            expression.TOOL,
            minimal_media.TOOL,
            missing_media.TOOL,
            auxotrophies.TOOL,
            auxotrophy_prediction.TOOL,
            media_selection.TOOL,
            media_compatibility.TOOL,
            media_manipulation.TOOL,
            media_optimization.TOOL,
            media_performance.TOOL,
            production_envelope.TOOL,
            production_pathway.TOOL,
            strain_design.TOOL,
            missing_reactions.TOOL,
            gapfilling.TOOL,
            medium_change.TOOL,
            knock_out.TOOL,
            bounds_change.TOOL,
            reaction_addition.TOOL,
            artifact_part.TOOL,
            entity_resolution.TOOL,
            entity_search.TOOL,
            entity_translation.TOOL,
            audit_results.TOOL,
            audit_decisions.TOOL,
            audit_answer.TOOL,
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
