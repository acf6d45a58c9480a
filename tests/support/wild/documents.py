"""Writers of JSON and YAML: as cobra writes them, and as RAVEN and yeast-GEM do."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.wild.draft import ABSENT, Draft
from tests.support.wild.gene_logic import write_rule

Row = dict[str, Any]


def write_json(draft: Draft) -> bytes:
    return json.dumps(_describe(draft), indent=1).encode()


def write_yaml(draft: Draft) -> bytes:
    """Mappings in order (`!!omap`), as cobra writes them."""
    return ("\n".join(["!!omap", *_omap(_describe(draft), 0)]) + "\n").encode()


def write_raven_yaml(draft: Draft) -> bytes:
    """As RAVEN: `metaData` first, subsystems as lists, and fields that cobra does not know."""
    described = _describe(draft)
    document: Row = {"metaData": {"id": described.pop("id"), "short_name": "wild", "date": "2026-11-29"}}
    described.pop("version")
    for row in described["reactions"]:
        if isinstance(row.get("subsystem"), str):
            row["subsystem"] = [row["subsystem"]]
        row.update({"eccodes": ["1.1.1.1", "2.7.1.2"], "references": "", "confidence_score": 2})
    for row in described["metabolites"]:
        row.update({"smiles": "", "deltaG": math.nan, "annotation": {"sbo": ["SBO:0000247"]}})
    document.update(described)
    return ("\n".join(["---", "!!omap", *_omap(document, 0)]) + "\n").encode()


def _describe(draft: Draft) -> Row:
    network = draft.network
    metabolites = [
        _fill(
            draft,
            species.id,
            {
                "id": species.id,
                "name": species.id,
                "compartment": species.compartment,
                "charge": species.charge,
                "formula": species.formula,
            },
        )
        for species in network.species
        if species.id not in draft.undeclared
        for _ in draft.repeat(species.id)
    ]
    metabolites += [{"id": name, "name": name, "compartment": "e"} for name in sorted(draft.outside.values())]
    reactions = [_reaction(draft, number) for number in range(len(network.reactions))]
    return {
        "id": "wild",
        "version": "1",
        "compartments": dict(network.compartments),
        "metabolites": metabolites,
        "reactions": [row for row in reactions for _ in draft.repeat(row["id"])],
        "genes": [{"id": gene, "name": gene} for gene in network.genes for _ in draft.repeat(gene)],
        **({"objective_direction": "min"} if network.sense == "min" else {}),
        **draft.extra,
    }


def _reaction(draft: Draft, number: int) -> Row:
    reaction = draft.network.reactions[number]
    metabolites: Row = {
        name: draft.cell(reaction.id, f"coefficient of {name}", _plain(value))
        for name, value in reaction.metabolites.items()
    }
    if reaction.id in draft.outside:
        metabolites[draft.outside[reaction.id]] = 1
    row = {
        "id": reaction.id,
        "name": reaction.id,
        "metabolites": metabolites,
        "lower_bound": _plain(reaction.lower),
        "upper_bound": _plain(reaction.upper),
        "gene_reaction_rule": write_rule(reaction.rule),
        "subsystem": reaction.subsystem,
    }
    if coefficient := draft.network.objective.get(reaction.id):
        row["objective_coefficient"] = coefficient
    return _fill(draft, reaction.id, row)


def _fill(draft: Draft, element: str, row: Row) -> Row:
    """The row with its cells; a cell without a usual field is one more."""
    own = {name: value for (owner, name), value in draft.cells.items() if owner == element}
    further = {name: value for name, value in own.items() if not name.startswith("coefficient of ")}
    return {name: value for name, value in {**row, **further}.items() if value is not ABSENT}


def _plain(number: float) -> float:
    """Whole numbers as JSON writers put them."""
    return int(number) if math.isfinite(number) and number == int(number) else number


def _omap(mapping: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, value in mapping.items():
        name = json.dumps(key)
        if isinstance(value, Mapping) and value:
            yield f"{indent}- {name}: !!omap"
            yield from _omap(value, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield f"{indent}- {name}:"
            for item in value:
                yield f"{indent}    - !!omap"
                yield from _omap(item, depth + 3)
        else:
            yield f"{indent}- {name}: {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return json.dumps(value)
