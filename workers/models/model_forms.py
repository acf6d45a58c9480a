"""The stored forms of a parsed model: the fast form for workers, cobra's JSON for whatever keeps a model."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cobra import Configuration, Gene, Metabolite, Model, Reaction
from cobra.core import GPR, Group
from cobra.io import model_from_dict, model_to_dict

from fluxagents.workers.models.glpk_problem import solve_with_glpk

Rule = str | list[Any] | None
"""A gene rule: a gene's id, or `["and" | "or", rule, …]`, or None for none."""


def encode_json(model: Model) -> bytes:
    """The model as cobra's JSON, with what that leaves out beside it; equal models give equal bytes."""
    return _bytes(_describe(model))


def encode_fast(model: Model) -> bytes:
    """The model in the form that `decode_fast` reads: as `encode_json`, but with gene rules parsed."""
    described = _describe(model)
    for row, reaction in zip(described["reactions"], model.reactions, strict=True):
        del row["gene_reaction_rule"]
        row["rule"] = _rule(reaction.gpr.body)
    return _bytes(described)


def restore(described: Mapping[str, Any]) -> Model:
    """The model of cobra's JSON, with what `encode_json` adds to it."""
    model = model_from_dict(described)
    model.objective_direction = described.get("objective_direction", "max")
    for identifier in described.get("non_functional_genes", ()):
        model.genes.get_by_id(identifier).functional = False
    _add_groups(model, described.get("groups", ()))
    return model


def decode_fast(data: bytes) -> Model:
    """The model of a fast form, on GLPK, for use in one process.

    cobra builds a model piece by piece and asks the solver after each; here the objects are joined first and
    the linear program is written in one go, which takes a quarter of the time.
    """
    # A Celery child is daemonic and may have no children; the parallelism is over tasks.
    Configuration().processes = 1
    Configuration().solver = "glpk"
    form: dict[str, Any] = json.loads(data)
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
    _add_groups(model, form["groups"])
    objective = {
        index: float(row["objective_coefficient"])
        for index, row in enumerate(form["reactions"])
        if "objective_coefficient" in row
    }
    solve_with_glpk(model, objective, form["objective_direction"])
    return model


def _describe(model: Model) -> dict[str, Any]:
    return {
        **model_to_dict(model, sort=False),
        "objective_direction": model.objective_direction,
        "non_functional_genes": sorted(gene.id for gene in model.genes if not gene.functional),
        "groups": [_group(group) for group in model.groups],
    }


def _bytes(described: dict[str, Any]) -> bytes:
    return json.dumps(described, default=_plain, allow_nan=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """What cobra or NumPy put into annotations and notes."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


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
    gpr = _gpr(row["rule"])
    parts: dict[str, Any] = {
        "_model": model,
        "_metabolites": {metabolites[name]: value for name, value in row["metabolites"].items()},
        "_gpr": gpr,
        "_genes": {genes[name] for name in gpr.genes},
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


def _gpr(rule: Rule) -> GPR:
    gpr = GPR()
    if rule is not None:
        gpr.body = _node(rule)
    return gpr


def _node(rule: Rule) -> ast.expr:
    if isinstance(rule, str):
        return ast.Name(id=rule, ctx=ast.Load())
    assert rule is not None
    operator, *operands = rule
    return ast.BoolOp(
        op=ast.And() if operator == "and" else ast.Or(), values=[_node(operand) for operand in operands]
    )


def _group(group: Any) -> dict[str, Any]:
    members = sorted((f"{type(member).__name__.lower()}s", member.id) for member in group.members)
    return {
        "id": group.id,
        "name": group.name,
        "kind": group.kind,
        "members": members,
        "notes": group.notes,
        "annotation": group.annotation,
    }


def _add_groups(model: Model, rows: Sequence[Mapping[str, Any]]) -> None:
    model.add_groups([Group(row["id"], row["name"], kind=row["kind"] or None) for row in rows])
    for row in rows:
        group = model.groups.get_by_id(row["id"])
        group.notes, group.annotation = row["notes"], row["annotation"]
        group.add_members([getattr(model, kind).get_by_id(name) for kind, name in row["members"]])
