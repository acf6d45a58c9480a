"""Where two models differ, item by item: ids, bounds, stoichiometry, gene rules, objective, annotation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Model

_SHOWN_BYTES = 300


class ModelDifference(NamedTuple):
    """One thing that is not the same; what is absent is an empty text."""

    kind: str
    id: str
    field: str
    first: str
    second: str


def differences(first: Model, second: Model) -> tuple[ModelDifference, ...]:
    """All differences, in the order objective, reactions, metabolites, genes, compartments.

    Numbers are compared exactly. Names, subsystems and notes are compared as text.
    """
    result: list[ModelDifference] = []
    objectives = _objective(first), _objective(second)
    result += _fields("objective", "", {"objective": objectives[0]}, {"objective": objectives[1]})
    for kind, describe in (("reactions", _reaction), ("metabolites", _metabolite), ("genes", _gene)):
        pair = [{item.id: item for item in getattr(model, kind)} for model in (first, second)]
        for identifier in dict.fromkeys([*pair[0], *pair[1]]):
            if identifier in pair[0] and identifier in pair[1]:
                described = [describe(items[identifier]) for items in pair]
                result += _fields(kind.removesuffix("s"), identifier, *described)
            else:
                ids = [identifier if identifier in items else "" for items in pair]
                result.append(ModelDifference(kind.removesuffix("s"), identifier, "id", *ids))
    result += _fields("compartments", "", dict(first.compartments), dict(second.compartments))
    return tuple(result)


def _fields(
    kind: str, identifier: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[ModelDifference]:
    for field in dict.fromkeys([*first, *second]):
        values = first.get(field, ""), second.get(field, "")
        if values[0] != values[1]:
            yield ModelDifference(
                kind, identifier, field, *(cut_text(str(value), _SHOWN_BYTES) for value in values)
            )


def _objective(model: Model) -> tuple[str, tuple[tuple[str, float], ...]]:
    terms = (
        (reaction.id, value)
        for reaction, value in cobra.util.solver.linear_reaction_coefficients(model).items()
    )
    return str(model.objective_direction), tuple(sorted(terms))


def _reaction(reaction: Any) -> dict[str, Any]:
    return {
        "bounds": tuple(map(float, reaction.bounds)),
        "stoichiometry": {
            m.id: float(value) for m, value in sorted(reaction.metabolites.items(), key=_by_id)
        },
        "gene rule": reaction.gpr.to_string(),
        "name": reaction.name or "",
        "subsystem": reaction.subsystem or "",
        "annotation": _annotation(reaction.annotation),
    }


def _metabolite(metabolite: Any) -> dict[str, Any]:
    return {
        "formula": metabolite.formula or "",
        "charge": metabolite.charge,
        "compartment": metabolite.compartment or "",
        "name": metabolite.name or "",
        "annotation": _annotation(metabolite.annotation),
    }


def _gene(gene: Any) -> dict[str, Any]:
    # SBML readers give a gene without a name its id, with or without the prefix that it has in the file.
    name = "" if gene.name in {None, gene.id, f"G_{gene.id}"} else gene.name
    return {"name": name, "annotation": _annotation(gene.annotation)}


def _by_id(pair: tuple[Any, float]) -> str:
    return str(pair[0].id)


def _annotation(annotation: Mapping[str, Any]) -> dict[str, list[str]]:
    """A form in which one value equals a list of one, and order does not matter."""
    return {
        key: sorted([value] if isinstance(value, str) else map(str, value))
        for key, value in sorted(annotation.items())
    }
