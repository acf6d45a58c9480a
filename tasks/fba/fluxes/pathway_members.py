"""The reactions of a pathway: by the names of the model's subsystems, by usual names, or one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.central_metabolism.pathways import find_pathway, pathways
from fluxagents.tasks.fba.fluxes.subsystems import list_subsystems
from fluxagents.tasks.fba.solving.conditions import require_reaction

if TYPE_CHECKING:
    from cobra import Model, Reaction


def find_members(
    model: Model, pathway: str | None, reactions: Sequence[str] | None
) -> tuple[str, list[Reaction]]:
    """The name and the reactions of a pathway, in the order of the model.

    Args:
        model: Of the reactions.
        pathway: Name of a subsystem or group, a part of it that is unique, or a usual name.
        reactions: Their ids, instead of a name.

    Raises:
        FluxError: `UNKNOWN_ID` with the nearest names.
    """
    if reactions is not None:
        named = {require_reaction(model, identifier) for identifier in reactions}
        return f"{len(named)} named reactions", [r for r in model.reactions if r.id in named]
    assert pathway is not None
    subsystems = _subsystems(model)
    asked = pathway.casefold()
    exact = [name for name in subsystems if name.casefold() == asked]
    matches = exact or [name for name in subsystems if asked in name.casefold()]
    if len(matches) == 1:
        own = subsystems[matches[0]]
        return matches[0], [reaction for reaction in model.reactions if reaction.id in own]
    known = find_pathway(pathway)
    members = known.find_members(model) if known else frozenset()
    if known and (members or (not matches and _knows_another(model))):
        return known.name, [reaction for reaction in model.reactions if reaction.id in members]
    if matches:
        message = f"pathway '{pathway}' may be {len(matches)} of model '{model.id}'"
        raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=(f"one of: {'; '.join(matches[:5])}",))
    message = f"pathway '{pathway}' is no subsystem or group of model '{model.id}'"
    none = "this model names no subsystem: give 'reactions'"
    if known:
        message = f"no id, name or annotation of model '{model.id}' is of a reaction of '{known.name}'"
    suggestions = nearest(pathway, subsystems) or (
        (f"such as: {'; '.join(list(subsystems)[:5])}",) if subsystems else (none,)
    )
    raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=suggestions)


def _knows_another(model: Model) -> bool:
    """Whether reactions of other pathways are found, so that those of one may be said to be absent."""
    return any(pathway.find_members(model) for pathway in pathways().values())


def _subsystems(model: Model) -> dict[str, set[str]]:
    """Subsystems and groups by name -> ids of their reactions."""
    subsystems: dict[str, set[str]] = {}
    for reaction in model.reactions:
        for subsystem in list_subsystems(reaction):
            subsystems.setdefault(subsystem, set()).add(reaction.id)
    for group in model.groups:
        members = {member.id for member in group.members if member in model.reactions}
        if members:
            subsystems.setdefault(group.name or group.id, set()).update(members)
    return subsystems
