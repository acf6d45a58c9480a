"""Ids with odd characters, ids twice, ids of nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from tests.support.wild.draft import Draft
from tests.support.wild.fault import ALL, DOCUMENTS, SBML, Faulty, Loaded, Refused, register_fault
from tests.support.wild.network import Network, Reaction

_TAILS = ("(e)", "-L", "[c0]", ".1", "'", "+", "#2", "@x", ":a", "/b", "=", "µ", "é", "日")
_SBML_TAILS = ("(e)", "-L", "[c0]", ".1", "'", "+", "_DASH_x", "_LPAREN_e_RPAREN_", "__91__c__93__", "__2__")


def _rename(network: Network, before: str, after: str) -> Network:
    def rename_in(row: Reaction) -> Reaction:
        metabolites = {after if name == before else name: value for name, value in row.metabolites.items()}
        return replace(row, id=after if row.id == before else row.id, metabolites=metabolites)

    return replace(
        network,
        species=tuple(replace(row, id=after) if row.id == before else row for row in network.species),
        reactions=tuple(rename_in(row) for row in network.reactions),
    )


@register_fault(*ALL)
def draw_odd_id(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    """Growth is the same whatever a compound or a conversion is called."""
    tail = draw(st.sampled_from(_SBML_TAILS if form in SBML else _TAILS))
    inner = [row.id for row in network.species if row.compartment == "c"]
    before = draw(st.sampled_from([*inner, *(row.id for row in network.internal)]))
    changed = _rename(network, before, before + tail)
    return Faulty(Draft(changed), Loaded(changed, is_quiet=False))


@register_fault(*DOCUMENTS)
def draw_id_with_a_blank(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """No solver takes such a name."""
    before = draw(st.sampled_from([row.id for row in network.internal]))
    changed = _rename(network, before, f"{before} x")
    return Faulty(Draft(changed), Refused((f"{before} x", "blank")))


@register_fault(*ALL)
def draw_id_declared_twice(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    names = [row.id for row in network.reactions] + [row.id for row in network.species]
    if form in (*DOCUMENTS, "sbml3-fbc2", "cobra-mat"):
        names += network.genes
    name = draw(st.sampled_from(names))
    return Faulty(Draft(network, twice=frozenset({name})), Refused((name, "more than once")))


@register_fault(*DOCUMENTS, *SBML)
def draw_metabolite_not_declared(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    name = draw(st.sampled_from([row.id for row in network.species]))
    users = [row.id for row in network.reactions if name in row.metabolites]
    return Faulty(Draft(network, undeclared=frozenset({name})), Refused((name, users[0])))
