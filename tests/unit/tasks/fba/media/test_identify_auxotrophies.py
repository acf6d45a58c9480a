"""Knock-outs of known biosynthesis genes are auxotrophs for what textbooks say, and cobra agrees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.media.library.compound_index import index_exchanges
from fluxagents.tasks.fba.media.library.compounds import compounds_in

IDENTIFY = "identify_auxotrophies"
PREDICT = "predict_auxotrophies"
Call = Callable[..., Any]

AMINO_ACIDS = ["amino acids"]


def with_cobra(model: Any, left_out: str | None) -> float:
    """Growth with all amino acids at 1 mmol/gDW/h but one, by cobra alone; 0 where it is infeasible."""
    index = index_exchanges(model)
    found = (index.find(compound) for compound in compounds_in("amino acids"))
    offered = {match.id: 1.0 for match in found if match is not None and match.id != left_out}
    with model:
        model.medium = {**model.medium, **offered}
        return float(model.slim_optimize(error_value=0.0))


def test_a_wild_type_makes_everything(ijo1366: Any, call: Call) -> None:
    found = call(IDENTIFY, ijo1366, compound_classes=AMINO_ACIDS)
    assert found.is_prototroph
    assert found.auxotrophies == ()
    assert found.supplements is None
    assert len(found.nutrients) == 20
    assert found.growth_without_any_per_h == pytest.approx(0.9823718127, rel=1e-6)
    assert found.growth_with_all_per_h == pytest.approx(with_cobra(ijo1366, None), rel=1e-6)


@pytest.mark.parametrize(
    ("gene", "compound", "exchange"),
    [
        ("b2818", "l-arginine", "EX_arg__L_e"),  # argA
        ("b2022", "l-histidine", "EX_his__L_e"),  # hisB
    ],
)
def test_a_knock_out_needs_its_amino_acid(
    ijo1366: Any, call: Call, gene: str, compound: str, exchange: str
) -> None:
    with ijo1366:
        ijo1366.genes.get_by_id(gene).knock_out()
        found = call(IDENTIFY, ijo1366, compound_classes=AMINO_ACIDS)
        reference = {row.exchange: with_cobra(ijo1366, row.exchange) for row in found.nutrients}
    assert found.status == "zero_growth"
    assert found.is_prototroph is False
    assert found.auxotrophies == (compound,)
    assert [row.compound for row in found.nutrients if row.restores_growth] == [compound]
    assert [one.exchanges for one in found.supplements.sets] == [(exchange,)]
    for row in found.nutrients:
        assert (row.growth_without_per_h or 0.0) == pytest.approx(reference[row.exchange], rel=1e-6, abs=1e-6)


def test_two_amino_acids_are_needed_together(ijo1366: Any, call: Call) -> None:
    """Without ilvD there is neither isoleucine nor valine, and neither alone helps."""
    with ijo1366:
        ijo1366.genes.b3771.knock_out()
        found = call(IDENTIFY, ijo1366, compound_classes=AMINO_ACIDS)
        predicted = call(PREDICT, ijo1366, compound_classes=AMINO_ACIDS)
    assert set(found.auxotrophies) == {"l-isoleucine", "l-valine"}
    assert not any(row.restores_growth for row in found.nutrients)
    (one,) = found.supplements.sets
    assert set(one.exchanges) == {"EX_ile__L_e", "EX_val__L_e"}
    assert set(predicted.auxotrophies) == {"l-isoleucine", "l-leucine", "l-valine"}


def test_one_of_two_nutrients_is_an_auxotrophy_for_neither(textbook: Any, call: Call) -> None:
    """Without ammonium either glutamine or glutamate serves; both are told."""
    found = call(IDENTIFY, textbook, medium_changes={"EX_nh4_e": 0})
    assert found.auxotrophies == ()
    assert found.is_prototroph is False
    assert {row.compound for row in found.nutrients if row.restores_growth} == {"l-glutamine", "l-glutamate"}
    assert {one.exchanges for one in found.supplements.sets} == {("EX_gln__L_e",), ("EX_glu__L_e",)}
    assert "l-histidine" in found.not_exchanged


def test_a_vitamin_that_cannot_be_made_is_predicted(ijo1366: Any, call: Call) -> None:
    with ijo1366:
        ijo1366.genes.b0774.knock_out()  # bioB
        found = call(PREDICT, ijo1366, compound_classes=["vitamins"])
    assert found.auxotrophies == ("biotin",)
    assert "thiamine" in found.not_made
    (biotin,) = (row for row in found.metabolites if row.compound == "biotin")
    assert (biotin.metabolite, biotin.exchange, biotin.is_made) == ("btn_c", "EX_btn_e", False)
    assert biotin.most_production_mmol_per_gdw_h == pytest.approx(0.0, abs=1e-6)


def test_production_equals_that_of_a_demand_in_cobra(textbook: Any, call: Call) -> None:
    found = call(PREDICT, textbook)
    assert found.auxotrophies == ()
    for row in found.metabolites:
        with textbook:
            demand = textbook.add_boundary(textbook.metabolites.get_by_id(row.metabolite), type="demand")
            textbook.objective = demand
            assert row.most_production_mmol_per_gdw_h == pytest.approx(textbook.slim_optimize(), rel=1e-6)
    assert {row.metabolite for row in found.metabolites} == {"gln__L_c", "glu__L_c"}


def test_a_model_that_cannot_live_is_no_auxotroph(textbook: Any, call: Call) -> None:
    with textbook:
        textbook.reactions.ATPM.bounds = (9_000, 9_000)
        identified, predicted = call(IDENTIFY, textbook), call(PREDICT, textbook)
    assert identified.is_prototroph is None
    assert identified.nutrients == ()
    assert predicted.auxotrophies == ()
    assert {row.is_made for row in predicted.metabolites} == {None}


def test_an_unknown_class_is_an_error(textbook: Any, call: Call) -> None:
    with pytest.raises(FluxError, match="'lipids' is no class of compounds"):
        call(IDENTIFY, textbook, compound_classes=["lipids"])
