"""What is in a model is listed from its fast form as cobra has it."""

from __future__ import annotations

from typing import Any

from cobra.io import load_model

from fluxagents.workers.models.model_contents import list_contents
from fluxagents.workers.models.model_forms import encode_fast


def test_contents_are_those_of_the_model() -> None:
    textbook = load_model("textbook")
    contents = list_contents(encode_fast(textbook))
    assert [row["id"] for row in contents.genes] == [gene.id for gene in textbook.genes]
    for row, reaction in zip(contents.reactions, textbook.reactions, strict=True):
        assert row["equation"] == reaction.reaction.replace(".0 ", " ").strip()
        assert (row["lower_bound_mmol_per_gdw_h"], row["upper_bound_mmol_per_gdw_h"]) == reaction.bounds
    for row, metabolite in zip(contents.metabolites, textbook.metabolites, strict=True):
        assert (row["formula"], row["charge"]) == (metabolite.formula, metabolite.charge)
        assert row["reactions_count"] == len(metabolite.reactions)
    for row, gene in zip(contents.genes, textbook.genes, strict=True):
        assert row["reactions_count"] == len(gene.reactions)
    rules: dict[str, Any] = {str(row["id"]): row["gene_rule"] for row in contents.reactions}
    assert rules["ACALD"] == "b0351 or b1241"
    assert rules["EX_ac_e"] == ""
    assert rules["AKGDH"] == textbook.reactions.AKGDH.gene_reaction_rule
