"""A curated model is nearest to itself, and pathways are counted as its own subsystems."""

from __future__ import annotations

import pytest

from fluxagents.tasks.fba.genomes.reference_models import (
    cover_pathways,
    rank_reference_models,
    read_reference_models,
)
from fluxagents.tasks.fba.genomes.reference_set import find_reference


def test_a_curated_model_without_a_pathway_is_still_nearest_to_itself() -> None:
    reference = find_reference()
    table = read_reference_models(reference)
    rows = table[table["model"] == "iML1515"]
    lost = set(rows.loc[rows["subsystem"] == "Glycolysis/Gluconeogenesis", "reaction"])
    kept = set(rows["reaction"]) - lost
    assert lost

    first, second, *_ = rank_reference_models({*kept, "EX_glc__D_e", "MINE"}, reference)
    assert (first.model, first.shared, first.only_model, first.only_draft) == (
        "iML1515", len(kept), len(lost), 1,
    )  # fmt: skip
    assert first.jaccard_fraction == pytest.approx(len(kept) / (len(kept) + len(lost) + 1))
    assert second.jaccard_fraction < first.jaccard_fraction

    covers = {cover.pathway: cover for cover in cover_pathways(kept, "iML1515", reference)}
    assert covers["Glycolysis/Gluconeogenesis"].covered == 0
    assert set(covers["Glycolysis/Gluconeogenesis"].missing) == lost
    others = [cover for name, cover in covers.items() if name != "Glycolysis/Gluconeogenesis"]
    assert all(cover.covered == cover.reactions and not cover.missing for cover in others)
