"""Essential genes and reactions equal the known sets and cobra's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cobra.flux_analysis import single_gene_deletion, single_reaction_deletion

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "analyze_essentiality"

KEIO = Path(__file__).parents[5] / "shared" / "models" / "keio_glucose.tsv"
"""Genes of E. coli without which no colony grew on glucose, as the Keio collection found them."""


def test_essential_genes_of_the_core_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    assert found.essential_genes == ("b0720", "b1136", "b1779", "b2415", "b2416", "b2779", "b2926")
    assert (found.genes_tested, found.reactions_tested) == (137, 95)
    assert len(found.essential_reactions) == 18


@pytest.mark.parametrize("threshold", [0.01, 0.05])
def test_counts_of_a_genome_scale_model(ijo1366: Any, call: Callable[..., Any], threshold: float) -> None:
    found = call(NAME, ijo1366, threshold_fraction_of_wild_type=threshold)
    assert (len(found.essential_genes), len(found.essential_reactions)) == (208, 289)


def test_counts_of_salmonella(salmonella: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, salmonella)
    assert (len(found.essential_genes), len(found.essential_reactions)) == (158, 262)


def test_genes_of_iml1515_agree_with_the_keio_collection(iml1515: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, iml1515)
    assert (len(found.essential_genes), len(found.essential_reactions)) == (196, 271)
    if not KEIO.exists():
        pytest.skip(f"{KEIO.name} is not at {KEIO.parent}")
    rows = (line.split("\t") for line in KEIO.read_text().splitlines()[1:])
    genes = set(found.genes.id)
    observed = {gene for gene, phenotype in rows if phenotype == "E"} & genes
    predicted = set(found.essential_genes)
    both, neither = len(predicted & observed), len(genes - predicted - observed)
    wrong, missed = len(predicted - observed), len(observed - predicted)
    margins = (both + wrong) * (both + missed) * (neither + wrong) * (neither + missed)
    assert (both + neither) / len(genes) == pytest.approx(0.9446, abs=5e-5)
    assert (both * neither - wrong * missed) / math.sqrt(margins) == pytest.approx(0.777, abs=5e-4)


def test_every_knock_out_of_the_core_model_equals_cobra(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    for table, reference in (
        (found.genes, single_gene_deletion(textbook, processes=1)),
        (found.reactions, single_reaction_deletion(textbook, processes=1)),
    ):
        growth = {next(iter(row.ids)): row.growth for row in reference.itertuples()}
        for identifier, ours in zip(table.id, table.growth_per_h, strict=True):
            if ours is None:
                assert math.isnan(growth[identifier])
            else:
                assert ours == pytest.approx(growth[identifier], rel=1e-6, abs=1e-7)


def test_a_sample_of_genes_of_a_genome_scale_model_equals_cobra(
    ijo1366: Any, call: Callable[..., Any]
) -> None:
    sample = [gene.id for gene in ijo1366.genes[::30]]
    found = call(NAME, ijo1366, genes=sample)
    reference = single_gene_deletion(ijo1366, sample, processes=1)
    growth = {next(iter(row.ids)): row.growth for row in reference.itertuples()}
    assert found.genes.id == tuple(sample)
    assert dict(zip(found.genes.id, found.genes.growth_per_h, strict=True)) == pytest.approx(growth, abs=1e-6)


def test_infeasible_knock_out_is_lethal(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reactions=["ENO"], medium_changes={"EX_o2_e": 0})
    assert found.reactions.status == ("infeasible",)
    assert found.reactions.growth_per_h == (None,)
    assert found.essential_reactions == ("ENO",)


def test_on_acetate_instead_of_glucose_other_genes_are_essential(
    textbook: Any, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, medium_changes={"EX_glc__D_e": 0, "EX_ac_e": 20})
    assert found.growth_per_h == pytest.approx(0.3893130741, rel=1e-6)
    assert {"b4015", "b4025", "b0721"} <= set(found.essential_genes)
    assert "b2415" not in found.essential_genes  # the glucose transporter


def test_named_ids_only_are_tested(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, genes=["b0720", "b0008"])
    assert (found.genes_tested, found.reactions_tested) == (2, 0)
    assert found.essential_genes == ("b0720",)


def test_genes_or_reactions_alone_are_tested(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, what="genes")
    assert (found.genes_tested, found.reactions_tested) == (137, 0)
    found = call(NAME, textbook, what="reactions")
    assert (found.genes_tested, found.reactions_tested) == (0, 95)


def test_key_findings_show_all_that_fits(textbook: Any, call: Callable[..., Any]) -> None:
    shown = call(NAME, textbook).key_findings()
    assert shown["essential_genes"]["shown"] == shown["essential_genes"]["count"] == 7
    assert shown["essential_reactions"]["shown"] == shown["essential_reactions"]["count"] == 18


def test_unknown_gene_names_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"gene 'b07200' is not in model.*nearest: b0720") as raised:
        call(NAME, textbook, genes=["b07200"])
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_threshold_is_a_fraction_so_slow_growth_changes_nothing(
    textbook: Any, call: Callable[..., Any]
) -> None:
    slow = call(NAME, textbook, medium_changes={"EX_pi_e": 0.001})
    assert slow.growth_per_h < 0.001
    assert len(slow.essential_genes) < 10


def test_a_wild_type_that_does_not_grow_has_no_counts(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.reactions.ATPM.bounds = (0, 1000)
        found = call(NAME, textbook, medium_changes={"EX_glc__D_e": 0})
    assert found.status == "zero_growth"
    assert found.genes_tested is None
    assert found.essential_genes == ()
