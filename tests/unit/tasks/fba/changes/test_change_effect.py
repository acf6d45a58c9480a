"""What a human is shown before a change equals what cobra alone finds after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cobra.flux_analysis import pfba, single_gene_deletion

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes import growth_change
from fluxagents.tasks.fba.changes.change_effect import ChangeEffect, compute_effect
from fluxagents.tasks.fba.changes.effect_map import draw_effect_map
from fluxagents.tasks.fba.changes.gapfill_model import Universal, find_evidence
from fluxagents.tasks.registry import tool_named

Preview = Callable[..., ChangeEffect]


@pytest.fixture
def preview(textbook: Any) -> Preview:
    """The effect of a tool on the core model."""

    def run(name: str, **args: Any) -> ChangeEffect:
        tool = tool_named(name)
        assert tool.change is not None
        change, parsed = tool.change, tool.parse(args)
        return compute_effect(textbook, lambda model: change(model, parsed))

    return run


def cobra_essential(model: Any) -> set[str]:
    """Genes whose loss leaves less than a hundredth of growth, by cobra's own deletions."""
    whole = model.slim_optimize()
    table = single_gene_deletion(model, processes=1)
    lost = table[~(table.growth >= 0.01 * whole)]
    return {next(iter(ids)) for ids in lost.ids}


@pytest.mark.parametrize(
    ("name", "args", "change"),
    [
        ("knock_out", {"genes": ["b4025"]}, lambda model: model.genes.b4025.knock_out()),
        (
            "set_bounds",
            {"bounds": {"EX_o2_e": {"lower_mmol_per_gdw_h": 0}}},
            lambda model: setattr(model.reactions.EX_o2_e, "lower_bound", 0),
        ),
        (
            "apply_medium",
            {"medium_changes": {"EX_glc__D_e": 0, "EX_ac_e": 20}},
            lambda model: setattr(model, "medium", {**model.medium, "EX_glc__D_e": 0, "EX_ac_e": 20}),
        ),
    ],
)
def test_numbers_are_those_of_cobra_after_the_change(
    preview: Preview, textbook: Any, name: str, args: dict[str, Any], change: Callable[[Any], None]
) -> None:
    effect = preview(name, **args)
    essential_before = cobra_essential(textbook)
    fluxes_before = pfba(textbook).fluxes
    with textbook:
        change(textbook)
        growth, fluxes, essential = textbook.slim_optimize(), pfba(textbook).fluxes, cobra_essential(textbook)
    assert effect.growth_before_per_h == pytest.approx(686440 / 785471)
    assert effect.growth_after_per_h == pytest.approx(growth, rel=1e-6)
    assert effect.essential_genes is not None
    assert {row.gene for row in effect.essential_genes if row.is_essential_before} == essential_before
    assert {row.gene for row in effect.essential_genes if row.is_essential_after} == essential
    assert {row.reaction: row.before_mmol_per_gdw_h for row in effect.fluxes} == pytest.approx(
        fluxes_before.to_dict(), abs=1e-5
    )
    assert {row.reaction: row.after_mmol_per_gdw_h for row in effect.fluxes} == pytest.approx(
        fluxes.to_dict(), abs=1e-5
    )
    assert effect.unknown == ()


def test_published_values(preview: Preview) -> None:
    """The mutant without PGI, and the core model without oxygen."""
    mutant = preview("knock_out", genes=["b4025"]).shorten()
    assert mutant.growth is not None
    assert mutant.growth.after_per_h == pytest.approx(0.8631595522, rel=1e-6)
    without_oxygen = preview("set_bounds", bounds={"EX_o2_e": {"lower_mmol_per_gdw_h": 0}}).shorten()
    fluxes = {flux.reaction: flux.after_mmol_per_gdw_h for flux in without_oxygen.fluxes}
    assert fluxes["EX_for_e"] == pytest.approx(17.804674)
    assert fluxes["EX_ac_e"] == pytest.approx(8.503585)
    assert without_oxygen.lines[0] == "growth, 1/h: 0.8739 → 0.2117 (-75.8 %)"


def test_a_lethal_change_says_what_is_not_there(preview: Preview) -> None:
    effect = preview("knock_out", genes=["b0720"]).shorten()
    assert effect.growth is not None
    assert (effect.growth.status_after, effect.growth.after_per_h) == ("zero_growth", 0.0)
    assert (effect.essential_genes, effect.fluxes, effect.fluxes_changed) == (None, (), None)
    assert effect.unknown == (
        "fluxes and essential genes after the change: there is no growth to compute them for",
    )
    assert [(row.what, row.before, row.after) for row in effect.differences] == [
        ("upper bound of CS, mmol/gDW/h", "1000", "0"),
        ("gene b0720", "functional", "knocked out"),
    ]


def test_reactions_that_are_added_come_with_their_evidence(preview: Preview) -> None:
    effect = preview("add_reactions", **tool_named("add_reactions").example).shorten()
    rows = {row.what: row for row in effect.differences}
    assert rows["reaction XYLT"].evidence == "genes b4032, balanced"
    assert rows["reaction LDH_export"].after == "lac__D_c --> lac__D_e, 0 to 1000 mmol/gDW/h"
    assert "gene b4032" in rows
    assert "metabolite xyl_c" in rows


def test_gap_filling_says_where_its_reactions_come_from(textbook: Any) -> None:
    evidence = find_evidence(("PFK", "FUMt2_2"), Universal("another model", textbook))
    assert evidence["PFK"] == "in model 'another model' with the genes b3916 or b1723"
    assert evidence["FUMt2_2"] == "in model 'another model' with the genes b3528"


def test_what_there_is_no_time_for_is_said_and_the_rest_is_there(textbook: Any) -> None:
    tool = tool_named("knock_out")
    args = tool.parse({"genes": ["b4025"]})
    looks: Iterator[bool] = iter([True, *[True] * 20, *[False] * 1_000])
    assert tool.change is not None
    change = tool.change
    effect = compute_effect(textbook, lambda model: change(model, args), has_time=lambda: next(looks))
    assert effect.growth_after_per_h == pytest.approx(0.8631595522, rel=1e-6)
    assert effect.essential_genes is None
    assert effect.unknown == (
        "the essential genes before the change: there was no time to compute it",
        "the fluxes after the change: there was no time to compute it",
        "the essential genes after the change: there was no time to compute it",
    )
    assert effect.shorten().fluxes_changed is None


def test_a_change_that_the_tool_refuses_is_refused(preview: Preview, textbook: Any) -> None:
    bounds = dict(
        zip([r.id for r in textbook.reactions], [r.bounds for r in textbook.reactions], strict=True)
    )
    with pytest.raises(FluxError) as raised:
        preview("knock_out", genes=["b9999"])
    assert raised.value.kind is ErrorClass.UNKNOWN_ID
    assert {reaction.id: reaction.bounds for reaction in textbook.reactions} == bounds


def test_an_interrupt_leaves_no_half_of_a_change_in_a_large_model(
    fresh_textbook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth_change, "LARGE", 10)
    reactions = [reaction.id for reaction in fresh_textbook.reactions]

    def change(model: Any) -> None:
        model.remove_reactions([reactions[0]])
        raise TimeoutError

    with pytest.raises(TimeoutError), growth_change.hold_change(fresh_textbook, change):
        pass
    assert [reaction.id for reaction in fresh_textbook.reactions] == reactions


@pytest.mark.parametrize("large", [10, 4_000])
def test_a_change_holds_in_what_is_given_and_nowhere_after(
    fresh_textbook: Any, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(growth_change, "LARGE", large)
    effect = compute_effect(fresh_textbook, lambda model: model.remove_reactions(["PGI"]))
    assert [row.what for row in effect.differences] == ["reaction PGI"]
    assert effect.growth_after_per_h == pytest.approx(0.8631596, rel=1e-5)
    assert effect.growth_before_per_h == pytest.approx(0.8739215, rel=1e-6)
    assert "PGI" in fresh_textbook.reactions


def test_an_effect_has_a_map_of_the_fluxes_after_it_and_before(preview: Preview) -> None:
    effect = preview("set_bounds", bounds={"EX_o2_e": {"lower_mmol_per_gdw_h": 0}})
    assert effect.flux_map is not None
    assert effect.files() == (effect.flux_map.file,)
    on_map = effect.tables()["reactions"].set_index("reaction")
    known = {row.reaction: row for row in effect.fluxes}
    for reaction in ("EX_o2_e", "PFL", "PFK"):
        row = on_map.loc[reaction]
        assert row["flux_mmol_per_gdw_h"] == known[reaction].after_mmol_per_gdw_h
        assert row["compared_flux_mmol_per_gdw_h"] == known[reaction].before_mmol_per_gdw_h


def test_what_changes_no_flux_has_no_map(preview: Preview) -> None:
    effect = preview("set_bounds", bounds={"FRUpts2": {"upper_mmol_per_gdw_h": 500}})
    assert effect.flux_map is None
    assert effect.files() == ()


def test_without_the_map_of_core_metabolism_the_changed_reactions_are_laid_out(fresh_textbook: Any) -> None:
    for reaction in fresh_textbook.reactions:
        reaction.id = f"rxn_{reaction.id}"
    before = {reaction.id: 1.0 for reaction in fresh_textbook.reactions}
    drawn = draw_effect_map(fresh_textbook, before, before | {"rxn_PFK": 4.0, "rxn_FBA": 3.0})
    assert drawn is not None
    assert drawn.reaction_table.reaction == ("rxn_PFK", "rxn_FBA")
    assert drawn.reaction_table.difference_mmol_per_gdw_h == (3.0, 2.0)
