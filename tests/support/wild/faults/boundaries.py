"""What lies outside: species at the boundary, `_b` species, exchanges that are written otherwise."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from tests.support.wild.draft import Draft
from tests.support.wild.fault import ALL, SBML, Faulty, Loaded, register_fault
from tests.support.wild.network import Network, Reaction


@register_fault(*ALL)
def draw_no_fault(_draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    return Faulty(Draft(network), Loaded(network))


@register_fault(*SBML)
def draw_boundary_condition_beside_an_exchange(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """The file's exchanges and their bounds hold."""
    names = [name for row in network.exchanges for name in row.metabolites]
    flagged = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    return Faulty(Draft(network, flagged=frozenset(flagged)), Loaded(network, is_quiet=False))


@register_fault(*SBML)
def draw_boundary_condition_without_exchange(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """The species is outside: what transports it is limited by its own bounds alone."""
    exchange = draw(st.sampled_from([row for row in network.exchanges if row.lower < 0]))
    (name,) = exchange.metabolites
    transport = f"{name.removesuffix('_e')}t"
    left = tuple(row for row in network.reactions if row.id != exchange.id)
    opened = replace(network, reactions=left).change_species(name, lambda row: replace(row, is_open=True))
    opened = opened.change_reaction(transport, lambda row: replace(row, upper=-exchange.lower))
    return Faulty(Draft(opened, flagged=frozenset({name})), Loaded(opened, is_quiet=False))


def _outside(network: Network) -> dict[str, str]:
    return {row.id: f"{row.id.removeprefix('EX_').removesuffix('_e')}_b" for row in network.exchanges}


@register_fault(*ALL)
def draw_b_species(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    """Exchanges that lead to `glc_b`, as in old files, flagged or not."""
    is_flagged = draw(st.booleans()) and form in SBML
    draft = Draft(network, outside=_outside(network), is_outside_flagged=is_flagged)
    return Faulty(draft, Loaded(network, is_quiet=False))


@register_fault(*ALL)
def draw_b_species_with_names_swapped(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    """As an old E. coli core file does with water and protons: both are still outside."""
    outside = _outside(network)
    first, second = draw(st.lists(st.sampled_from(sorted(outside)), min_size=2, max_size=2, unique=True))
    swapped = {**outside, first: outside[second], second: outside[first]}
    is_flagged = draw(st.booleans()) and form in SBML
    draft = Draft(network, outside=swapped, is_outside_flagged=is_flagged)
    return Faulty(draft, Loaded(network, warned=(outside[first], outside[second])))


@register_fault(*ALL)
def draw_exchange_with_another_coefficient(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """-2 takes up twice what its flux says; +1 and +2 take up by a positive flux."""
    exchange = draw(st.sampled_from([row for row in network.exchanges if row.lower < 0]))
    coefficient = draw(st.sampled_from([-2.0, 2.0, -0.5]))

    def scale(row: Reaction) -> Reaction:
        (name,) = row.metabolites
        if coefficient < 0:
            return replace(row, metabolites={name: coefficient})
        return replace(row, metabolites={name: coefficient}, lower=-row.upper, upper=-row.lower)

    changed = network.change_reaction(exchange.id, scale)
    return Faulty(Draft(changed), Loaded(changed, warned=(exchange.id,)))


@register_fault(*ALL)
def draw_exchange_written_as_source(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """`-> glc_e`: uptake is a positive flux."""
    exchange = draw(st.sampled_from([row for row in network.exchanges if row.lower < 0]))
    (name,) = exchange.metabolites
    changed = network.change_reaction(
        exchange.id, lambda row: replace(row, metabolites={name: 1.0}, lower=-row.upper, upper=-row.lower)
    )
    return Faulty(Draft(changed), Loaded(changed, is_quiet=False))
