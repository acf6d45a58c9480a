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
