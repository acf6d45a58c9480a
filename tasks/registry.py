"""All tools by name. The index is light: a tool's module is imported when the tool itself is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from importlib.resources import files
from typing import Any

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.node_base import RequestRules
from fluxagents.tasks.tool import Tool

MODULES = (
    "fba.models.analyze_metabolic_model",
    "fba.models.validate_model",
    "fba.models.score_model",
    "fba.models.compare_models",
    "fba.models.test_modelseed_cobra_compatibility",
    "fba.models.export_model",
    "fba.fluxes.run_metabolic_fba",
    "fba.fluxes.run_flux_variability_analysis",
    "fba.fluxes.run_flux_sampling",
    "fba.fluxes.export_fluxes",
    "fba.fluxes.analyze_pathway",
    "fba.maps.draw_flux_map",
    "fba.sensitivity.analyze_limitations",
    "fba.sensitivity.run_phase_plane",
    "fba.sensitivity.run_robustness",
    "fba.dynamics.run_dynamic_fba",
    "fba.deletions.analyze_essentiality",
    "fba.deletions.run_gene_deletion_analysis",
    "fba.cut_sets.find_synthetic_lethals",
    "fba.fluxes.analyze_reaction_expression",
    "fba.enzymes.run_enzyme_constrained_fba",
    "fba.communities.analyze_community",
    "fba.communities.knock_out_community_members",
    "fba.communities.find_community_medium",
    "fba.media.find_minimal_media",
    "fba.media.check_missing_media",
    "fba.media.identify_auxotrophies",
    "fba.media.predict_auxotrophies",
    "fba.media.select_optimal_media",
    "fba.media.analyze_media_compatibility",
    "fba.media.manipulate_media_composition",
    "fba.media.optimize_media_composition",
    "fba.media.compare_media_performance",
    "fba.media.screens.screen_nutrients",
    "fba.design.run_production_envelope",
    "fba.design.find_production_pathway",
    "fba.design.find_growth_coupled_knock_outs",
    "fba.cut_sets.find_minimal_cut_sets",
    "fba.changes.find_missing_reactions",
    "fba.changes.gapfill_model",
    "fba.changes.curation.find_corrections",
    "fba.changes.curation.correct_model",
    "fba.changes.apply_medium",
    "fba.changes.knock_out",
    "fba.changes.set_bounds",
    "fba.changes.add_reactions",
    "fba.genomes.annotate_proteins",
    "fba.genomes.build_metabolic_model",
    "fba.genomes.validate_model_draft",
    "fba.genomes.apply_model_draft",
    "fba.artifacts.fetch_artifact",
    "fba.entities.resolve_biochem_entity",
    "fba.entities.search_biochem",
    "fba.entities.translate_database_ids",
    "audits.validate_tool_audit",
    "audits.validate_ai_audit",
    "audits.validate_realtime_verification",
)
"""Where each tool is, below `fluxagents.tasks`, in the order in which a chat model is shown them."""

INDEX_FILE = "index.json"
"""What `make index` writes: an entry per tool, so that none is imported to list, route or describe it."""


@dataclass(frozen=True, kw_only=True)
class ToolEntry:
    """What is known of a tool without importing it."""

    name: str
    purpose: str
    queue: str
    soft_time_limit_s: int
    needs_approval: bool
    needs_model: bool
    compensation: str | None
    reference: str
    example: Mapping[str, JsonValue]
    questions: Sequence[str]
    answers: Sequence[str]
    parameters: Mapping[str, JsonValue]
    """JSON schema of the arguments."""
    approval: Mapping[str, JsonValue] | None = None
    """How its approvals are decided where a flow says nothing; None for one answer of anybody."""

    @classmethod
    @cache
    def of(cls, tool: Tool) -> ToolEntry:
        """The entry of a tool; made once, since a JSON schema takes milliseconds."""
        parameters = _without_titles(tool.args.model_json_schema())
        assert isinstance(parameters, dict)
        parameters.pop("description", None)
        return cls(
            name=tool.name,
            purpose=tool.purpose,
            queue=tool.queue,
            soft_time_limit_s=tool.soft_time_limit_s,
            needs_approval=tool.needs_approval,
            needs_model=tool.needs_model,
            compensation=tool.compensation,
            reference=tool.reference,
            example=dict(tool.example),
            questions=list(tool.questions),
            answers=list(tool.answers),
            parameters=parameters,
            approval=tool.approval.model_dump(mode="json") if tool.approval else None,
        )

    @property
    def schema(self) -> dict[str, Any]:
        """Name, description and parameters (JSON schema), as a chat model is given them."""
        return {"name": self.name, "description": self.purpose, "parameters": dict(self.parameters)}

    @property
    def facts(self) -> ToolFacts:
        """The tool as a controller sees it."""
        return ToolFacts(
            name=self.name,
            queue=self.queue,
            needs_approval=self.needs_approval,
            has_effect=self.needs_approval and self.needs_model,
            time_limit_s=self.soft_time_limit_s,
            compensation=self.compensation,
            approval=RequestRules.model_validate(self.approval) if self.approval else None,
        )


class ToolModules(Mapping[str, Tool]):
    """The tools of this project; `entries` imports none of them, `tools[name]` imports that one."""

    @cached_property
    def entries(self) -> Mapping[str, ToolEntry]:
        """What is known of each tool, by name."""
        text = files("fluxagents.tasks").joinpath(INDEX_FILE).read_text(encoding="utf-8")
        return {entry["name"]: ToolEntry(**entry) for entry in json.loads(text)}

    def __getitem__(self, name: str) -> Tool:
        return _import_tool(_MODULE_OF[name])

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULE_OF)

    def __len__(self) -> int:
        return len(_MODULE_OF)


_MODULE_OF = {module.rpartition(".")[2]: module for module in MODULES}

TOOLS = ToolModules()
"""Every tool, in the order in which a chat model is shown them."""


def entries_of(tools: Mapping[str, Tool]) -> Mapping[str, ToolEntry]:
    """The entries of some tools, by name; those of this project without importing them."""
    if isinstance(tools, ToolModules):
        return tools.entries
    return {name: ToolEntry.of(tool) for name, tool in tools.items()}


def tool_facts(tools: Mapping[str, Tool]) -> dict[str, ToolFacts]:
    """The tools as a controller sees them."""
    return {name: entry.facts for name, entry in entries_of(tools).items()}


ALIASES: Mapping[str, str] = {"annotate_proteins_rast": "annotate_proteins"}
"""Earlier names of tools."""


def tool_named(name: str) -> Tool:
    """The tool of this name, or of this earlier name; raises `UNKNOWN_ID` with the nearest names."""
    name = ALIASES.get(name, name)
    require_tool(name, TOOLS)
    return TOOLS[name]


def require_tool(name: str, tools: Mapping[str, object]) -> None:
    """Refuse a name that is no tool with `UNKNOWN_ID` and the nearest names."""
    if name not in tools:
        suggestions = nearest(name, tools) or (f"tools: {', '.join(tools)}",)
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no tool '{name}'", suggestions=suggestions)


def index_json() -> str:
    """The index as it is stored: one entry per tool, made from the tools themselves."""
    entries = [_without_absent(vars(ToolEntry.of(tool))) for tool in TOOLS.values()]
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


def _without_absent(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "approval" or value is not None}


@cache
def _import_tool(module: str) -> Tool:
    tool: Tool = import_module(f"fluxagents.tasks.{module}").TOOL
    return tool


def _without_titles(node: JsonValue) -> JsonValue:
    """The schema without the titles that pydantic makes up; a property called title stays."""
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_titles(value)
        for key, value in node.items()
        if key != "title" or not isinstance(value, str)
    }
