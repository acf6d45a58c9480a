"""The biomass reaction of a model: growth, everywhere, is its flux in 1/h.

It is the reaction that a user names; else what the objective holds that is biomass by evidence; else the one
that is marked so (SBO:0000629), called so, or made up so (it drains energy and amino acids); else the only
reaction of the objective, if that is an internal one. Where several are equally likely there is none, and the
candidates are named. Maintenance, the exchange of a product and parts of biomass such as its lipids are not
growth. A reaction that only carries biomass out is growth where the objective says so. One that is written
backwards, so that growth would be its negative flux, is not taken for growth but named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fluxagents.tasks.fba.solving.conditions import require_reaction
from fluxagents.tasks.fba.solving.objective import Objective, read_objective

if TYPE_CHECKING:
    from cobra import Metabolite, Model, Reaction

FoundBy = Literal["user", "objective", "sbo", "name", "composition"]

_BIOMASS_PRODUCTION, _MAINTENANCE, _BIOMASS = "SBO:0000629", "SBO:0000630", "SBO:0000649"

_NAME = re.compile(r"biomass|\bbio\d+\b|\bbof\d*\b|\bgrowth\b")
"""Also `bio1` of ModelSEED; underscores count as spaces."""

_OTHER = re.compile(
    r"\b(ex|dm|sk|exchange|demand|sink|transport(er)?|export|import|uptake|secretion|degradation|"
    r"precursors?|components?|constituents?|pool|factors?|hormone|non|associated)\b"
)
"""Of names with a word for growth that mean something else."""

_BIOMASS_NAME = re.compile(r"biomass|\bcpd11416\b")
"""Of a metabolite, also ModelSEED's."""

_MAINTENANCE_NAME = re.compile(r"\b(atpm|n?gam)\b|maintenance")

_PARTS = re.compile(
    r"\b(proteins?|lipids?|carbohydrates?|dna|rna|cofactors?|ions?|vitamins?|cell ?wall|glycogen|murein|lps|"
    r"fatty acids?|backbones?|metals?|metabolites?|amino ?acids?|nucleotides?|ash|trace)\b"
)

MANY_REACTANTS = 10
"""A reaction that consumes fewer metabolites is not biomass by its composition."""

MANY_AMINO_ACIDS = 5

_ATP = (10, 5, 13, 3, 0)
"""Atoms of C, N, O, P and S; hydrogen depends on the charge."""

_AMINO_ACIDS = {
    (3, 1, 2, 0, 0), (6, 4, 2, 0, 0), (4, 2, 3, 0, 0), (4, 1, 4, 0, 0), (3, 1, 2, 0, 1), (5, 2, 3, 0, 0),
    (5, 1, 4, 0, 0), (2, 1, 2, 0, 0), (6, 3, 2, 0, 0), (6, 1, 2, 0, 0), (6, 2, 2, 0, 0), (5, 1, 2, 0, 1),
    (9, 1, 2, 0, 0), (5, 1, 2, 0, 0), (3, 1, 3, 0, 0), (4, 1, 3, 0, 0), (11, 2, 2, 0, 0), (9, 1, 3, 0, 0),
}  # fmt: skip
"""Of the twenty amino acids: leucine is as isoleucine, proline as valine without hydrogen."""

_ATP_NAME = re.compile(r"\b(atp|cpd00002|c00002|mnxm3|m01371c?|mam01371c?|s 0434)\b")
_AMINO_ACID_NAME = re.compile(
    r"\b(ala|arg|asn|asp|cys|gln|glu|gly|his|ile|leu|lys|met|phe|pro|ser|thr|trp|tyr|val)\b(?! ?trna)"
    r"|\b(alanine|arginine|asparagine|aspartate|cysteine|glutamine|glutamate|glycine|histidine|isoleucine|"
    r"leucine|lysine|methionine|phenylalanine|proline|serine|threonine|tryptophan|tyrosine|valine)\b"
)


@dataclass(frozen=True, slots=True)
class Biomass:
    """The biomass reaction, and how it was found; None with no candidate, or with several."""

    reaction: Reaction | None
    found_by: FoundBy | None = None
    candidates: tuple[str, ...] = ()
    """Ids of all that are equally likely."""
    backwards: str | None = None
    """Id of the reaction that would be it if it were written the other way round."""

    @property
    def index(self) -> int:
        """Of the reaction in `model.reactions`."""
        assert self.reaction is not None
        return int(self.reaction.model.reactions.index(self.reaction))

    @property
    def problem(self) -> str | None:
        """Why growth is not known, as a sentence with the way out; None if it is."""
        if self.reaction is not None:
            return None
        if self.backwards is not None:
            return (
                f"'{self.backwards}' is biomass written backwards, growth would be its negative flux: store "
                "the model with its two sides and its bounds exchanged, or name another reaction with the "
                "argument 'biomass'"
            )
        if not self.candidates:
            return "no reaction is known to be biomass: name it with the argument 'biomass'"
        names = ", ".join(self.candidates[:_MAX_NAMED])
        more = f" and {len(self.candidates) - _MAX_NAMED} more" if len(self.candidates) > _MAX_NAMED else ""
        return f"several reactions may be biomass ({names}{more}): name one with the argument 'biomass'"

    def precursors(self) -> frozenset[str]:
        """Ids of the metabolites that become biomass."""
        if self.reaction is None:
            return frozenset()
        makers = [self.reaction]
        if self.reaction.boundary:
            makers = [
                maker for drained in self.reaction.metabolites for maker in drained.reactions
                if drained in maker.products and not maker.boundary
            ]  # fmt: skip
        return frozenset(metabolite.id for maker in makers for metabolite in maker.reactants)


_MAX_NAMED = 5


def find_biomass(model: Model, named: str | None = None, objective: Objective | None = None) -> Biomass:
    """Find the reaction whose flux is growth.

    Args:
        model: It is not changed.
        named: What the user says that it is.
        objective: Of the model, where it is known already.

    Raises:
        FluxError: `UNKNOWN_ID` if the model does not have the reaction that is named, with the nearest ids.
    """
    if named is not None:
        return _choose([model.reactions.get_by_id(require_reaction(model, named))], "user")
    optimised = [reaction for reaction, _ in (objective or read_objective(model)).terms]
    if stated := _without_drains([reaction for reaction in optimised if is_growth(reaction)]):
        return _choose(stated, "objective")
    for found_by, candidates in _search(model):
        if candidates:
            return _choose(candidates, found_by)
    if len(optimised) == 1 and not optimised[0].boundary and not _is_maintenance(optimised[0]):
        return _choose(optimised, "objective")
    reversed_ = [r for r in model.reactions if _is_made_up_so(r, from_products=True)]
    return _choose(reversed_[:1], "composition")


def is_growth(reaction: Reaction) -> bool:
    """Whether an optimised reaction is growth by its term, its name or what it consumes."""
    if _term(reaction) == _BIOMASS_PRODUCTION:
        return True
    if _is_maintenance(reaction):
        return False
    if reaction.boundary:
        drained = next(iter(reaction.reactants), None)
        return drained is not None and (_is_called_growth(reaction) or _is_biomass(drained))
    return _is_called_growth(reaction) or _is_made_up_so(reaction)


def is_backwards(reaction: Reaction) -> bool:
    """Whether a biomass reaction makes what growth consumes, so that growth would be its negative flux.

    Its bounds tell if they allow no other flux; else its sides: biomass is consumed, or energy and amino
    acids are made.
    """
    if reaction.boundary:
        return False
    consumes_biomass = any(map(_is_biomass, reaction.reactants)) and not any(
        map(_is_biomass, reaction.products)
    )
    return (
        reaction.lower_bound < 0 >= reaction.upper_bound
        or (consumes_biomass and bool(reaction.products))
        or (_is_made_up_so(reaction, from_products=True) and not _is_made_up_so(reaction))
    )


def _search(model: Model) -> Iterable[tuple[FoundBy, Sequence[Reaction]]]:
    """What is not in the objective, from the surest evidence to the least sure."""
    internal = [reaction for reaction in model.reactions if not reaction.boundary]
    yield "sbo", [reaction for reaction in internal if _term(reaction) == _BIOMASS_PRODUCTION]
    named = [r for r in internal if _is_called_growth(r) and not _is_maintenance(r) and not _is_carrier(r)]
    whole = [reaction for reaction in named if not _PARTS.search(_words(reaction))]
    yield "name", _without_precursors(whole or named)
    yield "composition", _without_precursors([reaction for reaction in internal if _is_made_up_so(reaction)])


def _choose(candidates: Sequence[Reaction], found_by: FoundBy) -> Biomass:
    ids = tuple(reaction.id for reaction in candidates)
    if len(ids) == 1 and is_backwards(candidates[0]):
        return Biomass(None, backwards=ids[0])
    return Biomass(candidates[0], found_by, ids) if len(ids) == 1 else Biomass(None, None, ids)


def _without_drains(reactions: list[Reaction]) -> list[Reaction]:
    """Where biomass is made and carried out, the reaction that makes it."""
    return [reaction for reaction in reactions if not reaction.boundary] or reactions


def _without_precursors(reactions: Sequence[Reaction]) -> list[Reaction]:
    """Those whose products no other of them consumes; all if each does."""
    consumed = {reaction: set(reaction.reactants) for reaction in reactions}
    last = [
        reaction
        for reaction in reactions
        if all(
            other is reaction or consumed[other].isdisjoint(reaction.products)
            for other in reactions
        )
    ]  # fmt: skip
    return last or list(reactions)


def _is_called_growth(reaction: Reaction) -> bool:
    return any(_NAME.search(text) and not _OTHER.search(text) for text in _texts(reaction))


def _is_carrier(reaction: Reaction) -> bool:
    """Whether it only moves a metabolite from one compartment to another."""
    return len(reaction.reactants) == 1 and len(reaction.products) == 1


def _is_maintenance(reaction: Reaction) -> bool:
    if _term(reaction) == _MAINTENANCE:
        return True
    words = _words(reaction)
    return bool(_MAINTENANCE_NAME.search(words)) and "biomass" not in words


def _is_made_up_so(reaction: Reaction, *, from_products: bool = False) -> bool:
    """Whether it consumes many metabolites, or makes them, ATP and amino acids among them."""
    reactants = reaction.products if from_products else reaction.reactants
    if reaction.boundary or len(reactants) < MANY_REACTANTS:
        return False
    if not any(_atoms(m) == _ATP or any(map(_ATP_NAME.search, _texts(m))) for m in reactants):
        return False
    acids = sum(_atoms(m) in _AMINO_ACIDS or any(map(_AMINO_ACID_NAME.search, _texts(m))) for m in reactants)
    return acids >= MANY_AMINO_ACIDS


def _is_biomass(metabolite: Metabolite) -> bool:
    return _term(metabolite) == _BIOMASS or any(map(_BIOMASS_NAME.search, _texts(metabolite)))


def _atoms(metabolite: Metabolite) -> tuple[float, ...]:
    elements = metabolite.elements or {}
    return tuple(elements.get(element, 0) for element in "CNOPS")


def _term(item: Reaction | Metabolite) -> str:
    value = item.annotation.get("sbo", "")
    return str(value[0] if isinstance(value, list) and value else value)


def _texts(item: Reaction | Metabolite) -> tuple[str, str]:
    """Id and name in lower case, with blanks for everything that separates words."""
    identifier, name = (re.sub(r"[^a-z0-9]+", " ", str(text or "").lower()) for text in (item.id, item.name))
    return identifier.removeprefix("r ").removeprefix("m "), name


def _words(reaction: Reaction) -> str:
    return " | ".join(_texts(reaction))
