"""A draft becomes a model, and its universal model stays as it was."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.support.genomes import GENOME, LEFT_OUT
from tests.support.recorded_run import record

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes.growth_change import hold_change
from fluxagents.tasks.fba.genomes.draft_model import DraftReaction, ModelDraft, reduce_to_draft
from fluxagents.tasks.fba.genomes.reading.genome_file import read_genome_file
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.clients.local import LocalClient


def draft_of(model: Any, rule: str) -> ModelDraft:
    """All of a model but two reactions, with one gene rule."""
    rows = (
        DraftReaction(
            reaction=reaction.id,
            name="",
            equation="",
            decision="left_out" if reaction.id in LEFT_OUT else "kept",
            reason="genes",
            score=1.0,
            gene_rule=rule if reaction.id == "ENO" else "",
            identity_percent=None,
            best_hits="",
            growth_lost_fraction=None,
        )
        for reaction in model.reactions
    )
    return ModelDraft(genome="g", universal="u", medium_mmol_per_gdw_h=model.medium, reactions=tuple(rows))


def outline(model: Any) -> dict[str, Any]:
    return {
        "reactions": {r.id: (r.bounds, r.gene_reaction_rule, dict(r.notes)) for r in model.reactions},
        "genes": {gene.id: {reaction.id for reaction in gene.reactions} for gene in model.genes},
        "metabolites": {metabolite.id for metabolite in model.metabolites},
        "medium": model.medium,
        "notes": dict(model.notes),
    }


def test_a_universal_model_gets_its_rules_notes_and_genes_back(fresh_textbook: Any) -> None:
    before = outline(fresh_textbook)
    with fresh_textbook as model:
        reduce_to_draft(model, draft_of(model, "x1 and x2"))
        assert {gene.id for gene in model.genes} == {"x1", "x2"}
        assert model.reactions.ENO.notes["evidence"] == "kept: genes; score 1"
        assert model.notes["genome"] == "g"
        assert "FRUpts2" not in model.reactions
    assert outline(fresh_textbook) == before


def test_a_universal_model_with_rules_of_its_own_gets_them_back(fresh_textbook: Any) -> None:
    before, draft = outline(fresh_textbook), keep_rules(fresh_textbook)
    for _ in range(2):
        with fresh_textbook, hold_change(fresh_textbook, partial(reduce_to_draft, draft=draft)):
            assert "FRUpts2" not in fresh_textbook.reactions
        assert outline(fresh_textbook) == before


def test_a_model_that_was_a_draft_for_a_while_is_in_its_order_again(fresh_textbook: Any) -> None:
    """Else the digest of what is made of it would depend on what its worker did before."""
    before, draft = list_ids(fresh_textbook), keep_rules(fresh_textbook)
    with hold_change(fresh_textbook, partial(reduce_to_draft, draft=draft)):
        assert list_ids(fresh_textbook) != before
    assert list_ids(fresh_textbook) == before
    assert fresh_textbook.reactions.get_by_id("FRUpts2") is fresh_textbook.reactions[before.index("FRUpts2")]


def test_new_genes_have_one_order_in_all_processes(fresh_textbook: Any) -> None:
    genes, known = [f"g{number:02}" for number in range(20)], [gene.id for gene in fresh_textbook.genes]
    draft = draft_of(fresh_textbook, " and ".join(reversed(genes)))
    with hold_change(fresh_textbook, partial(reduce_to_draft, draft=draft)) as (changed, _):
        assert [gene.id for gene in changed.genes] == genes
    assert [gene.id for gene in fresh_textbook.genes] == known


def list_ids(model: Any) -> list[str]:
    return [item.id for items in (model.reactions, model.metabolites, model.genes) for item in items]


def keep_rules(model: Any) -> ModelDraft:
    """A draft in which each reaction has the rule that it has in the universal model."""
    draft = draft_of(model, "")
    rules = {reaction.id: reaction.gene_reaction_rule for reaction in model.reactions}
    rows = tuple(row.model_copy(update={"gene_rule": rules[row.reaction]}) for row in draft.reactions)
    return draft.model_copy(update={"reactions": rows})


def test_a_genome_becomes_a_model_once_a_human_agrees(tmp_path: Path) -> None:
    client = LocalClient(tmp_path)
    genome = client.artifacts.put_file(read_genome_file(GENOME).file, tool="").digest
    run = client.start("model_from_genome", model="e_coli_core", genome=genome, gap_fraction=0.05)
    facts: dict[str, Any] = dict(run.state.facts)
    assert facts["annotated"] == facts["proteins"] == 15
    assert facts["without_evidence"] > 0
    request, universal = run.state.waiting_for, run.state.model
    assert request is not None
    client.approve(request.id, by="ada")
    state = client.get(run.id).state
    facts = dict(state.facts)
    assert state.status == "finished"
    assert state.model is not None
    assert state.model != universal
    record = client.models.show(client.models.resolve(state.model))
    assert record.parent == universal
    assert record.change is not None
    assert record.change.args["draft"] == facts["draft"]
    model = client.models.load(record.ref)
    assert model.notes["genome"] == genome
    assert len(model.genes) == facts["drafted_genes"]
    assert model.slim_optimize() == pytest.approx(facts["growth_per_h"], rel=1e-6)


def test_an_earlier_name_means_the_same_tool() -> None:
    assert tool_named("annotate_proteins_rast") is tool_named("annotate_proteins")


def test_a_digest_of_something_else_is_no_draft(tmp_path: Path) -> None:
    sources, tool = record(str(tmp_path))[1], tool_named("apply_model_draft")
    genome = read_genome_file(GENOME).file.digest
    with pytest.raises(FluxError, match="is no draft of a model") as raised:
        tool.carry_out(None, tool.parse({"draft": genome}), sources)
    assert raised.value.kind is ErrorClass.SCHEMA
