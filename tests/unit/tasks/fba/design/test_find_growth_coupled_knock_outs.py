"""Strains are those that cobra finds when it tries every one and every pair of knock-outs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest
from cobra.flux_analysis import flux_variability_analysis

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "find_growth_coupled_knock_outs"

ANAEROBIC = {"EX_o2_e": 0}
GAIN = 0.01
FLOOR = 0.1

Strain = tuple[float, float, float]
"""Growth, least and greatest secretion."""


class Reference:
    """The core model without oxygen, strain by strain, by cobra alone."""

    def __init__(self, model: Any, kind: str, product: str) -> None:
        self.model, self.items = model, getattr(model, kind)
        self.product = model.reactions.get_by_id(product)
        self.wild_growth = model.slim_optimize()
        self.wild_type = self.strain(())

    def strain(self, ids: tuple[str, ...], fraction: float = 0.99) -> Strain | None:
        model = self.model
        with model:
            for identifier in ids:
                self.items.get_by_id(identifier).knock_out()
            growth = model.slim_optimize(error_value=-1.0)
            if growth < FLOOR * self.wild_growth:
                return None
            model.reactions.Biomass_Ecoli_core.lower_bound = growth * fraction * (1 - 1e-7)
            ends = []
            for direction in ("min", "max"):
                model.objective, model.objective_direction = self.product, direction
                ends.append(model.slim_optimize())
        return growth, ends[0], ends[1]

    def designs(self, ids: list[str]) -> dict[frozenset[str], Strain]:
        alone = {identifier: self.strain((identifier,)) for identifier in ids}
        living = {identifier: strain for identifier, strain in alone.items() if strain is not None}
        found = {frozenset((identifier,)): (strain, self.least()) for identifier, strain in living.items()}
        for pair in combinations(living, 2):
            strain = self.strain(pair)
            if strain is not None:
                found[frozenset(pair)] = (strain, max(self.least(), *(living[one][1] for one in pair)))
        return {ids: strain for ids, (strain, least) in found.items() if strain[1] >= least + GAIN}

    def least(self) -> float:
        assert self.wild_type is not None
        return self.wild_type[1]


@pytest.fixture
def anaerobic(textbook: Any) -> Iterator[Callable[[str, str], Reference]]:
    with textbook:
        textbook.reactions.EX_o2_e.lower_bound = 0
        yield lambda kind, product: Reference(textbook, kind, product)


def catalysed(model: Any) -> list[str]:
    """Reactions that need an enzyme; s0001 stands for none."""
    return [
        reaction.id
        for reaction in model.reactions
        if reaction.genes and not reaction.boundary and reaction.id not in {"H2Ot", "O2t", "CO2t", "ACALDt"}
    ]


def named(found: Any) -> dict[frozenset[str], Strain]:
    designs = found.designs
    columns = (
        designs.growth_per_h,
        designs.least_secretion_mmol_per_gdw_h,
        designs.greatest_secretion_mmol_per_gdw_h,
    )
    return dict(zip(map(frozenset, designs.knock_outs), zip(*columns, strict=True), strict=True))


@pytest.mark.parametrize(("product", "count"), [("EX_succ_e", 22), ("EX_lac__D_e", 26)])
def test_all_reactions_and_all_pairs_against_cobra(
    textbook: Any,
    call: Callable[..., Any],
    anaerobic: Callable[[str, str], Reference],
    product: str,
    count: int,
) -> None:
    found = call(NAME, textbook, product_exchange=product, medium_changes=ANAEROBIC)
    expected = anaerobic("reactions", product).designs(catalysed(textbook))
    ours = named(found)
    assert ours.keys() == expected.keys()
    assert len(ours) == count
    for ids, strain in ours.items():
        assert strain == pytest.approx(expected[ids], abs=1e-6)
    assert found.is_complete
    assert found.pairs_solved == found.pairs_to_solve < found.pairs / 5


def test_genes_against_cobra(
    textbook: Any, call: Callable[..., Any], anaerobic: Callable[[str, str], Reference]
) -> None:
    """With isozymes, of which only both together do something, and subunits, which all do the same."""
    genes = ["b0902", "b0903", "b3951", "b3952", "b2579", "b3114", "b1676", "b1854", "b0351", "b1241",
             "b1380", "b2133", "b0904", "b2492", "b4025", "b0728", "b0729", "b2935", "b2465"]  # fmt: skip
    found = call(NAME, textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC, kind="genes",
                 candidates=genes)  # fmt: skip
    expected = anaerobic("genes", "EX_succ_e").designs(genes)
    assert frozenset(("b0902", "b3951")) in expected
    assert {ids: pytest.approx(strain, abs=1e-6) for ids, strain in named(found).items()} == expected
    closed = dict(zip(found.designs.knock_outs, found.designs.closed_reactions, strict=True))
    assert closed["b0902", "b3951"] == ("PFL",)


def test_subunits_of_a_complex_are_one_target(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_succ_e", kind="genes", most_knock_outs=1,
                 min_gain_mmol_per_gdw_h=1e-6, fraction_of_optimum=0.5)  # fmt: skip
    assert found.targets == 136  # all but the gene of spontaneous reactions
    assert found.pairs == 0


def test_succinate_takes_the_electrons_of_ethanol_and_lactate(
    textbook: Any, call: Callable[..., Any]
) -> None:
    """Without the ways to ethanol and lactate, succinate is what takes up the electrons of glycolysis."""
    found = call(NAME, textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC)
    best = found.summary()["best"]
    assert set(best["reactions"]) == {"ACALD", "D_LACt2"}
    ours = named(found)
    assert ours[frozenset(("ACALD", "LDH_D"))] == pytest.approx(ours[frozenset(("ACALD", "D_LACt2"))])
    assert best["genes"] == []
    assert best["knock_outs"] == best["reactions"]
    assert best["growth_per_h"] == pytest.approx(0.110886, abs=1e-6)
    assert best["least_secretion_mmol_per_gdw_h"] == pytest.approx(9.055596, abs=1e-5)
    # Of the glucose's 60 mmol carbon, or a little less; 4 in each succinate. Some CO2 is taken up with it.
    assert best["carbon_yield_mol_c_per_mol_c"] == pytest.approx(9.055596 * 4 / 60, abs=0.09)
    assert (best["coupling"], best["coupling_strength"]) == ("strong", 1)


@pytest.mark.parametrize(
    ("knock_outs", "coupling"),
    [(("ACALD", "LDH_D"), "strong"), (("PFL", "PYK"), "holistic"), (("ALCD2x", "LDH_D"), "weak")],
)
def test_kinds_of_coupling_against_cobra(
    textbook: Any,
    call: Callable[..., Any],
    anaerobic: Callable[[str, str], Reference],
    knock_outs: tuple[str, str],
    coupling: str,
) -> None:
    found = call(NAME, textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC)
    place = found.designs.knock_outs.index(knock_outs)
    model = anaerobic("reactions", "EX_succ_e").model
    with model:
        for identifier in knock_outs:
            model.reactions.get_by_id(identifier).knock_out()
        growth = model.slim_optimize()
        model.reactions.EX_succ_e.bounds = (0, 0)
        without = model.slim_optimize()
    assert found.designs.coupling[place] == coupling
    ours = found.designs.growth_without_product_per_h[place]
    if math.isnan(without):
        assert ours is None
        without = 0.0
    else:
        assert ours == pytest.approx(without, abs=1e-6)
    assert found.designs.coupling_strength[place] == pytest.approx(1 - without / growth, abs=1e-6)


def test_at_the_optimum_itself_it_is_cobras_variability(
    textbook: Any, call: Callable[..., Any], anaerobic: Callable[[str, str], Reference]
) -> None:
    found = call(NAME, textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC,
                 fraction_of_optimum=1, candidates=["ACALD", "LDH_D"])  # fmt: skip
    model = anaerobic("reactions", "EX_succ_e").model
    with model:
        for identifier in ("ACALD", "LDH_D"):
            model.reactions.get_by_id(identifier).knock_out()
        ranges = flux_variability_analysis(model, ["EX_succ_e"], fraction_of_optimum=1, processes=1)
    [design] = named(found).values()
    assert design[1] == pytest.approx(ranges.minimum.EX_succ_e, abs=1e-4)
    assert design[2] == pytest.approx(ranges.maximum.EX_succ_e, abs=1e-4)


def test_slow_strains_are_none(textbook: Any, call: Callable[..., Any]) -> None:
    fast = call(NAME, textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC,
                min_growth_fraction_of_wild_type=0.8)  # fmt: skip
    assert min(fast.designs.growth_fraction_of_wild_type) >= 0.8
    assert {"PGK", "ENO", "ACALD"} <= set(fast.too_slow)
    assert len(fast.designs.knock_outs) < 22


def test_ranked_by_productivity(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(
        NAME, textbook, product_exchange="EX_lac__D_e", medium_changes=ANAEROBIC, rank_by="productivity"
    )
    designs = found.designs
    assert list(designs.productivity) == pytest.approx(sorted(designs.productivity, reverse=True))
    assert designs.productivity[0] == designs.growth_per_h[0] * designs.least_secretion_mmol_per_gdw_h[0]


def test_what_was_left_out_is_said(fresh_textbook: Any, call: Callable[..., Any]) -> None:
    some = call(NAME, fresh_textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC, most_pairs=40)
    assert (some.is_complete, some.pairs_solved) == (False, 40)
    assert some.pairs_to_solve > 40
    less = call(
        NAME, fresh_textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC, excluded=["LDH_D"]
    )
    assert all("LDH_D" not in ids for ids in less.designs.knock_outs)


def test_a_product_that_is_taken_up_by_an_exchange_written_backwards(
    textbook: Any, call: Callable[..., Any]
) -> None:
    plain = call(NAME, textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC)
    with textbook:
        exchange = textbook.reactions.EX_succ_e
        bounds = exchange.bounds
        exchange *= -1
        exchange.bounds = (-bounds[1], -bounds[0])
        backwards = call(NAME, textbook, product_exchange="EX_succ_e", medium_changes=ANAEROBIC)
        exchange *= -1
        exchange.bounds = bounds
    assert named(backwards).keys() == named(plain).keys()
    assert backwards.designs.least_secretion_mmol_per_gdw_h == pytest.approx(
        plain.designs.least_secretion_mmol_per_gdw_h, abs=1e-6
    )
    assert backwards.designs.coupling == plain.designs.coupling


def test_the_order_of_the_model_does_not_matter(textbook: Any, call: Callable[..., Any]) -> None:
    args = {"product_exchange": "EX_succ_e", "medium_changes": ANAEROBIC}
    shuffled = textbook.copy()
    moved = shuffled.reactions[::-1]
    shuffled.remove_reactions(moved)
    shuffled.add_reactions(moved)
    shuffled.objective = "Biomass_Ecoli_core"
    first, second = call(NAME, textbook, **args), call(NAME, shuffled, **args)
    assert second.designs.knock_outs == first.designs.knock_outs
    assert second.designs.least_secretion_mmol_per_gdw_h == pytest.approx(
        first.designs.least_secretion_mmol_per_gdw_h, abs=1e-6
    )


def test_ids_that_are_not_there(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="EX_succ_e") as raised:
        call(NAME, textbook, product_exchange="EX_suc_e")
    assert raised.value.kind is ErrorClass.MEDIUM
    for kind, nearest in (("genes", "b0720"), ("reactions", "PFL")):
        with pytest.raises(FluxError, match=nearest):
            call(NAME, textbook, product_exchange="EX_succ_e", kind=kind, candidates=[f"{nearest}0"])


def test_single_knock_outs_of_a_genome_scale_model_against_cobra(
    ijo1366: Any, call: Callable[..., Any]
) -> None:
    found = call(NAME, ijo1366, product_exchange="EX_succ_e", medium_changes=ANAEROBIC, most_knock_outs=1)
    assert found.designs.knock_outs == (("FUM",),)
    with ijo1366:
        ijo1366.reactions.EX_o2_e.lower_bound = 0
        ijo1366.reactions.FUM.knock_out()
        growth = ijo1366.slim_optimize()
        ranges = flux_variability_analysis(ijo1366, ["EX_succ_e"], fraction_of_optimum=0.99, processes=1)
    assert found.designs.growth_per_h == pytest.approx([growth], abs=1e-6)
    assert found.designs.least_secretion_mmol_per_gdw_h == pytest.approx([ranges.minimum.EX_succ_e], abs=1e-5)
    assert found.designs.greatest_secretion_mmol_per_gdw_h == pytest.approx(
        [ranges.maximum.EX_succ_e], abs=1e-5
    )
