"""Growth is the flux of the biomass reaction; the objective of a file is optimised and reported as it is.

The network is the one of the small files: A (at most 10) and O (at most 20) make 2 B; 10 B and A make growth.
By hand the best growth is 10 / 6 1/h, and growth 1 takes 6 A.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra import Metabolite, Model, Reaction

from fluxagents.flows.errors import ErrorClass, FluxError

BEST = pytest.approx(10 / 6, rel=1e-9)

REACTIONS: dict[str, tuple[dict[str, float], float]] = {
    "EX_A_e": ({"A_e": -1}, -10),
    "EX_B_e": ({"B_e": -1}, 0),
    "EX_O_e": ({"O_e": -1}, -20),
    "tA": ({"A_e": -1, "A_c": 1}, 0),
    "tO": ({"O_e": -1, "O_c": 1}, 0),
    "rAB": ({"A_c": -1, "O_c": -1, "B_c": 2}, 0),
    "tB": ({"B_c": -1, "B_e": 1}, 0),
    "growth": ({"B_c": -10, "A_c": -1}, 0),
}


@pytest.fixture
def mini() -> Model:
    model = Model("mini")
    for name, (metabolites, lowest) in REACTIONS.items():
        reaction = Reaction(name, name, lower_bound=lowest, upper_bound=1000)
        model.add_reactions([reaction])
        reaction.add_metabolites(
            {Metabolite(m, compartment=m[-1]): value for m, value in metabolites.items()}
        )
    model.reactions.rAB.gene_reaction_rule = "g1 and g2 or g3"
    model.reactions.tA.gene_reaction_rule = "g1"
    return model


def aim(model: Model, coefficients: dict[str, float], direction: str = "max") -> None:
    model.objective = {model.reactions.get_by_id(name): value for name, value in coefficients.items()}
    model.objective_direction = direction


Case = tuple[dict[str, float], str, str, float, float, str]
"""Coefficients, sense, text, value and growth by hand, evidence of growth."""

OBJECTIVES: list[Case] = [
    ({"growth": 1.0}, "max", "growth", 10 / 6, 10 / 6, "objective"),
    ({"growth": 2.0}, "max", "2 growth", 20 / 6, 10 / 6, "objective"),
    ({"growth": -1.0}, "min", "-1 growth", -10 / 6, 10 / 6, "objective"),
    ({"EX_A_e": -1.0}, "max", "-1 EX_A_e", 10.0, 10 / 6, "name"),
    ({"EX_A_e": 1.0}, "min", "EX_A_e", -10.0, 10 / 6, "name"),
    ({"EX_B_e": 1.0, "growth": 1.0}, "max", "EX_B_e + growth", 20.0, 0.0, "objective"),
    ({"EX_O_e": -1.0}, "max", "-1 EX_O_e", 10.0, 0.0, "name"),
    ({"EX_O_e": -1.0}, "min", "-1 EX_O_e", 0.0, 0.0, "name"),
]


@pytest.mark.parametrize("case", OBJECTIVES)
@pytest.mark.parametrize("method", ["pfba", "fba", "loopless", "geometric"])
def test_fba_optimises_the_objective_and_reports_growth_beside_it(
    call: Callable[..., Any], mini: Model, case: Case, method: str
) -> None:
    coefficients, direction, text, value, growth, found_by = case
    aim(mini, coefficients, direction)
    found = call("run_metabolic_fba", mini, method=method)
    assert (found.objective, found.objective_direction) == (text, direction)
    assert found.objective_value == pytest.approx(value, abs=1e-9)
    assert found.growth_per_h == pytest.approx(growth, abs=1e-9)
    assert (found.biomass_reaction, found.biomass_found_by) == ("growth", found_by)
    fluxes = dict(zip(found.fluxes.reaction, found.fluxes.flux_mmol_per_gdw_h, strict=True))
    assert fluxes["growth"] == pytest.approx(growth, abs=1e-6)
    assert sum(c * fluxes[name] for name, c in coefficients.items()) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("coefficients", "direction", "status"),
    [
        ({"EX_B_e": 1.0, "growth": 1.0}, "max", "optimal"),
        ({"EX_O_e": -1.0}, "min", "zero_growth"),
        ({"tO": 1.0}, "min", "zero_growth"),
        ({}, "max", "no_objective"),
    ],
)
def test_the_status_is_zero_growth_only_where_the_objective_is_zero_too(
    call: Callable[..., Any], mini: Model, coefficients: dict[str, float], direction: str, status: str
) -> None:
    aim(mini, coefficients, direction)
    assert call("run_metabolic_fba", mini).status == status


def test_an_objective_of_zero_with_growth_is_optimal(call: Callable[..., Any], mini: Model) -> None:
    aim(mini, {"EX_B_e": 1.0}, "min")
    found = call("run_metabolic_fba", mini)
    assert (found.status, found.objective_value, found.growth_per_h) == ("optimal", 0.0, BEST)


def test_the_display_shows_the_objective_only_where_it_is_not_growth(
    call: Callable[..., Any], mini: Model
) -> None:
    aim(mini, {"growth": 1.0})
    plain = call("run_metabolic_fba", mini).key_findings()
    assert not plain.keys() & {"objective_value", "biomass_reaction", "biomass_found_by", "growth_problem"}
    aim(mini, {"EX_A_e": 1.0}, "min")
    shown = call("run_metabolic_fba", mini).key_findings()
    assert shown["objective"] == "EX_A_e"
    assert shown["objective_direction"] == "min"
    assert shown["objective_value"] == -10.0
    assert (shown["biomass_reaction"], shown["biomass_found_by"]) == ("growth", "name")


@pytest.mark.parametrize(("coefficients", "direction"), [(o[0], o[1]) for o in OBJECTIVES])
def test_analyses_rest_on_growth_whatever_the_objective(
    call: Callable[..., Any], mini: Model, coefficients: dict[str, float], direction: str
) -> None:
    aim(mini, coefficients, direction)
    medium = call("find_minimal_media", mini, min_growth_per_h=1.0).media[0]
    assert medium.uptakes_mmol_per_gdw_h["EX_A_e"] == pytest.approx(6.0)
    assert medium.best_growth_per_h == BEST
    essential = call("analyze_essentiality", mini)
    assert essential.growth_per_h == BEST
    assert essential.essential_genes == ("g1",)
    envelope = call("run_production_envelope", mini, product_exchange="EX_B_e", points=3)
    assert envelope.envelope.growth_per_h[-1] == BEST
    assert envelope.greatest_secretion_without_growth_mmol_per_gdw_h == pytest.approx(20 * 10 / 10)
    change = call("set_bounds", mini, bounds={"EX_A_e": {"lower_mmol_per_gdw_h": -6}})
    assert (change.growth_before_per_h, change.growth_per_h) == (BEST, pytest.approx(1.0))


def test_the_user_names_the_biomass_reaction(call: Callable[..., Any], mini: Model) -> None:
    aim(mini, {"growth": 1.0})
    found = call("run_metabolic_fba", mini, biomass="tB")
    assert (found.objective, found.objective_value, found.growth_per_h) == ("growth", BEST, 0.0)
    assert found.biomass_found_by == "user"
    assert call("analyze_essentiality", mini, biomass="tB").growth_per_h == pytest.approx(20.0)
    with pytest.raises(FluxError, match="reaction 'grwth' is not in model 'mini'") as raised:
        call("analyze_essentiality", mini, biomass="grwth")
    assert raised.value.kind is ErrorClass.UNKNOWN_ID
    assert "growth" in " ".join(raised.value.suggestions)


def test_a_model_without_an_objective_grows_when_the_user_says_what_growth_is(
    call: Callable[..., Any], mini: Model
) -> None:
    aim(mini, {})
    found = call("run_metabolic_fba", mini)
    assert (found.status, found.growth_per_h, found.biomass_reaction) == ("no_objective", None, "growth")
    assert call("run_metabolic_fba", mini, biomass="growth").growth_per_h == BEST


def test_a_model_whose_growth_is_not_known_says_so(call: Callable[..., Any], mini: Model) -> None:
    mini.reactions.growth.name = "R8"
    mini.reactions.growth.id = "R8"
    aim(mini, {"EX_B_e": 1.0})
    found = call("run_metabolic_fba", mini)
    assert (found.status, found.objective_value, found.growth_per_h) == ("optimal", pytest.approx(20.0), None)
    assert "'biomass'" in found.key_findings()["growth_problem"]
    ranges = call("run_flux_variability_analysis", mini, reactions=["EX_B_e"])
    assert (ranges.growth_per_h, ranges.objective) == (None, "EX_B_e")
    assert ranges.ranges.minimum_mmol_per_gdw_h == (pytest.approx(18.0),)
    changed = call("knock_out", mini, reactions=["rAB"])
    assert (changed.growth_before_per_h, changed.growth_per_h) == (None, None)
    assert "'biomass'" in changed.key_findings()["growth_problem"]


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("analyze_essentiality", {}),
        ("run_gene_deletion_analysis", {}),
        ("find_minimal_media", {}),
        ("check_missing_media", {}),
        ("run_production_envelope", {"product_exchange": "EX_B_e"}),
        ("find_growth_coupled_knock_outs", {"product_exchange": "EX_B_e"}),
        ("identify_auxotrophies", {}),
    ],
)
def test_what_cannot_work_without_growth_asks_for_it(
    call: Callable[..., Any], mini: Model, tool: str, args: dict[str, Any]
) -> None:
    aim(mini, {"EX_B_e": 1.0})
    for number, copy in enumerate(("growth_2", "growth")):
        if copy not in mini.reactions:
            other = mini.reactions.growth.copy()
            other.id = other.name = copy
            mini.add_reactions([other])
        mini.reactions.get_by_id(copy).name = f"growth {number}"
    with pytest.raises(FluxError, match=r"several reactions may be biomass \(growth, growth_2\)") as raised:
        call(tool, mini, **args)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert raised.value.suggestions == ("biomass=growth", "biomass=growth_2")
    assert call(tool, mini, **args, biomass="growth").growth_per_h == BEST
    assert call(tool, mini, **args, objective="tB").growth_per_h is None


def test_the_model_is_as_it_was(call: Callable[..., Any], mini: Model) -> None:
    aim(mini, {"EX_A_e": 1.0}, "min")
    before = str(mini.objective)
    for tool in ("run_metabolic_fba", "analyze_essentiality"):
        call(tool, mini)
        assert (str(mini.objective), mini.objective_direction) == (before, "min")
