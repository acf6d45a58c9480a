"""The one typed document of a model: cobra's JSON, with what `model_forms` keeps beside it."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from pydantic import JsonValue


class Element(TypedDict):
    """What a metabolite, a reaction and a gene have."""

    id: str
    name: str
    notes: dict[str, JsonValue]
    annotation: dict[str, JsonValue]


class MetaboliteRow(Element):
    """One metabolite; None is "not known"."""

    compartment: str
    charge: int | None
    formula: str | None


class ReactionRow(Element):
    """One reaction; bounds in mmol/gDW/h."""

    metabolites: dict[str, float]
    lower_bound: float
    upper_bound: float
    gene_reaction_rule: str
    objective_coefficient: float
    subsystem: str


class GroupRow(TypedDict):
    """One group; members are the name of a list of the document and an id."""

    id: str
    name: str
    kind: str
    members: list[tuple[str, str]]
    notes: dict[str, JsonValue]
    annotation: dict[str, JsonValue]


class ModelDocument(TypedDict):
    """One model, with what `model_forms` keeps beside cobra's JSON."""

    id: NotRequired[str]
    name: NotRequired[str]
    compartments: dict[str, str]
    notes: dict[str, JsonValue]
    annotation: dict[str, JsonValue]
    metabolites: list[MetaboliteRow]
    reactions: list[ReactionRow]
    genes: list[Element]
    objective_direction: str
    non_functional_genes: list[str]
    groups: list[GroupRow]
