"""Communities of two members of E. coli core against analytic growth and an independent linear program."""

from __future__ import annotations

import gc
from typing import Any

import cobra
import optlang
import pandas as pd
import pytest
import swiglpk
from tests.support.recorded_run import record

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.communities.community_members import parse_members
from fluxagents.tasks.fba.communities.cross_feeding import share_out
from fluxagents.tasks.fba.solving.optlang_program import free_programs
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import tool_named

pytest.importorskip("micom")

PER_GLUCOSE = 0.0916647464
"""Growth (1/h) that one more mmol/gDW/h of glucose gives E. coli core."""

ALONE = 0.8739215069684
"""Growth on 10 of glucose."""

EMPTY_PROGRAM_BLOCKS = 10
"""A model begins as an empty program of GLPK; one of E. coli core has 22."""

FIRST, SECOND = 0.7, 0.3
MEMBERS = {"models": ["e_coli_core", "e_coli_core"], "abundances": [7, 3]}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """A store with E. coli core, and the same without the uptake of glucose."""
    folder = tmp_path_factory.mktemp("store")
    found = record(str(folder))[1]
    model = cobra.io.load_model("textbook")
    model.reactions.GLCpts.bounds = (0, 0)
    cobra.io.save_json_model(model, str(folder / "no_glucose.json"))
    found.models.add(folder / "no_glucose.json")
    for compound in model.exchanges:
        (metabolite,) = compound.metabolites
        metabolite.id = f"cpd_{metabolite.id}"
        compound.id = f"EX_{metabolite.id}"
    cobra.io.save_json_model(model, str(folder / "odd.json"))
    found.models.add(folder / "odd.json")
    return found


def run(name: str, sources: Sources, **args: Any) -> Any:
    tool = tool_named(name)
    return tool.carry_out(None, tool.parse(args), sources)


def test_growth_in_the_trade_off_is_the_analytic_one(sources: Sources) -> None:
    """Growth is linear in glucose: least squares on the line of equal community growth."""
    found = run("analyze_community", sources, **MEMBERS)
    assert found.community_growth_per_h == pytest.approx(ALONE, rel=1e-6)
    assert found.abundance_sum == 10
    assert [row.abundance_fraction for row in found.members] == pytest.approx([FIRST, SECOND])
    squares = FIRST**2 + SECOND**2
    for point in found.trade_off:
        part = FIRST if point.member == "e_coli_core" else SECOND
        expected = part / squares * point.fraction_of_best * ALONE
        assert point.growth_per_h == pytest.approx(expected, abs=1e-4)


def test_what_is_given_and_taken_balances(sources: Sources) -> None:
    found = run(
        "analyze_community",
        sources,
        models=["e_coli_core", "no_glucose"],
        medium_changes={"EX_o2_e": 15},
        fraction=0.9,
    )
    rows = found.tables()["transfers"]
    glucose = rows[rows["exchange"] == "EX_glc__D_e"]
    assert set(glucose["taker"]) == {"e_coli_core"}
    assert glucose["amount_mmol_per_gdw_h"].sum() <= 10 + 1e-6
    carbon = found.between_members
    assert {row.taker for row in carbon} >= {"no_glucose"}, "it lives on what the other secretes"
    oxygen = rows[(rows["exchange"] == "EX_o2_e") & (rows["giver"] == "medium")]
    assert oxygen["amount_mmol_per_gdw_h"].sum() == pytest.approx(15, rel=1e-5)
    assert found.growth_at_fraction_per_h["no_glucose"] > 0.1


def test_without_a_member_the_other_takes_its_glucose(sources: Sources) -> None:
    found = run("knock_out_community_members", sources, **MEMBERS)
    threshold = PER_GLUCOSE * 10 - ALONE
    after = {row.member: row.growth_after_per_h for row in found.rows}
    assert after["e_coli_core"] == pytest.approx(PER_GLUCOSE * 10 / FIRST - threshold, abs=1e-4)
    assert after["e_coli_core (2)"] == pytest.approx(PER_GLUCOSE * 10 / SECOND - threshold, abs=1e-4)


def test_a_member_that_lives_on_another_cannot_live_without_it(sources: Sources) -> None:
    found = run("knock_out_community_members", sources, models=["e_coli_core", "no_glucose"])
    assert found.community_growth_without_per_h["e_coli_core"] is None
    (row,) = [row for row in found.rows if row.without == "e_coli_core"]
    assert (row.status, row.growth_after_per_h) == ("infeasible", None)
    assert found.community_growth_without_per_h["no_glucose"] > found.community_growth_per_h


def test_the_smallest_medium_is_that_of_one_cell(sources: Sources) -> None:
    """Glucose, ammonium, phosphate and oxygen; no acceptor but oxygen where nothing may be wasted."""
    found = run("find_community_medium", sources, **MEMBERS, smallest="least_uptake")
    assert {row.exchange for row in found.components} <= {
        "EX_glc__D_e", "EX_nh4_e", "EX_pi_e", "EX_o2_e", "EX_h2o_e", "EX_h_e", "EX_co2_e",
    }  # fmt: skip
    assert {"EX_glc__D_e", "EX_nh4_e", "EX_pi_e"} <= {row.exchange for row in found.components}
    assert found.verified_growth_per_h >= 0.5 * ALONE * 0.999


@pytest.mark.long
@pytest.mark.parametrize("smallest", ["fewest_components", "least_uptake"])
def test_the_smallest_medium_holds_what_is_needed_in_traces(sources: Sources, smallest: str) -> None:
    """Biomass of iJO1366 takes 2.5e-5 mmol of cobalt per gDW."""
    sources.models.add_named("iJO1366")
    members = {"models": ["e_coli_core", "iJO1366"], "abundances": [7, 3]}
    found = run("find_community_medium", sources, **members, smallest=smallest)
    uptakes = {row.exchange: row.uptake_mmol_per_gdw_h for row in found.components}
    grown = 0.3 * found.required_growth_per_h["iJO1366"]
    assert uptakes["EX_cobalt2_e"] == pytest.approx(2.5e-5 * grown, rel=1e-3)
    assert found.verified_growth_per_h >= 0.5 * found.community_growth_per_h / 1.001
    assert len(uptakes) < 25, "of the 25 compounds of the whole medium"


def test_communities_are_freed(sources: Sources) -> None:
    """Members are read into programs of GLPK, which optlang keeps; symengine keeps all variables."""

    def count() -> tuple[int, int]:
        free_programs()
        variables = sum(issubclass(type(one), optlang.interface.Variable) for one in gc.get_objects())
        return variables, glpk_blocks()

    run("find_community_medium", sources, **MEMBERS, smallest="least_uptake")
    variables, blocks = count()
    run("find_community_medium", sources, **MEMBERS, smallest="least_uptake")
    after, blocks_after = count()
    assert after == variables
    assert blocks_after - blocks < EMPTY_PROGRAM_BLOCKS


def glpk_blocks() -> int:
    """How many blocks of memory GLPK has."""
    blocks = swiglpk.intArray(1)
    swiglpk.glp_mem_usage(blocks, None, None, None)
    return int(blocks[0])


def test_members_that_cannot_all_live_are_an_outcome(sources: Sources) -> None:
    found = run("analyze_community", sources, **MEMBERS, medium={"EX_nh4_e": 10})
    assert (found.status, found.community_growth_per_h, found.trade_off) == ("infeasible", None, ())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"models": ["e_coli_core", "odd"]}, "shares no compound"),
        ({**MEMBERS, "abundances": [0, 0]}, "sum to 0"),
        ({**MEMBERS, "medium_changes": {"EX_glc__D_f": 1}}, "in no member"),
        ({**MEMBERS, "abundances": [1]}, "2 models and 1 abundances"),
        ({"models": ["e_coli_cor"]}, "e_coli_cor"),
    ],
)
def test_what_does_not_fit_is_named(sources: Sources, args: dict[str, Any], message: str) -> None:
    with pytest.raises(FluxError, match=message):
        run("analyze_community", sources, **args)


def test_a_table_is_read_by_its_columns() -> None:
    table = pd.DataFrame({"Model": ["a", "", "b"], "note": [1, 2, 3], "abundance": ["2", "x", 0]})
    assert list(parse_members(table)) == [("a", 2.0), ("b", 0.0)]
    with pytest.raises(FluxError, match="'abundance' = -1") as raised:
        list(parse_members(pd.DataFrame({"model": ["a"], "abundance": [-1]})))
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    with pytest.raises(FluxError, match="no column 'abundance'"):
        list(parse_members(pd.DataFrame({"model": ["a"]})))


def test_amounts_are_shared_out_in_proportion() -> None:
    rows = list(share_out("EX_ac_e", "Acetate", {"a": 3.0, "b": 1.0, "c": -2.0}, 1e-9))
    amounts = {(row.giver, row.taker): row.amount_mmol_per_gdw_h for row in rows}
    assert amounts == pytest.approx(
        {("a", "c"): 1.5, ("a", "medium"): 1.5, ("b", "c"): 0.5, ("b", "medium"): 0.5}
    )
