"""Networks at random that grow: sources, a web of conversions, a by-product, biomass."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.support.wild.network import USUAL_BOUND, Network, Reaction, Rule, Species

GENES = ("b0001", "b0002", "b0003", "YAL038W", "g5")

_COMPOUNDS = ("glc", "o2", "nh4", "pyr", "accoa", "ac", "etoh", "succ")
_SUBSYSTEMS = ("Glycolysis", "Transport, extracellular", "Citric acid cycle", "Lipid & cell wall")
_FORMULAS = ("C6H12O6", "O2", "H4N", "C3H3O3", "X")
_COEFFICIENTS = st.sampled_from([1.0, 2.0, 3.0, 0.5])
_UPTAKES = st.sampled_from([1.0, 5.0, 10.0, 18.5, 20.0])

RULES: st.SearchStrategy[Rule] = st.recursive(
    st.sampled_from(GENES),
    lambda inner: st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    max_leaves=5,
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A network of 2 or 3 sources in which all fluxes may be 0 and growth is above 0."""
    sources = _COMPOUNDS[: draw(st.integers(2, 3))]
    products = _COMPOUNDS[3 : 3 + draw(st.integers(2, 4))]
    reactions = [Reaction(f"EX_{name}_e", {f"{name}_e": -1.0}, -draw(_UPTAKES)) for name in sources]
    for name in sources:
        lower = draw(st.sampled_from([0.0, -USUAL_BOUND]))
        moved = {f"{name}_e": -1.0, f"{name}_c": 1.0}
        reactions.append(Reaction(f"{name}t", moved, lower, rule=draw(st.none() | RULES)))
    made = [f"{name}_c" for name in sources]
    for number, name in enumerate(products):
        used = draw(st.lists(st.sampled_from(made), min_size=1, max_size=2, unique=True))
        web = {compound: -draw(_COEFFICIENTS) for compound in used}
        web[f"{name}_c"] = draw(_COEFFICIENTS)
        subsystem = draw(st.sampled_from(_SUBSYSTEMS))
        rule = draw(RULES) if number == 0 else draw(st.none() | RULES)
        reactions.append(Reaction(f"R{number}", web, rule=rule, subsystem=subsystem))
        made.append(f"{name}_c")
    leaving = products[-1]
    reactions += [
        Reaction(f"{leaving}t", {f"{leaving}_c": -1.0, f"{leaving}_e": 1.0}, subsystem="Transport"),
        Reaction(f"EX_{leaving}_e", {f"{leaving}_e": -1.0}),
    ]
    used = draw(st.lists(st.sampled_from(made), min_size=2, max_size=3, unique=True))
    biomass = draw(st.sampled_from(["BIOMASS_core", "growth"]))
    needs = {name: -draw(st.sampled_from([1.0, 2.0, 5.0, 10.0])) for name in used}
    reactions.append(Reaction(biomass, needs))
    names = [*made, *(f"{name}_e" for name in (*sources, leaving))]
    formulas, charges = st.sampled_from(_FORMULAS), st.integers(-3, 3)
    species = tuple(Species(name, name[-1], draw(formulas), draw(charges)) for name in names)
    return Network(species, tuple(reactions), biomass, {biomass: 1.0})
