"""Set differences and Jaccard indices of known models, and of one with planted changes."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.models import compare_models as comparison


def compared(model: Any, *others: tuple[str, Any], **args: Any) -> Any:
    given = {"models": [name for name, _ in others], **args}
    checked = comparison.TOOL.parse(given)
    assert isinstance(checked, comparison.Args)
    return comparison.run(model, checked, others)


def test_a_model_equals_itself(textbook: Any) -> None:
    found = compared(textbook, ("e_coli_core", textbook))
    assert {row.jaccard_fraction for row in found.pairs} == {1.0}
    assert len(found.tables()["differences"]) == 0
    assert [row.model for row in found.models] == ["e_coli_core", "e_coli_core (2)"]
    assert [(row.essential_genes, row.essential_reactions) for row in found.models] == [(7, 18)] * 2


def test_planted_changes_are_the_only_differences(textbook: Any) -> None:
    other = textbook.copy()
    other.remove_reactions(["FRD7", "SUCCt3"])
    other.reactions.EX_glc__D_e.lower_bound = -5
    found = compared(textbook, ("poorer", other))
    reactions = found.pairs[0]
    assert (reactions.kind, reactions.shared, reactions.only_first, reactions.only_second) == (
        "reactions", 93, 2, 0,
    )  # fmt: skip
    assert reactions.jaccard_fraction == pytest.approx(93 / 95)
    rows = found.tables()["differences"]
    assert rows[rows.kind == "reactions"].to_numpy().tolist() == [
        ["reactions", "FRD7", "e_coli_core"],
        ["reactions", "SUCCt3", "e_coli_core"],
    ]
    assert found.models[0].growth_per_h == pytest.approx(686440 / 785471, rel=1e-6)
    assert 0 < found.models[1].growth_per_h < found.models[0].growth_per_h / 2 + 0.05
    assert found.key_findings()["not_in_all"]["reactions"]["ids"] == ["FRD7", "SUCCt3"]


def test_the_core_model_within_a_genome_scale_one(textbook: Any, ijo1366: Any) -> None:
    found = compared(textbook, ("iJO1366", ijo1366), essentiality=False)
    genes = next(row for row in found.pairs if row.kind == "genes")
    core, large = ({gene.id for gene in model.genes} for model in (textbook, ijo1366))
    assert (genes.shared, genes.only_first) == (len(core & large), len(core - large))
    assert genes.jaccard_fraction == pytest.approx(len(core & large) / len(core | large))
    assert found.models[1].growth_per_h == pytest.approx(0.9823718127, rel=1e-6)
    assert found.models[1].essential_genes is None
    assert "essential_genes" not in found.shared_by_all


def test_conditions_hold_for_all_and_name_the_model_they_do_not_fit(textbook: Any, ijo1366: Any) -> None:
    found = compared(textbook, ("again", textbook), medium_changes={"EX_o2_e": 0}, essentiality=False)
    assert [row.growth_per_h for row in found.models] == pytest.approx([0.2116629497353] * 2, rel=1e-6)
    with pytest.raises(FluxError, match="model 'e_coli_core': exchange 'EX_ca2_e'") as raised:
        compared(ijo1366, ("e_coli_core", textbook), medium_changes={"EX_ca2_e": 0}, essentiality=False)
    assert raised.value.kind is ErrorClass.MEDIUM


def test_a_model_without_growth_is_compared_by_its_parts(textbook: Any) -> None:
    other = textbook.copy()
    other.reactions.ATPM.bounds = (900, 1000)
    found = compared(textbook, ("starved", other))
    assert (found.models[1].status, found.models[1].growth_per_h) == ("infeasible", None)
    assert {row.kind for row in found.pairs} == {"reactions", "metabolites", "genes"}


def effects_of(found: Any) -> dict[tuple[str, str, str, str], tuple[float | None, float | None]]:
    return {
        (row.model, row.change, row.reaction, row.quantity): (row.before, row.after) for row in found.effects
    }


def test_differences_that_change_growth_are_told_from_those_that_do_not(fresh_textbook: Any) -> None:
    other = fresh_textbook.copy()
    other.id = "other"
    other.remove_reactions(["FRD7", "PGI"])
    other.reactions.ATPM.lower_bound = 20
    other.reactions.ATPS4r.add_metabolites({other.metabolites.h_e: -1, other.metabolites.h_c: 1})
    growth, size = fresh_textbook.slim_optimize(), len(fresh_textbook.reactions)
    found = compared(
        fresh_textbook, ("other", other), effects=True, quantities=["EX_ac_e"], essentiality=False
    )
    effects = effects_of(found)
    assert found.differences_tested == 4
    assert effects[("e_coli_core", "removed", "PGI", "growth")] == pytest.approx((growth, 0.8631595522))
    assert ("e_coli_core", "removed", "FRD7", "growth") not in effects
    for change, reaction in (("bounds", "ATPM"), ("stoichiometry", "ATPS4r")):
        assert effects[("e_coli_core", change, reaction, "growth")][1] == pytest.approx(
            growth_with(fresh_textbook, other, reaction)
        )
    with_pgi = growth_with(other, fresh_textbook, "PGI")
    assert effects[("other", "added", "PGI", "growth")][1] == pytest.approx(with_pgi)
    assert len(fresh_textbook.reactions) == size
    assert fresh_textbook.slim_optimize() == pytest.approx(growth)


def growth_with(model: Any, source: Any, reaction: str) -> float:
    """Growth with the other model's version of one reaction, by cobra on a copy."""
    changed = model.copy()
    if reaction in changed.reactions:
        changed.remove_reactions([reaction])
    changed.add_reactions([source.reactions.get_by_id(reaction).copy()])
    return float(changed.slim_optimize())


def test_a_quantity_is_the_greatest_flux_at_best_growth(fresh_textbook: Any) -> None:
    other = fresh_textbook.copy()
    other.remove_reactions(["PFL"])
    found = compared(
        fresh_textbook,
        ("other", other),
        effects=True,
        quantities=["EX_for_e"],
        essentiality=False,
        medium_changes={"EX_o2_e": 0},
    )
    ends = effects_of(found)[("e_coli_core", "removed", "PFL", "EX_for_e")]
    assert ends == pytest.approx((17.804674, 0), rel=1e-6, abs=1e-6)


def test_effects_are_left_out_unless_asked_for(textbook: Any) -> None:
    found = compared(textbook, ("other", textbook))
    assert (found.differences_tested, found.effects) == (None, ())


def test_a_model_is_laid_beside_itself_without_a_gene(textbook: Any) -> None:
    found = comparison.run(textbook, comparison.Args(without=("b4025",)), ())
    wild, mutant = found.models
    assert (wild.model, mutant.model) == ("e_coli_core", "e_coli_core without b4025")
    assert wild.growth_per_h == pytest.approx(0.8739215070, rel=1e-6)
    assert mutant.growth_per_h == pytest.approx(0.8631595522, rel=1e-6)
    assert (mutant.reactions, mutant.genes) == (94, 136)
    lost: Any = found.key_findings()["not_in_all"]
    assert (lost["reactions"]["ids"], lost["genes"]["ids"]) == (["PGI"], ["b4025"])
    with textbook as strain:
        strain.genes.b4025.knock_out()
        strain.genes.b1852.knock_out()
        assert strain.slim_optimize(error_value=0.0) == pytest.approx(0.0, abs=1e-9)
    assert "b1852" in found._differing("essential_genes")
    assert textbook.reactions.PGI.bounds == (-1000.0, 1000.0)


def test_what_is_not_in_the_model_cannot_be_left_out(textbook: Any) -> None:
    with pytest.raises(FluxError, match="'b9999'") as raised:
        comparison.run(textbook, comparison.Args(without=("b9999",)), ())
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_all_names_that_are_no_ids_get_their_ids_in_one_error(textbook: Any) -> None:
    with pytest.raises(FluxError) as raised:
        comparison.run(textbook, comparison.Args(without=("ldhA", "pta")), ())
    assert raised.value.suggestions == ("gene 'ldhA' has the id 'b1380'", "gene 'pta' has the id 'b2297'")


def test_nothing_to_compare_with_is_refused() -> None:
    with pytest.raises(FluxError, match="'models'"):
        comparison.TOOL.parse({})
