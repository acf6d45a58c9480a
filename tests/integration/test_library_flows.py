"""The flows of the library on larger models and with mistakes, in this process, beside cobra alone."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from tests.support import plain_cobra

from fluxagents.workers.clients.local import LocalClient

SAME = 1e-5
"""Relative: two solvers' ways to one optimum."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> LocalClient:
    client = LocalClient(tmp_path_factory.mktemp("store"))
    for name in plain_cobra.DATA:
        client.models.add_named(name)
    return client


@pytest.fixture(scope="module")
def loaded() -> Any:
    return plain_cobra.model("iJO1366")


@pytest.fixture
def large(loaded: Any) -> Any:
    """iJO1366, as it is in the file again after each test."""
    with loaded:
        yield loaded


def finished(client: LocalClient, flow: str, *, model: str = "iJO1366", **inputs: Any) -> dict[str, Any]:
    run = client.start(flow, model=model, **inputs)
    assert run.status == "finished", run.state.error
    return dict(run.state.facts)


def test_a_survey_of_a_genome_scale_model(client: LocalClient, large: Any) -> None:
    changes = {
        "no oxygen": {"EX_o2_e": 0.0},
        "acetate": {"EX_glc__D_e": 0.0, "EX_ac_e": 10.0},
        "xylose": {"EX_glc__D_e": 0.0, "EX_xyl__D_e": 10.0},
        "no sulphate": {"EX_so4_e": 0.0},
    }
    conditions = [{"name": name, "medium_changes": change} for name, change in changes.items()]
    facts = finished(client, "condition_survey", conditions=conditions)
    expected = []
    for change in changes.values():
        with large:
            plain_cobra.changed(large, change)
            expected.append(plain_cobra.growth(large))
    assert [one or 0.0 for one in facts["growth_per_h"]] == pytest.approx(expected, rel=SAME, abs=1e-6)
    assert facts["status"][3] != "optimal"


def test_a_solve_that_cycles_from_a_fresh_basis_comes_to_its_end(client: LocalClient) -> None:
    """On pyruvate GLPK's advanced basis leads in circles; it took two minutes."""
    changes = {"EX_glc__D_e": 0.0, "EX_pyr_e": 10.0}
    run = client.start(
        "condition_survey",
        model="iJO1366",
        conditions=[{"name": "pyruvate", "medium_changes": changes}],
        essentiality=True,
    )
    # As many as single_gene_deletion of cobra finds.
    assert run.state.facts["essential_genes"] == [211]


def test_a_pathway_of_a_genome_scale_model(client: LocalClient, large: Any) -> None:
    inputs = {"substrate": "EX_glyc_e", "product": "EX_succ_e"}
    facts = finished(client, "pathway_discovery", **inputs)
    plain_cobra.changed(large, {"EX_glyc_e": 10})
    plain_cobra.sole_carbon(large, "EX_glyc_e")
    best = plain_cobra.production(large, "EX_succ_e")
    assert facts["production"] == pytest.approx(best, rel=SAME)
    assert facts["yield_carbon"] == pytest.approx(best * 4 / (10 * 3), rel=SAME)
    assert facts["growth_per_h"] == pytest.approx(plain_cobra.growth(large), rel=SAME)


def test_the_media_of_a_genome_scale_model(client: LocalClient, large: Any) -> None:
    facts = finished(client, "media_design")
    best = plain_cobra.growth(large)
    assert facts["floor"] == pytest.approx(0.1 * best, rel=SAME)
    for needed in facts["required_ids"]:
        with large:
            large.reactions.get_by_id(needed).lower_bound = 0
            assert plain_cobra.growth(large) < facts["floor"], needed
    plain_cobra.only(large, facts["best_medium"])
    assert plain_cobra.growth(large) == pytest.approx(0.9 * best, rel=SAME)
    for needed in facts["best_medium"]:
        with large:
            large.reactions.get_by_id(needed).lower_bound = 0
            assert plain_cobra.growth(large) < 0.9 * best * 0.999, needed


@pytest.mark.long
def test_a_small_and_a_large_model_side_by_side(client: LocalClient, large: Any) -> None:
    small = plain_cobra.model("e_coli_core")
    facts = finished(client, "model_comparison", models=["iJO1366", "e_coli_core"])
    # What memote 0.17 gives for the same files; docs/tools.md.
    assert facts["scores"] == pytest.approx([0.681810, 0.578345], abs=1e-6)
    assert facts["growth_per_h"] == pytest.approx([0.9823718127, 0.8739215070], rel=SAME)
    shared = {one.id for one in large.reactions} & {one.id for one in small.reactions}
    assert facts["shared_reactions"] == len(shared)
    genes = {one.id for one in large.genes} & {one.id for one in small.genes}
    assert facts["shared_genes"] == len(genes)
    essential = plain_cobra.essential_genes(small)
    floor = 0.01 * plain_cobra.growth(large)
    in_both = 0
    for gene in essential & genes:
        with large:
            large.genes.get_by_id(gene).knock_out()
            in_both += plain_cobra.growth(large) < floor
    assert facts["shared_essential_genes"] == in_both


@pytest.mark.long
def test_iml1515_is_valid_and_agrees_with_the_keio_collection(client: LocalClient) -> None:
    model = plain_cobra.model("iML1515")
    client.models.add(plain_cobra.MODELS / "iML1515.xml.gz", name="iML1515")
    keio = pd.read_csv(plain_cobra.MODELS / "keio_glucose.tsv", sep="\t")
    table = client.artifacts.put_table(keio, tool="observed")
    facts = finished(
        client,
        "model_validation",
        model="iML1515",
        media=["M9_glucose"],
        observed_table=table.digest,
        gene_column="bigg_id",
        essential_column="phenotype",
        unlisted_genes="not_essential",
    )
    assert facts["growth_per_h"] == pytest.approx(plain_cobra.growth(model), rel=SAME)
    # memote 0.17 gives 0.682167; here the test of unbounded fluxes holds growth within 1e-9 of the best.
    assert facts["total_score"] == pytest.approx(0.682167, abs=0.003)
    assert facts["mass_imbalanced"] == len(plain_cobra.unbalanced(model, charge=False))
    assert facts["charge_imbalanced"] == len(plain_cobra.unbalanced(model, charge=True))
    assert facts["dead_ends"] == len(plain_cobra.dead_ends(model))
    assert plain_cobra.charged(model) == []
    assert facts["energy_cycles"] == 0
    assert facts["accuracy"] == pytest.approx(0.9446, abs=5e-5)
    assert facts["mcc"] == pytest.approx(0.777, abs=5e-4)


@pytest.mark.parametrize(
    ("flow", "inputs", "said"),
    [
        ("model_validation", {"media": ["M9_glukose"]}, "there is no medium 'M9_glukose'"),
        ("media_design", {"min_growth_fraction": 2}, "it is above 0 and at most 1"),
        ("strain_design", {"product": "EX_suc_e"}, "'EX_suc_e' is no exchange reaction"),
        ("strain_design", {"product": "EX_succ_e", "kind": "enzymes"}, "'reactions' or 'genes'"),
        (
            "pathway_discovery",
            {"substrate": "EX_glc_e", "product": "EX_succ_e"},
            "substrate 'EX_glc_e' is no exchange",
        ),
        (
            "pathway_discovery",
            {"substrate": "EX_glc__D_e", "product": "lycopene_c", "universal": "iJO1367"},
            "there is no model 'iJO1367'",
        ),
        ("condition_survey", {"conditions": [{"name": "a", "medum": {}}]}, "not understood: medum"),
        ("model_comparison", {"models": ["iJO1367"]}, "there is no model 'iJO1367'"),
    ],
)
def test_a_mistake_ends_in_words_that_name_it(
    client: LocalClient, flow: str, inputs: dict[str, Any], said: str
) -> None:
    run = client.start(flow, model="e_coli_core", **inputs)
    assert run.status == "failed"
    assert run.state.error is not None
    assert said in run.state.error.message
