"""Which genes stand in a rule: isozymes that are alike enough, and whole complexes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from fluxagents.tasks.fba.genomes.alignment import Hit
from fluxagents.tasks.fba.genomes.annotation import Annotation
from fluxagents.tasks.fba.genomes.reaction_scores import score_reactions
from fluxagents.tasks.fba.genomes.reference_set import ReferenceSet

COMPLEXES = [
    ("ALDOLASE", ("longer",)),
    ("ALDOLASE", ("shorter",)),
    ("ATPS", ("alpha",)),
    ("ATPS", ("alpha", "beta")),
]
BITS = {"longer": 900.0, "shorter": 300.0}


@pytest.fixture
def reference(tmp_path: Path) -> ReferenceSet:
    rows = [
        ("model", f"G_{gene}", f"P_{'_'.join(genes)}", f"R_{reaction}")
        for reaction, genes in COMPLEXES
        for gene in genes
    ]
    table = pd.DataFrame(rows, columns=["model", "gene", "protein", "reaction"])
    table.to_csv(tmp_path / "bigg_gprs.csv.gz", index=False)
    return ReferenceSet(tmp_path, "0")


def read_rule(reference: ReferenceSet, reaction: str, identities: Mapping[str, float | None]) -> str:
    """Of the reaction in a genome whose genes are so alike, in percent, to those of the reference."""
    hits = tuple(
        Hit(
            protein=gene,
            reference=f"model.{gene}",
            identity_percent=identity,
            coverage_fraction=None if identity is None else 1.0,
            e_value=None,
            bit_score=BITS.get(gene, 500.0),
        )
        for gene, identity in identities.items()
    )
    annotation = Annotation(genome="0" * 6, aligner="none", reference="none", hits=hits)
    return score_reactions(annotation, reference)[reaction].gene_rule


def test_an_isozyme_is_judged_by_how_alike_it_is_and_not_by_its_length(reference: ReferenceSet) -> None:
    assert read_rule(reference, "ALDOLASE", {"longer": 80.0, "shorter": 60.0}) == "longer or shorter"
    assert read_rule(reference, "ALDOLASE", {"longer": 80.0, "shorter": 30.0}) == "longer"
    assert read_rule(reference, "ALDOLASE", {"longer": 30.0, "shorter": 80.0}) == "shorter"


def test_isozymes_that_others_found_are_not_judged(reference: ReferenceSet) -> None:
    assert read_rule(reference, "ALDOLASE", {"longer": None, "shorter": None}) == "longer or shorter"


def test_a_part_of_a_complex_that_the_genome_has_is_no_isozyme_of_it(reference: ReferenceSet) -> None:
    assert read_rule(reference, "ATPS", {"alpha": 80.0, "beta": 80.0}) == "(alpha and beta)"
    assert read_rule(reference, "ATPS", {"alpha": 80.0}) == "alpha"
