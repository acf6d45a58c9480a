"""What a change did to a model: bounds, reactions, metabolites, genes, their rules and the objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from fluxagents.tasks.fba.changes.reaction_balance import find_balance
from fluxagents.tasks.fba.solving.objective import read_objective

if TYPE_CHECKING:
    from cobra import Model, Reaction

NOTHING = "none"
"""What stands for something that is not in the model."""

ANNOTATIONS = ("ec-code", "kegg.reaction", "metanetx.reaction", "seed.reaction", "rhea")
"""Of a reaction that is added: the databases that know it."""


class ModelChangeRow(BaseModel):
    """One difference, in words that need no further column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    before: str
    after: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class ModelOutline:
    """What a change can change."""

    bounds: Mapping[str, tuple[float, float]]
    metabolites: frozenset[str]
    genes: Mapping[str, bool]
    """Whether each is functional."""
    objective: str
    gene_rules: Mapping[str, str]


def outline_model(model: Model) -> ModelOutline:
    """What of a model is compared before and after a change."""
    objective = read_objective(model)
    return ModelOutline(
        bounds={reaction.id: reaction.bounds for reaction in model.reactions},
        metabolites=frozenset(metabolite.id for metabolite in model.metabolites),
        genes={gene.id: gene.functional for gene in model.genes},
        objective=f"{objective.direction} {objective.text}",
        gene_rules={reaction.id: reaction.gene_reaction_rule for reaction in model.reactions},
    )


def list_model_changes(
    before: ModelOutline, model: Model, evidence: Mapping[str, str]
) -> tuple[ModelChangeRow, ...]:
    """Compare a model with its outline before a change: the new first, then bounds and rules in its order.

    Args:
        before: Of the same model.
        model: After the change.
        evidence: Reaction -> why it is added or removed.
    """
    after = outline_model(model)
    return (
        *(_describe_new(r, evidence) for r in model.reactions if r.id not in before.bounds),
        *(
            ModelChangeRow(
                what=f"reaction {name}", before="there", after=NOTHING, evidence=evidence.get(name, "")
            )
            for name in before.bounds
            if name not in after.bounds
        ),
        *_list_bounds(before, model),
        *_list_rules(before, after),
        *_list_genes(before, after),
        *(
            ModelChangeRow(what=f"metabolite {name}", before=NOTHING, after="new")
            for name in sorted(after.metabolites - before.metabolites)
        ),
        *_compare("objective", before.objective, after.objective),
    )


def _list_bounds(before: ModelOutline, model: Model) -> Iterator[ModelChangeRow]:
    for reaction in model.reactions:
        if reaction.id in before.bounds:
            title = f"{reaction.id}, mmol/gDW/h"
            lower, upper = before.bounds[reaction.id]
            yield from _compare(f"lower bound of {title}", f"{lower:g}", f"{reaction.lower_bound:g}")
            yield from _compare(f"upper bound of {title}", f"{upper:g}", f"{reaction.upper_bound:g}")


def _list_rules(before: ModelOutline, after: ModelOutline) -> Iterator[ModelChangeRow]:
    for name, rule in before.gene_rules.items():
        if name in after.gene_rules:
            yield from _compare(f"gene rule of {name}", rule or NOTHING, after.gene_rules[name] or NOTHING)


def _list_genes(before: ModelOutline, after: ModelOutline) -> Iterator[ModelChangeRow]:
    names = {True: "functional", False: "knocked out"}
    for gene, is_functional in after.genes.items():
        if gene not in before.genes:
            yield ModelChangeRow(what=f"gene {gene}", before=NOTHING, after="new")
        else:
            yield from _compare(f"gene {gene}", names[before.genes[gene]], names[is_functional])


def _compare(what: str, before: str, after: str) -> Iterator[ModelChangeRow]:
    if before != after:
        yield ModelChangeRow(what=what, before=before, after=after)


def _describe_new(reaction: Reaction, evidence: Mapping[str, str]) -> ModelChangeRow:
    after = f"{reaction.reaction}, {reaction.lower_bound:g} to {reaction.upper_bound:g} mmol/gDW/h"
    reasons = [reason for reason in (evidence.get(reaction.id, ""), _describe_known(reaction)) if reason]
    return ModelChangeRow(
        what=f"reaction {reaction.id}", before=NOTHING, after=after, evidence="; ".join(reasons)
    )


def _describe_known(reaction: Reaction) -> str:
    """What the reaction itself says for itself: its genes, its balance, the databases that have it."""
    balance, imbalance = find_balance(reaction)
    parts = [f"genes {reaction.gene_reaction_rule}" if reaction.gene_reaction_rule else "no gene"]
    made = " ".join(f"{element}:{count:+g}" for element, count in imbalance.items())
    notes = {"unbalanced": f"not balanced ({made})", "unknown": "balance not known"}
    parts.append(notes.get(balance, balance))
    for name in ANNOTATIONS:
        value = reaction.annotation.get(name)
        if value:
            parts.append(f"{name} {value if isinstance(value, str) else ', '.join(map(str, value[:3]))}")
    return ", ".join(parts)
