"""The map of any pathway, laid out from the model itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import graphlay

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.maps.core_map import base_id
from fluxagents.tasks.fba.maps.placement import Drawing, FluxMap, Point, Side, Way

if TYPE_CHECKING:
    from cobra import Metabolite, Model, Reaction

MAX_REACTIONS = 80
"""Of a pathway that is laid out: more cannot be read."""

_CURRENCY = frozenset(
    (
        "h",
        "h2o",
        "pi",
        "ppi",
        "co2",
        "o2",
        "nh4",
        "hco3",
        "h2o2",
        "so4",
        "so3",
        "atp",
        "adp",
        "amp",
        "gtp",
        "gdp",
        "gmp",
        "utp",
        "udp",
        "ump",
        "ctp",
        "cdp",
        "cmp",
        "itp",
        "idp",
        "nad",
        "nadh",
        "nadp",
        "nadph",
        "fad",
        "fadh2",
        "fmn",
        "fmnh2",
        "coa",
        "q8",
        "q8h2",
        "mqn8",
        "mql8",
        "2dmmq8",
        "2dmmql8",
        "acp",
        "ACP",
        "trdox",
        "trdrd",
        "fdxo_2_2",
        "fdxo_42",
        "fdxrd",
        "flxso",
        "flxr",
        "cl",
        "na1",
        "k",
        "mg2",
        "thf",
    )
)
"""BiGG ids of metabolites that many reactions share: they stand beside each of them."""

_AMINO_GROUP = frozenset(("glu__L", "gln__L", "akg"))
"""BiGG ids of what gives and takes amino groups: beside a reaction that has other substrates and products."""

_COMMON_SHARE = 0.03
"""Of a model's reactions: a metabolite of more than these is shared as well, whatever its id."""

_COMMON_LEAST = 25
_UNITS_PER_PIXEL = 1 / 40
_FAR_UNITS = 4.5
_BESIDE_UNITS = 1.4

_Positions = Mapping[tuple[str, str], Point]
"""Of metabolites (`m`) and reactions (`r`), by id."""

_LAYOUT: Mapping[str, object] = {
    "direction": "topbottom",
    "routing": {"style": "diagonal"},
    "spacing": {"layer_gap": 34.0, "node_gap": 60.0, "dummy_gap": 40.0, "port_gap": 10.0, "stub": 8.0},
}


def lay_pathway_map(
    name: str, model: Model, reactions: Sequence[Reaction], fluxes: Mapping[str, float]
) -> FluxMap:
    """Lay out reactions from top to bottom, in the direction in which they run.

    Args:
        name: Of the map.
        model: Of the reactions.
        reactions: Which ones.
        fluxes: Reaction -> flux in mmol/gDW/h, where there is one: it says which way is down.

    Raises:
        FluxError: `BAD_ARGUMENT` if there are too many to be read, or none.
    """
    if not 0 < len(reactions) <= MAX_REACTIONS:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"a map of {len(reactions)} reactions ('{name}') cannot be read",
            suggestions=(f"name at most {MAX_REACTIONS} of them in 'reactions', or a smaller pathway",),
        )
    shared = _find_shared(model)
    ends = {reaction.id: _main_ends(reaction, shared) for reaction in reactions}
    positions = _arrange(reactions, ends, fluxes)
    sheet = _Sheet(Drawing(name), positions, _find_crowded(ends, positions))
    for reaction in reactions:
        down = -1.0 if fluxes.get(reaction.id, 0.0) < 0 else 1.0
        sources, targets = ends[reaction.id]
        sheet.drawing.draw(
            Way(
                reaction=reaction.id,
                sources=tuple(sheet.place(metabolite, reaction.id, -down) for metabolite in sources),
                targets=tuple(sheet.place(metabolite, reaction.id, down) for metabolite in targets),
                stoichiometry={m.id: float(amount) for m, amount in reaction.metabolites.items()},
                at=sheet.positions["r", reaction.id],
                along=(0.0, down),
            )
        )
    return sheet.drawing.finish()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The map being drawn; what would cross half of it stands at a further place beside its reaction."""

    drawing: Drawing
    positions: _Positions
    crowded: frozenset[str]
    """Metabolites with a curve at their right, whose names stand at the left."""
    placed: dict[tuple[str, str], int] = field(default_factory=dict)

    def place(self, metabolite: str, reaction: str, down: float) -> int:
        """The place of a metabolite of a reaction, below it (1.0) or above (-1.0)."""
        at, middle = self.positions["m", metabolite], self.positions["r", reaction]
        is_far = _is_far(self.positions, metabolite, reaction)
        key = metabolite, reaction if is_far else ""
        if key not in self.placed:
            beside = middle[0] + _BESIDE_UNITS, middle[1] + down * _BESIDE_UNITS
            side: Side = "left" if metabolite in self.crowded and not is_far else "right"
            self.placed[key] = self.drawing.place(metabolite, beside if is_far else at, label=side)
        return self.placed[key]


def _is_far(positions: _Positions, metabolite: str, reaction: str) -> bool:
    return abs(positions["m", metabolite][1] - positions["r", reaction][1]) > _FAR_UNITS


def _find_crowded(
    ends: Mapping[str, tuple[Sequence[str], Sequence[str]]], positions: _Positions
) -> frozenset[str]:
    """The metabolites at an end of a reaction of which another one stands further to the right."""

    def is_right(other: str, metabolite: str, reaction: str) -> bool:
        return _is_far(positions, other, reaction) or positions["m", other][0] > positions["m", metabolite][0]

    return frozenset(
        metabolite
        for reaction, sides in ends.items()
        for side in sides
        for metabolite in side
        if not _is_far(positions, metabolite, reaction)
        and any(is_right(other, metabolite, reaction) for other in side if other != metabolite)
    )


def _find_shared(model: Model) -> frozenset[str]:
    """The metabolites that stand beside reactions rather than between them."""
    many = max(_COMMON_LEAST, _COMMON_SHARE * len(model.reactions))
    return frozenset(
        metabolite.id
        for metabolite in model.metabolites
        if base_id(metabolite) in _CURRENCY or len(metabolite.reactions) > many
    )


def _main_ends(reaction: Reaction, shared: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The main substrates and products; of a side that has only shared ones, the largest if both have."""
    sides = tuple(
        tuple(metabolite for metabolite in side if metabolite.id not in shared)
        for side in (reaction.reactants, reaction.products)
    )
    without = tuple(tuple(m for m in side if base_id(m) not in _AMINO_GROUP) for side in sides)
    if all(without):
        sides = without
    if not any(sides):
        sides = (_largest(reaction.reactants), _largest(reaction.products))
    return _ids(sides[0]), _ids(sides[1])


def _largest(metabolites: Iterable[Metabolite]) -> tuple[Metabolite, ...]:
    ranked = sorted(metabolites, key=lambda metabolite: (-(metabolite.formula_weight or 0), metabolite.id))
    return tuple(ranked[:1])


def _ids(metabolites: Iterable[Metabolite]) -> tuple[str, ...]:
    return tuple(metabolite.id for metabolite in metabolites)


def _arrange(
    reactions: Sequence[Reaction],
    ends: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
    fluxes: Mapping[str, float],
) -> dict[tuple[str, str], Point]:
    """Where metabolites ("m", id) and the middles of reactions ("r", id) stand, in units of the map."""
    graph = graphlay.Graph()
    nodes: dict[tuple[str, str], int] = {}
    for reaction in reactions:
        for metabolite in (*ends[reaction.id][0], *ends[reaction.id][1]):
            if ("m", metabolite) not in nodes:
                nodes["m", metabolite] = graph.node(width=90.0, height=18.0)
        beside = len(reaction.metabolites) - sum(map(len, ends[reaction.id]))
        nodes["r", reaction.id] = graph.node(width=70.0, height=36.0 + 10.0 * beside)
    for reaction in reactions:
        sources, targets = ends[reaction.id]
        if fluxes.get(reaction.id, 0.0) < 0:
            sources, targets = targets, sources
        for metabolite in sources:
            graph.edge(nodes["m", metabolite], nodes["r", reaction.id])
        for metabolite in targets:
            graph.edge(nodes["r", reaction.id], nodes["m", metabolite])
    laid = graphlay.layout(graph, options=_LAYOUT).nodes
    return {
        key: (laid[index]["center"]["x"] * _UNITS_PER_PIXEL, laid[index]["center"]["y"] * _UNITS_PER_PIXEL)
        for key, index in nodes.items()
    }
