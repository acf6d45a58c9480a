"""Species that lie outside the balance: marked so in the file, or called `glc_b` as old files call them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from cobra import Metabolite, Model, Reaction

from fluxagents.tasks.ports.models import Concern, ModelWarning

_OUTSIDE = re.compile(r"(?:_b|\[b\]|\(b\))$")
_PLACE = re.compile(r"[_\[(]([A-Za-z])[A-Za-z0-9]{0,3}[\])]?$")
"""The compartment at the end of an id: `glc_e`, `glc_e0`, `glc[e]`; its first letter is captured."""

_EXCHANGE = re.compile(r"(?:EX|DM|SK|sink|demand)[_(\[]", re.IGNORECASE)
_INVENTED_BOUNDS = (-1_000.0, 1_000.0)
_PAIR = 2
_SHOWN = 10


def open_boundary(model: Model, marked: Collection[str] = ()) -> list[ModelWarning]:
    """Leave out the metabolites that stand for what lies outside; their reactions then exchange.

    A metabolite that an exchange of the file gives or takes alone stays: that exchange and its bounds hold.

    Args:
        model: Changed in place.
        marked: Ids of metabolites that the file itself marks as not balanced.
    """
    _drop_invented(model)
    written = [metabolite for metabolite in model.metabolites if metabolite.id in marked]
    held = [metabolite for metabolite in written if _find_exchange(metabolite, marked)]
    named, inner = _find_named(model, marked)
    outside = [metabolite for metabolite in written if metabolite not in held] + named
    # Read before the rows go, since a metabolite that is left out has no reactions.
    warned = [
        *_warn_of_held(held, marked),
        *_warn_of_outside(outside),
        *_warn_of_strays(outside),
        *_warn_of_sources(outside),
        *_warn_of_inner(inner),
    ]
    reactions = {reaction for metabolite in outside for reaction in metabolite.reactions}
    model.remove_metabolites(outside)
    empty = sorted(reaction.id for reaction in reactions if not reaction.metabolites)
    return [*warned, *_warn_of_empty(empty)]


def _drop_invented(model: Model) -> None:
    """Remove the second exchange, of `glc_b`, that cobra adds to an old file and writes into the new one."""

    def is_invented(reaction: Reaction) -> bool:
        if reaction.bounds != _INVENTED_BOUNDS or len(reaction.metabolites) != 1:
            return False
        (metabolite,) = reaction.metabolites
        is_outer = _OUTSIDE.search(metabolite.id) and reaction.id == reaction.name == f"EX_{metabolite.id}"
        return bool(is_outer and _list_partners(metabolite))

    model.remove_reactions([reaction for reaction in model.reactions if is_invented(reaction)])


def _find_exchange(metabolite: Metabolite, marked: Collection[str]) -> Reaction | None:
    """The file's reaction that exchanges a marked metabolite: alone, or with a marked `…_b` outside it."""

    def is_outer(other: Metabolite) -> bool:
        return other.id in marked and bool(_OUTSIDE.search(other.id)) and not _OUTSIDE.search(metabolite.id)

    exchanges = (
        reaction
        for reaction in metabolite.reactions
        if all(other is metabolite or is_outer(other) for other in reaction.metabolites)
    )
    return min(exchanges, key=lambda reaction: reaction.id, default=None)


def _find_named(model: Model, marked: Collection[str]) -> tuple[list[Metabolite], list[Metabolite]]:
    """Those that only their name `…_b` tells to lie outside, and those of such a name that lie inside.

    In a file that writes so at least once, `…_b` lies outside if it takes part in nothing but exchanges.
    """
    outer = [metabolite for metabolite in model.metabolites if _OUTSIDE.search(metabolite.id)]
    candidates = [metabolite for metabolite in outer if metabolite.id not in marked]
    if not candidates:
        return [], []
    busy = {met.compartment for met in model.metabolites if met.reactions and not _leaves_once(met)}
    fitting = [met for met in candidates if _only_leaves(met) and not _lies_in_a_place(met, busy)]
    if len(candidates) == len(outer) and not any(_is_twin(metabolite) for metabolite in outer):
        return [], []
    outside = [metabolite for metabolite in fitting if _is_twin(metabolite) or _leaves_the_model(metabolite)]
    is_used = outside or len(candidates) < len(outer)
    return outside, [met for met in candidates if met not in outside] if is_used else []


def _only_leaves(metabolite: Metabolite) -> bool:
    """Whether it does nothing but turn into one other metabolite, one for one."""
    return bool(metabolite.reactions) and all(
        len(reaction.metabolites) == _PAIR and sum(reaction.metabolites.values()) == 0
        for reaction in metabolite.reactions
    )


def _leaves_once(metabolite: Metabolite) -> bool:
    return _only_leaves(metabolite) and len(_list_partners(metabolite)) == 1


def _lies_in_a_place(metabolite: Metabolite, busy: Collection[str | None]) -> bool:
    """Whether its compartment is a place, such as blood: reactions run there, or it joins others."""
    partners = _list_partners(metabolite)
    if any(other.compartment == metabolite.compartment for other in partners):
        return False
    return len(partners) > 1 or metabolite.compartment in busy


def _is_twin(metabolite: Metabolite) -> bool:
    """Whether it is its partner's compound, by their ids: `glc_b` and `glc_e`, which lies in `e`."""

    def ends_in_its_place(other: Metabolite) -> bool:
        place = (other.compartment or "").removeprefix("C_")
        ending = _PLACE.search(other.id)
        return ending is not None and (not place or ending[1].lower() == place[0].lower())

    is_exchange = all(_EXCHANGE.match(reaction.id) for reaction in metabolite.reactions)
    partners = _list_partners(metabolite)
    return bool(partners) and all(
        _stem(other) == _stem(metabolite) and (is_exchange or ends_in_its_place(other)) for other in partners
    )


def _leaves_the_model(metabolite: Metabolite) -> bool:
    """Whether its reactions are exchanges by their names, or their partners lie outside the cell."""
    return all(_EXCHANGE.match(reaction.id) for reaction in metabolite.reactions) or all(
        (other.compartment or "").removeprefix("C_")[:1].lower() == "e"
        for other in _list_partners(metabolite)
    )


def _list_partners(metabolite: Metabolite) -> list[Metabolite]:
    """What it turns into, by the reactions that join just two."""
    return sorted(
        {
            other
            for reaction in metabolite.reactions
            if len(reaction.metabolites) == _PAIR
            for other in reaction.metabolites
            if other is not metabolite
        },
        key=lambda other: other.id,
    )


def _stem(metabolite: Metabolite) -> str:
    return _PLACE.sub("", metabolite.id)


def _warn_of_outside(outside: Sequence[Metabolite]) -> Iterable[ModelWarning]:
    if outside:
        message = (
            f"{len(outside)} boundary metabolites ('{outside[0].id}') are left out, as old files mean them"
        )
        yield _warning("boundary_species", message, outside)


def _warn_of_held(held: Sequence[Metabolite], marked: Collection[str]) -> Iterable[ModelWarning]:
    exchange = _find_exchange(held[0], marked) if held else None
    if exchange:
        message = (
            f"the file marks {len(held)} species ('{held[0].id}') as boundary and exchanges them as well: "
            f"the exchange '{exchange.id}' and its bounds hold"
        )
        yield _warning("boundary_exchanged", message, held)


def _warn_of_strays(outside: Sequence[Metabolite]) -> Iterable[ModelWarning]:
    pairs = [
        (metabolite, other)
        for metabolite in outside
        if _OUTSIDE.search(metabolite.id)
        for other in _list_partners(metabolite)
        if _stem(other) != _stem(metabolite)
    ]
    if pairs:
        strays = [metabolite for metabolite, _ in pairs]
        message = (
            f"{len(pairs)} exchanges end in the boundary metabolite of another compound, that of "
            f"'{pairs[0][1].id}' in '{pairs[0][0].id}': they are read as exchanges of the compound inside"
        )
        yield _warning("boundary_mismatch", message, strays)


def _warn_of_sources(outside: Sequence[Metabolite]) -> Iterable[ModelWarning]:
    def list_inner(metabolite: Metabolite) -> list[str]:
        return sorted(reaction.id for reaction in metabolite.reactions if len(reaction.metabolites) > _PAIR)

    sources = [metabolite for metabolite in outside if list_inner(metabolite)]
    if sources:
        reaction = list_inner(sources[0])[0]
        message = (
            f"{len(sources)} boundary species ('{sources[0].id}') take part in reactions inside "
            f"('{reaction}') and have no exchange: nothing but the bounds of those reactions limits them; "
            "add an exchange to the file to set it by a medium"
        )
        yield _warning("boundary_unlimited", message, sources)


def _warn_of_inner(inner: Sequence[Metabolite]) -> Iterable[ModelWarning]:
    if inner:
        message = (
            f"{len(inner)} metabolites are called like boundary ones ('{inner[0].id}') and do more than "
            "leave the model: they are read as compounds inside"
        )
        yield _warning("boundary_name", message, inner)


def _warn_of_empty(reactions: Sequence[str]) -> Iterable[ModelWarning]:
    if reactions:
        message = (
            f"{len(reactions)} reactions ('{reactions[0]}') join boundary species only: "
            "they are left in, and their flux changes nothing"
        )
        yield ModelWarning(
            kind="boundary_reaction_empty",
            message=message,
            count=len(reactions),
            elements=tuple(reactions[:_SHOWN]),
            concerns=_CONCERNS,
        )


_CONCERNS = (Concern.GROWTH, Concern.FLUXES, Concern.MEDIUM)


def _warning(kind: str, message: str, metabolites: Sequence[Metabolite]) -> ModelWarning:
    elements = tuple(dict.fromkeys(metabolite.id for metabolite in metabolites))
    return ModelWarning(
        kind=kind, message=message, count=len(elements), elements=elements[:_SHOWN], concerns=_CONCERNS
    )
