"""Essential genes and reactions equal the known sets and cobra's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cobra.flux_analysis import single_gene_deletion, single_reaction_deletion
from tests.support.places import SHARED

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.deletions.essentiality_agreement import observations
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.files.artifact_store import ArtifactFiles

NAME = "analyze_essentiality"

KEIO = SHARED / "models" / "keio_glucose.tsv"
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


@pytest.mark.long
def test_counts_of_salmonella(salmonella: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, salmonella)
    assert (len(found.essential_genes), len(found.essential_reactions)) == (158, 262)


@pytest.mark.long
def test_genes_of_iml1515_agree_with_the_keio_collection(iml1515: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, iml1515)
    assert (len(found.essential_genes), len(found.essential_reactions)) == (196, 271)
    if not KEIO.exists():
        pytest.skip(f"{KEIO.name} is not at {KEIO.parent}")
    rows = [line.split("\t") for line in KEIO.read_text().splitlines()[1:]]
    seen = {gene: phenotype == "E" for gene, phenotype in rows}
    agreed = call(NAME, iml1515, what="genes", observed=seen, unlisted_genes="not_essential").agreement
    assert agreed.genes_compared == 1516
    assert agreed.accuracy_fraction == pytest.approx(0.9446, abs=5e-5)
    assert agreed.mcc == pytest.approx(0.777, abs=5e-4)


OBSERVED = {"b0720": True, "b1136": False, "b1779": True, "b0008": False, "b2297": True, "b9999": True}
"""Of these the model finds b0720, b1136 and b1779 essential; it has no b9999."""


def test_agreement_with_what_was_observed(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, what="genes", observed=OBSERVED)
    agreed = found.agreement
    counts = (agreed.true_positives, agreed.true_negatives, agreed.false_positives, agreed.false_negatives)
    assert counts == (2, 1, 1, 1)
    assert (agreed.genes_observed, agreed.genes_compared) == (6, 5)
    assert (agreed.only_predicted, agreed.only_observed) == (("b1136",), ("b2297",))
    assert agreed.unmapped == ("b9999",)
    assert agreed.accuracy_fraction == pytest.approx(3 / 5)
    assert agreed.precision_fraction == agreed.recall_fraction == pytest.approx(2 / 3)
    genes = [gene for gene in OBSERVED if gene != "b9999"]
    predicted = [float(gene in found.essential_genes) for gene in genes]
    # Of two rows of zeros and ones the correlation coefficient is that of Matthews.
    assert agreed.mcc == pytest.approx(np.corrcoef(predicted, [float(OBSERVED[g]) for g in genes])[0, 1])
    facts = found.summary()["agreement"]
    assert (facts["mcc"], facts["unmapped"]["count"]) == (pytest.approx(agreed.mcc, abs=1e-6), 1)


def test_genes_that_were_not_listed_may_count_as_not_essential(
    textbook: Any, call: Callable[..., Any]
) -> None:
    essential = ["b0720", "b1136", "b1779", "b2415", "b2416", "b2779", "b2926"]
    seen = dict.fromkeys(essential, True)
    agreed = call(NAME, textbook, observed=seen, unlisted_genes="not_essential").agreement
    assert (agreed.genes_compared, agreed.accuracy_fraction, agreed.mcc) == (137, 1, 1)
    alone = call(NAME, textbook, observed=seen).agreement
    assert (alone.genes_compared, alone.accuracy_fraction, alone.mcc) == (7, 1, None)
    some = call(NAME, textbook, genes=["b0720"], observed=seen).agreement
    assert (some.genes_compared, len(some.not_tested)) == (1, 6)


def test_a_stored_table_of_observations(textbook: Any, tmp_path: Path) -> None:
    store = ArtifactFiles(str(tmp_path))
    rows = {"bigg_id": list(OBSERVED), "phenotype": ["E" if seen else "N" for seen in OBSERVED.values()]}
    digest = store.put_table(pd.DataFrame(rows), tool="").digest
    sources: Any = SimpleNamespace(artifacts=store)
    tool = tool_named(NAME)
    columns = {"gene_column": "bigg_id", "essential_column": "phenotype"}
    named = tool.parse({"observed_table": digest, **columns})
    inline: Any = tool.carry_out(textbook, tool.parse({"observed": OBSERVED}), sources)
    stored: Any = tool.carry_out(textbook, named, sources)
    assert stored.agreement == inline.agreement
    with pytest.raises(FluxError, match=r"no column 'gene'.*columns: bigg_id, phenotype"):
        tool.carry_out(textbook, tool.parse({"observed_table": digest}), sources)


@pytest.mark.parametrize(
    ("values", "message"),
    [(["E", "perhaps"], "gene 'b2' is 'perhaps'"), (["E", None], "gene 'b2' is 'None'")],
)
def test_an_observation_must_say_yes_or_no(values: list[Any], message: str) -> None:
    table = pd.DataFrame({"gene": ["b1", "b2"], "essential": values}, dtype=object)
    with pytest.raises(FluxError, match=message):
        observations(table, "gene", "essential")


def test_a_gene_cannot_be_both() -> None:
    table = pd.DataFrame({"gene": ["b1", "b1"], "essential": [True, False]})
    with pytest.raises(FluxError, match="gene 'b1' is listed as essential and as not"):
        observations(table, "gene", "essential")


def test_observations_without_growth_or_without_genes(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.reactions.Biomass_Ecoli_core.bounds = (0, 0)
        assert call(NAME, textbook, observed=OBSERVED).agreement is None
    with pytest.raises(FluxError, match="genes were observed: test genes too"):
        call(NAME, textbook, what="reactions", observed=OBSERVED)


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
