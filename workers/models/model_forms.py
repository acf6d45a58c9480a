"""The stored forms of a parsed model: the fast form for workers, cobra's JSON for whatever keeps a model."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from typing import Any

from cobra import Configuration, Gene, Metabolite, Model, Reaction
from cobra.core import GPR

from fluxagents.tasks.fba.models.model_document import add_groups, describe_model, encode_document
from fluxagents.workers.models.glpk_problem import solve_with_glpk

Rule = str | list[Any] | None
"""A gene rule: a gene's id, or `["and" | "or", rule, …]`, or None for none."""


def encode_fast(model: Model) -> bytes:
    """The model in the form that `decode_fast` reads: as a model document, but with gene rules parsed."""
    described = describe_model(model)
    for row, reaction in zip(described["reactions"], model.reactions, strict=True):
        del row["gene_reaction_rule"]
        row["rule"] = _rule(reaction.gpr.body)
    return encode_document(described)


def decode_fast(data: bytes) -> Model:
    """The model of a fast form, on GLPK, for use in one process."""
    return build_model(json.loads(data))


def build_model(form: Mapping[str, Any]) -> Model:
    """The model of a fast form that is decoded already.

    cobra builds a model piece by piece and asks the solver after each; here the objects are joined first and
    the linear program is written in one go, which takes a quarter of the time.
    """
    # A Celery child is daemonic and may have no children; the parallelism is over tasks.
    Configuration().processes = 1
    Configuration().solver = "glpk"
    model = Model(form["id"])
    model.metabolites.extend(_species(Metabolite(), row, model) for row in form["metabolites"])
    model.genes.extend(_species(Gene(), row, model) for row in form["genes"])
    for identifier in form["non_functional_genes"]:
        vars(model.genes.get_by_id(identifier))["_functional"] = False
    metabolites = {metabolite.id: metabolite for metabolite in model.metabolites}
    genes = {gene.id: gene for gene in model.genes}
    model.reactions.extend(_reaction(row, model, metabolites, genes) for row in form["reactions"])
    for key in ("name", "compartments", "notes", "annotation"):
        if key in form:
            setattr(model, key, form[key])
    add_groups(model, form["groups"])
    objective = {
        index: float(row["objective_coefficient"])
        for index, row in enumerate(form["reactions"])
        if "objective_coefficient" in row
    }
    solve_with_glpk(model, objective, form["objective_direction"])
    return model


def _species(species: Any, row: dict[str, Any], model: Model) -> Any:
    for key, value in row.items():
        setattr(species, key, value)
    vars(species)["_model"] = model
    return species


def _reaction(
    row: dict[str, Any], model: Model, metabolites: Mapping[str, Metabolite], genes: Mapping[str, Gene]
) -> Reaction:
    bounds = float(row["lower_bound"]), float(row["upper_bound"])
    reaction = Reaction(row["id"], row["name"], row.get("subsystem", ""), *bounds)
    names = set(_list_genes(row["rule"]))
    parts: dict[str, Any] = {
        "_model": model,
        "_metabolites": {metabolites[name]: value for name, value in row["metabolites"].items()},
        "_gpr": _gpr(row["rule"], names),
        "_genes": {genes[name] for name in names},
    }
    vars(reaction).update(parts)
    for species in (*parts["_metabolites"], *parts["_genes"]):
        vars(species)["_reaction"].add(reaction)
    for key in ("notes", "annotation"):
        if key in row:
            setattr(reaction, key, row[key])
    return reaction


def _rule(node: ast.expr | None) -> Rule:
    if node is None:
        return None
    if isinstance(node, ast.BoolOp):
        return ["and" if isinstance(node.op, ast.And) else "or", *map(_rule, node.values)]
    assert isinstance(node, ast.Name)
    return node.id


def _list_genes(rule: Rule) -> Iterator[str]:
    if isinstance(rule, str):
        yield rule
    elif rule is not None:
        for operand in rule[1:]:
            yield from _list_genes(operand)


def _gpr(rule: Rule, genes: set[str]) -> GPR:
    """The rule; cobra finds its genes by visiting each 2**depth times."""
    gpr = GPR()
    if rule is not None:
        gpr.body = _node(rule)
        vars(gpr)["_genes"] = genes
    return gpr


def _node(rule: Rule) -> ast.expr:
    if isinstance(rule, str):
        return ast.Name(id=rule, ctx=ast.Load())
    assert rule is not None
    operator, *operands = rule
    return ast.BoolOp(
        op=ast.And() if operator == "and" else ast.Or(), values=[_node(operand) for operand in operands]
    )
