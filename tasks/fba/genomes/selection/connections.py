"""What a reaction takes another must make: which reactions a network needs besides each one that it has.

These conditions follow from the balance of each metabolite. Said in binary variables they tell a solver what
the fluxes do not while a choice is still a fraction: that a reaction costs all of the one that feeds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.solving.lazy_libraries import np

if TYPE_CHECKING:
    from fluxagents.tasks.fba.genomes.selection.flux_network import FluxNetwork

Row = tuple[Mapping[int, float], float, float]
"""Coefficients by column, and the bounds of their sum."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A binary variable that lets a reaction carry flux, in one direction or in both."""

    reaction: int
    column: int | None
    """None for a reaction that every network has."""
    forward: bool
    reverse: bool


@dataclass(frozen=True, slots=True)
class _Side:
    """How a switch touches a metabolite."""

    switch: Switch
    makes: bool
    takes: bool


def list_connections(network: FluxNetwork, switches: Sequence[Switch]) -> Iterator[Row]:
    """For each reaction and metabolite: the reaction is off, or one is on that makes what it takes.

    Args:
        network: The reactions that are open.
        switches: Of the reactions that are chosen, or that every network has; the others cost nothing.
    """
    by_reaction: dict[int, list[Switch]] = {}
    for switch in switches:
        by_reaction.setdefault(switch.reaction, []).append(switch)
    rows = import_module("scipy.sparse").csr_matrix(network.stoichiometry)
    for start, end in zip(rows.indptr[:-1].tolist(), rows.indptr[1:].tolist(), strict=True):
        places, coefficients = rows.indices[start:end].tolist(), rows.data[start:end].tolist()
        sides = [
            side
            for place, coefficient in zip(places, coefficients, strict=True)
            for switch in by_reaction.get(place, _free(network, place))
            if (side := _touch(switch, coefficient)).makes or side.takes
        ]
        yield from _list_rows(sides, {switch.reaction for switch in switches})


def _free(network: FluxNetwork, reaction: int) -> list[Switch]:
    """What stands for a reaction without a binary variable."""
    return [Switch(reaction, None, bool(network.upper[reaction] > 0), bool(network.lower[reaction] < 0))]


def _touch(switch: Switch, coefficient: float) -> _Side:
    forward, reverse = (
        (switch.forward, switch.reverse) if coefficient > 0 else (switch.reverse, switch.forward)
    )
    return _Side(switch, makes=forward, takes=reverse)


def _list_rows(sides: Sequence[_Side], chosen: Collection[int]) -> Iterator[Row]:
    """The rows of one metabolite."""
    always = [side for side in sides if side.switch.column is None]
    for side in sides:
        own = side.switch
        if own.reaction not in chosen or any(_feeds(other, side) for other in always):
            continue
        terms = {
            other.switch.column: 1.0
            for other in sides
            if other.switch.column is not None and _feeds(other, side)
        }
        if own.column is None:
            yield terms, 1.0, np.inf
        else:
            yield {**terms, own.column: -1.0}, 0.0, np.inf


def _feeds(other: _Side, side: _Side) -> bool:
    """Whether another reaction can make what one takes, or take what it makes."""
    if other.switch.reaction == side.switch.reaction:
        return False
    return (side.takes and other.makes) or (side.makes and other.takes)
