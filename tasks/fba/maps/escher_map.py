"""A map in the format of Escher (schema 1-0-0)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fluxagents.tasks.fba.maps.placement import Curve, FluxMap, PlacedReaction, Point

if TYPE_CHECKING:
    from cobra import Model, Reaction

PIXELS_PER_UNIT = 160.0
_MARGIN = 400.0
_LETTER_PIXELS = 17.0
"""Of a reaction's label, which Escher writes to the right of its place."""

_FLUX_LETTERS = 6
_LEAST_AWAY = 0.15
_SCHEMA = "https://escher.github.io/escher/jsonschema/1-0-0#"


def encode_escher(drawn: FluxMap, model: Model) -> bytes:
    """The map as Escher reads and edits it; the same map gives the same bytes."""
    content = _Content(drawn)
    for placed in drawn.reactions:
        content.add(placed, model.reactions.get_by_id(placed.reaction))
    names = {metabolite.id: metabolite.name or "" for metabolite in model.metabolites}
    (left, top), (right, bottom) = drawn.bounds
    header = {
        "map_name": f"{model.id or 'model'}: {drawn.name}",
        "map_id": "",
        "map_description": "",
        "homepage": "https://escher.github.io",
        "schema": _SCHEMA,
    }
    body = {
        "reactions": content.reactions,
        "nodes": {
            **{
                str(index): {
                    "node_type": "metabolite",
                    **_coordinates(place.point),
                    "bigg_id": place.metabolite,
                    "name": names[place.metabolite],
                    "label_x": _pixels(place.label_at[0]),
                    "label_y": _pixels(place.label_at[1]),
                    "node_is_primary": place.is_main,
                }
                for index, place in enumerate(drawn.places)
            },
            **content.markers,
        },
        "text_labels": {},
        "canvas": {
            "x": _pixels(left) - _MARGIN,
            "y": _pixels(top) - _MARGIN,
            "width": _pixels(right - left) + 2 * _MARGIN,
            "height": _pixels(bottom - top) + 2 * _MARGIN,
        },
    }
    return json.dumps([header, body], indent=1, ensure_ascii=False).encode()


class _Content:
    """Reactions and the markers in their middle, numbered one after the other."""

    def __init__(self, drawn: FluxMap) -> None:
        self.reactions: dict[str, Any] = {}
        self.markers: dict[str, Any] = {}
        self._numbers: Iterator[int] = iter(range(len(drawn.places), 1_000_000))

    def add(self, placed: PlacedReaction, reaction: Reaction) -> None:
        marks = {
            placed.middle: self._mark("midmarker", placed.middle),
            placed.gate_in: self._mark("multimarker", placed.gate_in),
            placed.gate_out: self._mark("multimarker", placed.gate_out),
        }
        self.reactions[str(next(self._numbers))] = {
            "name": reaction.name or "",
            "bigg_id": reaction.id,
            "reversibility": bool(reaction.lower_bound < 0 < reaction.upper_bound),
            "label_x": _pixels(placed.label_at[0]) - _room_before(placed),
            "label_y": _pixels(placed.label_at[1]),
            "gene_reaction_rule": reaction.gene_reaction_rule or "",
            "genes": [
                {"bigg_id": gene.id, "name": gene.name or gene.id}
                for gene in sorted(reaction.genes, key=lambda gene: gene.id)
            ],
            "metabolites": [
                {"bigg_id": metabolite.id, "coefficient": float(amount)}
                for metabolite, amount in sorted(reaction.metabolites.items(), key=lambda pair: pair[0].id)
            ],
            "segments": {str(next(self._numbers)): _segment(curve, marks) for curve in placed.curves},
        }

    def _mark(self, kind: str, at: Point) -> str:
        number = str(next(self._numbers))
        self.markers[number] = {"node_type": kind, **_coordinates(at)}
        return number


def _room_before(placed: PlacedReaction) -> float:
    """How far a label at the left begins before its place, so that it ends there."""
    is_left = placed.label_at[0] < placed.middle[0] - _LEAST_AWAY
    return (len(placed.reaction) + _FLUX_LETTERS) * _LETTER_PIXELS if is_left else 0.0


def _segment(curve: Curve, marks: dict[Point, str]) -> dict[str, Any]:
    """A curve between two nodes; those between markers are straight."""
    place = None if curve.place is None else str(curve.place)
    if place is None:
        return {"from_node_id": marks[curve.start], "to_node_id": marks[curve.end], "b1": None, "b2": None}
    starts_there = curve.end in marks
    return {
        "from_node_id": place if starts_there else marks[curve.start],
        "to_node_id": marks[curve.end] if starts_there else place,
        "b1": _coordinates(curve.first),
        "b2": _coordinates(curve.second),
    }


def _coordinates(point: Point) -> dict[str, float]:
    return {"x": _pixels(point[0]), "y": _pixels(point[1])}


def _pixels(units: float) -> float:
    return round(units * PIXELS_PER_UNIT, 1)
