"""What is in a model, read from its fast form: needs no cobra."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from fluxagents.tasks.ports.models import ModelContents


def list_contents(form: bytes) -> ModelContents:
    """The reactions, metabolites and genes of a fast form, as `model_forms.encode_fast` writes it."""
    document = json.loads(form)
    genes = [_list_genes(row["rule"]) for row in document["reactions"]]
    takes_part = Counter(name for row in document["reactions"] for name in row["metabolites"])
    encodes = Counter(name for names in genes for name in names)
    return ModelContents(
        reactions=tuple(map(_describe_reaction, document["reactions"])),
        metabolites=tuple(
            {
                "id": row["id"],
                "name": row.get("name") or "",
                "formula": row.get("formula") or "",
                "charge": row.get("charge"),
                "compartment": row.get("compartment") or "",
                "reactions_count": takes_part[row["id"]],
            }
            for row in document["metabolites"]
        ),
        genes=tuple(
            {"id": row["id"], "name": row.get("name") or "", "reactions_count": encodes[row["id"]]}
            for row in document["genes"]
        ),
    )


def _describe_reaction(row: Mapping[str, Any]) -> dict[str, Any]:
    lower, upper = float(row["lower_bound"]), float(row["upper_bound"])
    return {
        "id": row["id"],
        "name": row.get("name") or "",
        "equation": _write_equation(row["metabolites"], lower, upper),
        "lower_bound_mmol_per_gdw_h": lower,
        "upper_bound_mmol_per_gdw_h": upper,
        "gene_rule": _write_rule(row["rule"]),
        "subsystem": row.get("subsystem") or "",
    }


def _write_equation(metabolites: Mapping[str, float], lower: float, upper: float) -> str:
    """As `2 atp_c + h2o_c --> adp_c`; the arrow says which ways the bounds allow."""
    arrow = "<=>" if lower < 0 < upper else "<--" if lower < 0 else "-->"
    sides = (
        " + ".join(name if abs(value) == 1 else f"{abs(value):.10g} {name}" for name, value in side)
        for side in (
            [(name, value) for name, value in metabolites.items() if value < 0],
            [(name, value) for name, value in metabolites.items() if value > 0],
        )
    )
    return f" {arrow} ".join(sides).strip()


def _write_rule(rule: Any) -> str:
    if rule is None:
        return ""
    if isinstance(rule, str):
        return rule
    operator, *operands = rule
    return f" {operator} ".join(
        each if isinstance(each, str) else f"({_write_rule(each)})" for each in operands
    )


def _list_genes(rule: Any) -> frozenset[str]:
    if rule is None:
        return frozenset()
    return frozenset((rule,)) if isinstance(rule, str) else frozenset().union(*map(_list_genes, rule[1:]))
