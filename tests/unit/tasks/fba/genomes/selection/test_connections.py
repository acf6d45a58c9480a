"""Which conditions on binary variables follow from the balance of metabolites."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from fluxagents.tasks.fba.genomes.selection.connections import Switch, list_connections
from fluxagents.tasks.fba.genomes.selection.flux_network import FluxNetwork

ONE_WAY, BOTH_WAYS = (0.0, 1_000.0), (-1_000.0, 1_000.0)


def connect(
    *columns: tuple[float, ...], bounds: list[tuple[float, float]], switches: list[Switch]
) -> set[tuple[frozenset[tuple[int, float]], float]]:
    """The rows of a network, as terms and the least sum of them."""
    lower, upper = np.array(bounds).T
    network = FluxNetwork(import_module("scipy.sparse").csc_matrix(np.array(columns).T), ("m",), lower, upper)
    return {(frozenset(terms.items()), low) for terms, low, _ in list_connections(network, switches)}


def switch(reaction: int, column: int | None, *, forward: bool = True, reverse: bool = False) -> Switch:
    return Switch(reaction, column, forward, reverse)


def test_what_takes_a_compound_needs_one_of_those_that_make_it() -> None:
    rows = connect(
        (-1.0,), (1.0,), (2.0,), bounds=[ONE_WAY] * 3, switches=[switch(at, 3 + at) for at in range(3)]
    )
    assert (frozenset({(3, -1.0), (4, 1.0), (5, 1.0)}), 0.0) in rows
    # And each maker needs the one that takes.
    assert (frozenset({(4, -1.0), (3, 1.0)}), 0.0) in rows
    assert len(rows) == 3


def test_what_costs_nothing_makes_the_condition_needless() -> None:
    rows = connect((-1.0,), (1.0,), (1.0,), bounds=[ONE_WAY] * 3, switches=[switch(0, 3), switch(1, 4)])
    assert rows == {(frozenset({(4, -1.0), (3, 1.0)}), 0.0)}


def test_what_every_network_has_must_be_fed() -> None:
    rows = connect((-1.0,), (1.0,), bounds=[ONE_WAY] * 2, switches=[switch(0, None), switch(1, 2)])
    assert rows == {(frozenset({(2, 1.0)}), 1.0)}


def test_a_reaction_does_not_feed_itself_by_its_other_direction() -> None:
    both = [switch(0, 2), switch(0, 3, forward=False, reverse=True)]
    rows = connect((-1.0,), (1.0,), bounds=[BOTH_WAYS, ONE_WAY], switches=[*both, switch(1, 4)])
    assert (frozenset({(2, -1.0), (4, 1.0)}), 0.0) in rows
    assert (frozenset({(3, -1.0)}), 0.0) in rows
