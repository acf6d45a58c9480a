"""Objectives that are not simply growth: growth is still the flux of the biomass reaction."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from tests.support.wild.draft import Draft
from tests.support.wild.fault import ALL, FBC, Faulty, Loaded, register_fault
from tests.support.wild.network import Network

_WITH_SENSE = (*FBC, "json", "yaml", "raven-yaml", "cobra-mat")


def _loads(network: Network) -> Faulty:
    return Faulty(Draft(network), Loaded(network, is_quiet=False))


@register_fault(*ALL)
def draw_objective_scaled(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    coefficient = draw(st.sampled_from([2.0, 0.5, 7.0, 100.0]))
    return _loads(replace(network, objective={network.biomass: coefficient}))


@register_fault(*_WITH_SENSE)
def draw_objective_negated_and_minimised(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    coefficient = -draw(st.sampled_from([1.0, 2.0]))
    return _loads(replace(network, objective={network.biomass: coefficient}, sense="min"))


@register_fault(*_WITH_SENSE)
def draw_objective_minimises_an_exchange(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """The most uptake, since that is a negative flux."""
    exchange = draw(st.sampled_from([row.id for row in network.exchanges]))
    return _loads(replace(network, objective={exchange: 1.0}, sense="min"))


@register_fault(*ALL)
def draw_objective_with_a_negative_coefficient(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    exchange = draw(st.sampled_from([row.id for row in network.exchanges]))
    return _loads(replace(network, objective={exchange: -1.0}))


@register_fault(*ALL)
def draw_objective_of_two_reactions(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    other = draw(st.sampled_from([row.id for row in network.reactions if row.id != network.biomass]))
    coefficients = {
        network.biomass: draw(st.sampled_from([1.0, 3.0])),
        other: draw(st.sampled_from([1.0, -1.0])),
    }
    return _loads(replace(network, objective=coefficients))


@register_fault(*FBC)
def draw_second_objective(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """The active one counts, and the other is told of."""
    idle = {draw(st.sampled_from([row.id for row in network.exchanges])): 1.0}
    return Faulty(Draft(network, idle_objective=idle), Loaded(network, warned=("obj",)))
