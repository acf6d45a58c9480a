"""The reduced network has every flux distribution of the model, in fewer columns and rows."""

from __future__ import annotations

from typing import Any

import pytest
from cobra import Metabolite, Model, Reaction
from cobra.flux_analysis import find_blocked_reactions

from fluxagents.tasks.fba.cut_sets.reduced_network import ReducedNetwork


def network(*reactions: tuple[str, dict[str, float], tuple[float, float]]) -> Any:
    model = Model("small")
    metabolites = {name: Metabolite(name) for _, terms, _ in reactions for name in terms}
    for identifier, terms, bounds in reactions:
        reaction = Reaction(identifier, lower_bound=bounds[0], upper_bound=bounds[1])
        model.add_reactions([reaction])
        reaction.add_metabolites({metabolites[name]: value for name, value in terms.items()})
    return model


def test_reactions_in_a_row_are_one_with_the_tightest_bounds() -> None:
    model = network(
        ("in", {"a": 1}, (0, 10)),
        ("double", {"a": -1, "b": 2}, (-5, 8)),
        ("out", {"b": -1}, (0, 12)),
    )
    (group,) = ReducedNetwork(model).groups
    scale = group.factors[0]
    assert {index: factor / scale for index, factor in group.factors.items()} == {0: 1, 1: 1, 2: 2}
    assert (group.lowest / scale, group.highest / scale) == (0, 6)
    assert not group.metabolites


def test_what_is_made_and_never_used_is_blocked_with_all_that_leads_there() -> None:
    model = network(
        ("in", {"a": 1}, (0, 10)),
        ("out", {"a": -1}, (0, 10)),
        ("side", {"a": -1, "b": 1}, (0, 10)),
        ("end", {"b": -1, "c": 1}, (0, 10)),
    )
    assert set(ReducedNetwork(model).ranks) == {0, 1}


def test_opposite_directions_leave_nothing() -> None:
    model = network(("in", {"a": 1}, (0, 10)), ("also_in", {"a": -1}, (-10, 0)))
    assert not ReducedNetwork(model).ranks


def test_what_must_carry_flux_stays() -> None:
    model = network(("in", {"a": 1}, (0, 10)), ("maintenance", {"a": -1}, (8.39, 1000)))
    assert set(ReducedNetwork(model).ranks) == {0, 1}


def test_fluxes_of_the_core_model_are_fluxes_of_its_reduced_network(textbook: Any) -> None:
    reduced = ReducedNetwork(textbook)
    fluxes = textbook.optimize().fluxes.to_numpy()
    dropped = {reaction.id for index, reaction in enumerate(textbook.reactions) if index not in reduced.ranks}
    assert dropped <= set(find_blocked_reactions(textbook))
    balance: dict[int, float] = {}
    for group in reduced.groups:
        index, factor = next(iter(group.factors.items()))
        flux = fluxes[index] / factor
        assert group.lowest - 1e-6 <= flux <= group.highest + 1e-6
        for member, each in group.factors.items():
            assert fluxes[member] == pytest.approx(each * flux, abs=1e-6)
        for metabolite, value in group.metabolites.items():
            balance[metabolite] = balance.get(metabolite, 0.0) + value * flux
    assert balance == pytest.approx(dict.fromkeys(balance, 0.0), abs=1e-6)
    assert len(reduced.groups) < 60
    assert len(balance) < 40
