"""A model as cobra's JSON document, with what that leaves out beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Model


def describe_model(model: Model) -> dict[str, Any]:
    """The document: cobra's, with the direction of the objective, silenced genes and groups."""
    return {
        **cobra.io.model_to_dict(model, sort=False),
        "objective_direction": model.objective_direction,
        "non_functional_genes": sorted(gene.id for gene in model.genes if not gene.functional),
        "groups": [_group(group) for group in model.groups],
    }


def encode_document(described: Mapping[str, Any]) -> bytes:
    """As JSON; equal models give equal bytes."""
    return json.dumps(described, default=_plain, allow_nan=False, separators=(",", ":")).encode()


def restore_model(described: Mapping[str, Any]) -> Model:
    """The model of a document, of cobra's or of `describe_model`."""
    model = cobra.io.model_from_dict(dict(described))
    model.objective_direction = described.get("objective_direction", "max")
    for identifier in described.get("non_functional_genes", ()):
        model.genes.get_by_id(identifier).functional = False
    add_groups(model, described.get("groups", ()))
    return model


def add_groups(model: Model, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the groups of a document to a model that has their members."""
    model.add_groups([cobra.core.Group(row["id"], row["name"], kind=row["kind"] or None) for row in rows])
    for row in rows:
        group = model.groups.get_by_id(row["id"])
        group.notes, group.annotation = row["notes"], row["annotation"]
        group.add_members([getattr(model, kind).get_by_id(name) for kind, name in row["members"]])


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


def _plain(value: Any) -> Any:
    """What cobra or NumPy put into annotations and notes."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
