"""Yields and steps of production are those that cobra finds on the same sole carbon source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cobra.flux_analysis import pfba, single_reaction_deletion

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "find_production_pathway"

CARBON = ("EX_glc__D_e", "EX_co2_e")
"""Exchanges of the core model's medium that carry carbon."""


@contextmanager
def producing(
    model: Any, substrate: str, product: str, *, uptake: float = 10.0, oxygen: float = 1000.0
) -> Iterator[Any]:
    """The core model on a sole carbon source, making a product, by cobra alone."""
    with model:
        for exchange in CARBON:
            model.reactions.get_by_id(exchange).lower_bound = 0
        model.reactions.get_by_id(substrate).lower_bound = -uptake
        model.reactions.EX_o2_e.lower_bound = -oxygen
        if product in model.metabolites:
            model.objective = model.add_boundary(model.metabolites.get_by_id(product), type="demand")
        else:
            model.objective = product
        yield model


@pytest.mark.parametrize(
    ("substrate", "product", "carbon"),
    [
        ("EX_glc__D_e", "EX_succ_e", (4, 6)),
        ("EX_glc__D_e", "EX_lac__D_e", (3, 6)),
        ("EX_ac_e", "EX_akg_e", (5, 2)),
        ("EX_fru_e", "EX_glu__L_e", (5, 6)),
        ("EX_succ_e", "oaa_c", (4, 4)),
    ],
)
def test_yields_against_cobra(
    textbook: Any, call: Callable[..., Any], substrate: str, product: str, carbon: tuple[int, int]
) -> None:
    found = call(NAME, textbook, substrate=substrate, product=product)
    with producing(textbook, substrate, product) as model:
        best = model.slim_optimize()
    assert found.verdict == "made"
    assert found.production_mmol_per_gdw_h == pytest.approx(best, rel=1e-6)
    assert found.substrate_uptake_mmol_per_gdw_h == pytest.approx(10)
    assert found.yield_mol_per_mol == pytest.approx(best / 10, rel=1e-6)
    assert found.carbon_yield_mol_c_per_mol_c == pytest.approx(best / 10 * carbon[0] / carbon[1], rel=1e-6)
    assert found.is_demand_added is (product in textbook.metabolites)


def test_anaerobic_succinate_from_glucose(textbook: Any, call: Callable[..., Any]) -> None:
    """Without CO2 the balance of electrons allows 1.2: 5 glucose make 6 succinate and 6 ethanol."""
    found = call(NAME, textbook, substrate="glc__D_e", product="EX_succ_e", medium_changes={"EX_o2_e": 0})
    assert found.yield_mol_per_mol == pytest.approx(1.2, abs=1e-6)
    assert found.carbon_yield_mol_c_per_mol_c == pytest.approx(0.8, abs=1e-6)
    with_co2 = call(NAME, textbook, substrate="glc__D_e", product="EX_succ_e", co2_uptake=True,
                    medium_changes={"EX_o2_e": 0})  # fmt: skip
    with producing(textbook, "EX_glc__D_e", "EX_succ_e", oxygen=0) as model:
        model.reactions.EX_co2_e.lower_bound = -1000
        assert with_co2.production_mmol_per_gdw_h == pytest.approx(model.slim_optimize(), rel=1e-6)
    assert with_co2.yield_mol_per_mol > 1.2


def test_steps_and_essential_steps_against_cobra(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, substrate="EX_glc__D_e", product="EX_succ_e", medium_changes={"EX_o2_e": 0})
    with producing(textbook, "EX_glc__D_e", "EX_succ_e", oxygen=0) as model:
        least = pfba(model).fluxes
        internal = [reaction.id for reaction in model.reactions if not reaction.boundary]
        without = single_reaction_deletion(model, internal, processes=1)
    growth = {next(iter(row.ids)): row.growth for row in without.itertuples()}
    essential = {name for name, value in growth.items() if not value >= 0.01 * 12}
    assert set(found.essential_steps) == essential
    total = sum(abs(flux) for flux in found.steps.flux_mmol_per_gdw_h)
    assert total == pytest.approx(sum(abs(least[name]) for name in internal), rel=1e-6)
    for name, left in zip(found.steps.reaction, found.steps.production_without_mmol_per_gdw_h, strict=True):
        assert left == pytest.approx(growth[name], abs=1e-6, nan_ok=True) if left is not None else True
        assert (left is None) is (growth[name] != growth[name])
    assert found.active_steps == len(found.steps.reaction) == found.summary()["active_steps"]


def test_growth_may_be_kept(textbook: Any, call: Callable[..., Any]) -> None:
    args = {"substrate": "EX_glc__D_e", "product": "EX_succ_e"}
    half = call(NAME, textbook, min_growth_fraction_of_optimum=0.5, **args)
    with producing(textbook, "EX_glc__D_e", "EX_succ_e") as model:
        model.objective = "Biomass_Ecoli_core"
        growth = model.slim_optimize()
        model.reactions.Biomass_Ecoli_core.lower_bound = growth / 2
        model.objective = "EX_succ_e"
        assert half.production_mmol_per_gdw_h == pytest.approx(model.slim_optimize(), rel=1e-6)
    assert half.growth_per_h == pytest.approx(growth, rel=1e-6)
    assert half.growth_at_production_per_h == pytest.approx(growth / 2, rel=1e-6)
    assert call(NAME, textbook, **args).growth_at_production_per_h == 0


def test_a_strain_makes_less(textbook: Any, call: Callable[..., Any]) -> None:
    args = {"substrate": "EX_glc__D_e", "product": "EX_lac__D_e", "medium_changes": {"EX_o2_e": 0}}
    assert call(NAME, textbook, **args).verdict == "made"
    found = call(NAME, textbook, knock_outs=["b1380", "b2133"], **args)
    assert (found.verdict, found.closed_by_knock_outs) == ("not_made", ("LDH_D",))
    assert found.production_mmol_per_gdw_h == 0


def test_what_lacks_a_nutrient_and_what_lacks_a_reaction(textbook: Any, call: Callable[..., Any]) -> None:
    """Glutamate needs ammonium; fructose has no way out of the cell."""
    nutrient = call(
        NAME, textbook, substrate="EX_glc__D_e", product="glu__L_c", medium_changes={"EX_nh4_e": 0}
    )
    assert nutrient.verdict == "not_made"
    assert nutrient.production_with_all_uptakes_mmol_per_gdw_h > 1
    reaction = call(NAME, textbook, substrate="EX_glc__D_e", product="EX_fru_e")
    assert (reaction.verdict, reaction.production_with_all_uptakes_mmol_per_gdw_h) == ("not_made", 0)


def test_a_product_that_is_not_in_the_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, substrate="EX_glc__D_e", product="succ_x")
    assert (found.verdict, found.production_reaction) == ("not_in_model", None)
    assert "succ_c" in found.nearest


def test_what_cannot_be_kept_alive_is_infeasible(textbook: Any, call: Callable[..., Any]) -> None:
    """Acetate is not enough for maintenance without oxygen."""
    found = call(NAME, textbook, substrate="EX_ac_e", product="EX_succ_e", medium_changes={"EX_o2_e": 0})
    assert (found.verdict, found.status) == ("infeasible", "infeasible")


def test_the_medium_can_be_handed_to_another_tool(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, substrate="EX_ac_e", product="EX_succ_e")
    medium = found.summary()["medium_used"]
    assert medium["EX_ac_e"] == 10
    assert not set(CARBON) & medium.keys()
    envelope = call("run_production_envelope", textbook, product_exchange="EX_succ_e", medium=medium)
    assert envelope.greatest_secretion_without_growth_mmol_per_gdw_h == pytest.approx(
        found.production_mmol_per_gdw_h, rel=1e-6
    )


def test_an_envelope_of_a_metabolite_without_an_exchange(textbook: Any, call: Callable[..., Any]) -> None:
    envelope = call("run_production_envelope", textbook, product_exchange="oaa_c", points=2)
    with textbook:
        textbook.objective = textbook.add_boundary(textbook.metabolites.oaa_c, type="demand")
        best = textbook.slim_optimize()
    assert envelope.product_exchange == "DM_oaa_c"
    assert envelope.greatest_secretion_without_growth_mmol_per_gdw_h == pytest.approx(best, rel=1e-6)
    assert "DM_oaa_c" not in textbook.reactions


def test_a_substrate_that_cannot_be_taken_up(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(
        FluxError, match=r"substrate 'EX_glc_e' is no exchange.*nearest: EX_glc__D_e"
    ) as raised:
        call(NAME, textbook, substrate="EX_glc_e", product="EX_succ_e")
    assert raised.value.kind is ErrorClass.MEDIUM


def test_a_genome_scale_model_against_cobra(ijo1366: Any, call: Callable[..., Any]) -> None:
    """Glycerol to 1,2-propanediol, and to lycopene, which E. coli does not make."""
    found = call(NAME, ijo1366, substrate="EX_glyc_e", product="EX_12ppd__R_e")
    with ijo1366:
        ijo1366.reactions.EX_glc__D_e.lower_bound = 0
        ijo1366.reactions.EX_co2_e.lower_bound = 0
        ijo1366.reactions.EX_glyc_e.lower_bound = -10
        ijo1366.objective = "EX_12ppd__R_e"
        best = ijo1366.slim_optimize()
    assert found.production_mmol_per_gdw_h == pytest.approx(best, rel=1e-6)
    assert found.carbon_yield_mol_c_per_mol_c == pytest.approx(best / 10, rel=1e-6)
    assert call(NAME, ijo1366, substrate="EX_glyc_e", product="lyco_c").verdict == "not_in_model"
