"""Models of 2,500 reactions and more, one of them two species that share what is outside."""

from __future__ import annotations

from typing import Any

from cobra import Metabolite, Model, Reaction
from cobra.io import load_model, read_sbml_model
from cobra.util.solver import linear_reaction_coefficients
from tests.support.places import SHARED


def load_large_models() -> dict[str, Any]:
    """By name; iML1515 takes part if its file lies beside the repository."""
    salmonella, second = load_model("salmonella"), load_model("iJO1366")
    file = SHARED / "models" / "iML1515.xml.gz"
    if file.exists():
        second = read_sbml_model(str(file))
    return {
        second.id: second,
        "salmonella": salmonella,
        f"{second.id} and salmonella": compose_community(second, salmonella),
    }


def compose_community(*members: Model) -> Model:
    """Members that exchange with a medium in common, as in MICOM; the sum of their growth is the objective.

    Each exchange reaction of a member leads to the medium, which the widest of them opens to the outside.
    """
    community = Model("community")
    objective: dict[Reaction, float] = {}
    medium: dict[str, tuple[float, float]] = {}
    for number, member in enumerate(members, start=1):
        exchanges = {reaction.id for reaction in member.exchanges}
        copies = {metabolite: Metabolite(f"{metabolite.id}__{number}") for metabolite in member.metabolites}
        reactions = {}
        for reaction in member.reactions:
            copied = Reaction(f"{reaction.id}__{number}")
            copied.bounds = reaction.bounds
            copied.add_metabolites({copies[item]: value for item, value in reaction.metabolites.items()})
            if reaction.id in exchanges:
                ((item, value),) = reaction.metabolites.items()
                copied.add_metabolites({Metabolite(f"{item.id}__medium", compartment="medium"): -value})
                lowest, highest = medium.get(item.id, (0.0, 0.0))
                medium[item.id] = min(lowest, reaction.lower_bound), max(highest, reaction.upper_bound)
            reactions[reaction] = copied
        community.add_reactions(reactions.values())
        weights = linear_reaction_coefficients(member)
        objective |= {reactions[reaction]: weight for reaction, weight in weights.items()}
    community.add_reactions([_open(community, name, bounds) for name, bounds in medium.items()])
    community.objective = objective
    return community


def _open(community: Model, metabolite: str, bounds: tuple[float, float]) -> Reaction:
    exchange = Reaction(f"EX_{metabolite}")
    exchange.bounds = bounds
    exchange.add_metabolites({community.metabolites.get_by_id(f"{metabolite}__medium"): -1.0})
    return exchange
