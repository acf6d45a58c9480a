"""Species that old files write for what lies outside."""

from __future__ import annotations

from cobra import Metabolite, Model

from fluxagents.tasks.ports.models import Concern, ModelWarning


def open_boundary(model: Model) -> list[ModelWarning]:
    """Leave out the metabolites by which old files write what lies outside: `glc_b`, beside `glc_e`.

    Their reaction then exchanges with the surroundings, as it is meant to, and its bounds are the medium's.
    """
    outside = [metabolite for metabolite in model.metabolites if _is_outside(metabolite)]
    if not outside:
        return []
    added = [f"EX_{metabolite.id}" for metabolite in outside]
    model.remove_reactions([name for name in added if name in model.reactions])
    model.remove_metabolites(outside)
    message = f"{len(outside)} boundary metabolites ('{outside[0].id}') are left out, as old files mean them"
    elements = tuple(metabolite.id for metabolite in outside[:10])
    return [
        ModelWarning(
            kind="boundary_species",
            message=message,
            count=len(outside),
            elements=elements,
            concerns=(Concern.MEDIUM,),
        )
    ]


def _is_outside(metabolite: Metabolite) -> bool:
    """Whether it is a `_b` that only turns into the same compound in another compartment."""
    if not metabolite.id.endswith("_b"):
        return False
    reactions = [reaction for reaction in metabolite.reactions if reaction.id != f"EX_{metabolite.id}"]
    others = [other.id for reaction in reactions for other in reaction.metabolites if other is not metabolite]
    stem = metabolite.id.removesuffix("b")
    return len(others) == len(reactions) > 0 and all(other.startswith(stem) for other in others)
