"""What genes say about a reaction, and which of them stand in its rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd
import pytest

from fluxagents.tasks.fba.genomes.alignment import Hit
from fluxagents.tasks.fba.genomes.annotation import Annotation
from fluxagents.tasks.fba.genomes.reaction_scores import ReactionScore, score_reactions
from fluxagents.tasks.fba.genomes.reference_set import ReferenceSet

COMPLEXES = [
    ("ALDOLASE", ("longer",)),
    ("ALDOLASE", ("shorter",)),
    ("ATPS", ("alpha",)),
    ("ATPS", ("alpha", "beta")),
    *((f"{sugar}pts", ("enzyme_i", "hpr", f"{sugar}_permease")) for sugar in ("GLC", "MAN", "FRU", "TRE")),
    ("DHAD1_copy1", ("dehydratase",)),
    ("SERt4", ("symporter",)),
    ("UREA", ("large_part", "missing_part")),
    ("UREA", ("small_whole",)),
]
BITS = {"longer": 900.0, "shorter": 300.0, "large_part": 900.0, "small_whole": 300.0}


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


def score(
    reference: ReferenceSet, identities: Mapping[str, float | None], universal: Collection[str] = ()
) -> Mapping[str, ReactionScore]:
    """Of a genome whose genes are so alike, in percent, to those of the reference."""
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
    return score_reactions(annotation, reference, universal, penalty=1.0)


def read_rule(reference: ReferenceSet, reaction: str, identities: Mapping[str, float | None]) -> str:
    return score(reference, identities)[reaction].gene_rule


def test_an_isozyme_is_judged_by_how_alike_it_is_and_not_by_its_length(reference: ReferenceSet) -> None:
    assert read_rule(reference, "ALDOLASE", {"longer": 80.0, "shorter": 60.0}) == "longer or shorter"
    assert read_rule(reference, "ALDOLASE", {"longer": 80.0, "shorter": 30.0}) == "longer"
    assert read_rule(reference, "ALDOLASE", {"longer": 30.0, "shorter": 80.0}) == "shorter"


def test_isozymes_that_others_found_are_not_judged(reference: ReferenceSet) -> None:
    assert read_rule(reference, "ALDOLASE", {"longer": None, "shorter": None}) == "longer or shorter"


def test_a_part_of_a_complex_that_the_genome_has_is_no_isozyme_of_it(reference: ReferenceSet) -> None:
    assert read_rule(reference, "ATPS", {"alpha": 80.0, "beta": 80.0}) == "(alpha and beta)"
    assert read_rule(reference, "ATPS", {"alpha": 80.0}) == "alpha"


def test_genes_that_many_reactions_share_do_not_speak_for_one_of_them(reference: ReferenceSet) -> None:
    others = dict.fromkeys(("alpha", "beta", "longer", "dehydratase", "symporter"), 80.0)
    scores = score(reference, {**others, "enzyme_i": 80.0, "hpr": 80.0, "GLC_permease": 80.0})
    assert scores["GLCpts"].score == pytest.approx(1.0)
    # Each of the two is in four reactions, so that a third of what speaks for one is there.
    assert scores["MANpts"].score == pytest.approx(1 / 3 - 2 / 3, abs=0.001)


def test_what_a_complex_lacks_costs_its_share_of_the_penalty(reference: ReferenceSet) -> None:
    scores = score(reference, {"beta": 80.0, "shorter": 80.0, "longer": 80.0, "dehydratase": 80.0})
    # `alpha` is one gene of one reaction, however many complexes it is in.
    assert scores["ATPS"].score == pytest.approx(250 / 500 - 1 / 2)


def test_a_whole_complex_speaks_before_the_larger_part_of_another(reference: ReferenceSet) -> None:
    others = dict.fromkeys(("alpha", "beta", "dehydratase"), 80.0)
    urease = score(reference, {**others, "large_part": 80.0, "small_whole": 80.0})["UREA"]
    assert urease.score == pytest.approx(300 / 500)
    assert [hit.protein for hit in urease.hits] == ["small_whole"]


def test_evidence_counts_under_the_name_that_the_universal_model_has(reference: ReferenceSet) -> None:
    genome = {"dehydratase": 80.0, "symporter": 80.0}
    assert score(reference, genome, {"DHAD1", "SERt4pp"}).keys() == {"DHAD1", "SERt4pp"}
    own = {"DHAD1_copy1", "DHAD1", "SERt4", "SERt4pp"}
    assert score(reference, genome, own).keys() == {"DHAD1_copy1", "SERt4"}
