"""Each flow of the library from the command line, and its numbers beside those of cobra alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cobra.flux_analysis import find_blocked_reactions
from cobra.io import save_json_model
from tests.support import plain_cobra
from tests.support.stack import Stack

SAME = 1e-5
"""Relative: two solvers' ways to one optimum."""


@pytest.fixture
def core() -> Iterator[Any]:
    """A model of the test's own."""
    with plain_cobra.model("e_coli_core") as model:
        yield model


def run(stack: Stack, flow: str, *, model: str = "e_coli_core", status: int = 0, **inputs: Any) -> Any:
    """What `fluxagents run` prints."""
    given = [word for name, value in inputs.items() for word in ("--input", f"{name}={json.dumps(value)}")]
    return stack.json("run", flow, "--model", model, *given, "--wait", status=status)


def answered(stack: Stack, document: Any, *words: str) -> Any:
    """The run after a human's answer to the request it waits for."""
    request = document["waiting_for"]["id"]
    stack.json("approvals", words[0], request, "--by", "ada", *words[1:])
    assert stack.command("runs", "watch", document["run_id"]).returncode == 0
    return stack.json("runs", "show", document["run_id"])


def test_model_validation(stack: Stack, core: Any) -> None:
    essential = plain_cobra.essential_genes(core)
    genes = [gene.id for gene in core.genes]
    wrong = {genes[0], min(essential)}
    observed = {gene: (gene in essential) != (gene in wrong) for gene in genes}
    media = ["M9_glucose", "M9_acetate", "M9_glycerol"]
    document = run(stack, "model_validation", media=media, observed=observed)
    assert document["status"] == "finished"
    facts = document["facts"]
    assert facts["growth_per_h"] == pytest.approx(plain_cobra.growth(core), rel=SAME)
    # What memote 0.17 gives for the same file; docs/tools.md.
    assert facts["total_score"] == pytest.approx(0.578345, abs=1e-6)
    assert facts["consistency"] == pytest.approx(0.997085, abs=1e-6)
    assert facts["dead_ends"] == len(plain_cobra.dead_ends(core))
    assert facts["mass_imbalanced"] == len(plain_cobra.unbalanced(core, charge=False))
    assert facts["charge_imbalanced"] == len(plain_cobra.unbalanced(core, charge=True))
    assert facts["blocked"] == len(find_blocked_reactions(core, open_exchanges=True, processes=1))
    assert facts["energy_cycles"] == len(plain_cobra.charged(core))
    assert "EX_glyc_e" not in core.reactions
    assert facts["media_without_growth_names"] == ["M9_glycerol (infeasible)"]
    accuracy, mcc = plain_cobra.matthews({gene: gene in essential for gene in genes}, observed)
    assert facts["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert facts["mcc"] == pytest.approx(mcc, abs=1e-6)
    assert "and it grows with 0.874 1/h" in document["answer"]


def test_a_model_that_makes_energy_out_of_nothing_is_not_sound(
    stack: Stack, core: Any, tmp_path: Path
) -> None:
    free = core.reactions.PPC.copy()
    free.id, free.gene_reaction_rule = "FREE", ""
    core.add_reactions([free])
    free.build_reaction_from_string("adp_c + h_c + pi_c --> atp_c + h2o_c", verbose=False)
    added(stack, core, "perpetual", tmp_path)
    document = run(stack, "model_validation", model="perpetual", media=["M9_glucose"])
    assert "ATP" in plain_cobra.charged(core)
    assert document["facts"]["energy_cycles"] >= 1
    assert document["answer"].startswith("The model is not sound")


def added(stack: Stack, model: Any, name: str, folder: Path) -> None:
    file = folder / f"{name}.json"
    save_json_model(model, str(file))
    stack.json("models", "add", str(file), "--name", name)


def test_pathway_discovery(stack: Stack, core: Any) -> None:
    anaerobic = {"EX_o2_e": 0}
    inputs: dict[str, Any] = {
        "substrate": "EX_glc__D_e",
        "product": "EX_succ_e",
        "medium_changes": anaerobic,
    }
    facts = run(stack, "pathway_discovery", **inputs)["facts"]
    plain_cobra.changed(core, anaerobic)
    plain_cobra.sole_carbon(core, "EX_glc__D_e")
    best = plain_cobra.production(core, "EX_succ_e")
    assert facts["production"] == pytest.approx(best, rel=SAME)
    assert facts["yield_mol"] == pytest.approx(best / 10, rel=SAME)
    assert facts["yield_carbon"] == pytest.approx(best * 4 / (10 * 6), rel=SAME)
    assert facts["growth_per_h"] == pytest.approx(plain_cobra.growth(core), rel=SAME)
    assert facts["least_at_best_growth"] == pytest.approx(
        plain_cobra.secretion(core, "EX_succ_e", fraction=1)[0], abs=1e-6
    )
    essential = 0
    for reaction in core.reactions:
        with core:
            reaction.knock_out()
            lost = plain_cobra.production(core, "EX_succ_e") < 0.01 * best
            essential += lost and not reaction.boundary
    assert facts["essential_steps"] == essential


def test_pathway_discovery_fills_a_gap_that_a_human_agrees_to(
    stack: Stack, core: Any, tmp_path: Path
) -> None:
    plain_cobra.sole_carbon(core, "EX_glc__D_e")
    best = plain_cobra.production(core, "EX_etoh_e")
    with core:
        core.remove_reactions([core.reactions.ALCD2x])
        assert plain_cobra.production(core, "EX_etoh_e") == pytest.approx(0, abs=1e-6)
        added(stack, core, "without_alcohol", tmp_path)
    inputs = {"substrate": "EX_glc__D_e", "product": "EX_etoh_e", "universal": "e_coli_core"}
    waiting = run(stack, "pathway_discovery", model="without_alcohol", status=3, **inputs)
    assert waiting["waiting_for"]["call"]["tool"] == "gapfill_model"
    assert waiting["facts"]["proposed"] == ["ALCD2x"]
    document = answered(stack, waiting, "approve")
    assert document["status"] == "finished"
    assert document["facts"]["added"] == ["ALCD2x"]
    assert document["facts"]["production"] == pytest.approx(best, rel=SAME)
    assert document["model_digest"] != waiting["model_digest"]


def test_media_design(stack: Stack, core: Any) -> None:
    waiting = run(stack, "media_design", keep=True, status=3)
    assert waiting["waiting_for"]["call"]["tool"] == "apply_medium"
    document = answered(stack, waiting, "approve")
    facts = document["facts"]
    best = plain_cobra.growth(core)
    with core:
        plain_cobra.only(core, dict.fromkeys(facts["required_ids"], 1_000))
        core.reactions.EX_glc__D_e.lower_bound = -10
        assert len(facts["required_ids"]) == facts["fewest"]
        assert plain_cobra.growth(core) >= facts["floor"]
    for needed in facts["required_ids"]:
        with core:
            core.reactions.get_by_id(needed).lower_bound = 0
            assert plain_cobra.growth(core) < facts["floor"], needed
    medium = facts["best_medium"]
    with core:
        plain_cobra.only(core, medium)
        reached = plain_cobra.growth(core)
        assert reached == pytest.approx(facts["checked"], rel=SAME)
        assert reached == pytest.approx(0.9 * best, rel=SAME)
        for needed in medium:
            with core:
                core.reactions.get_by_id(needed).lower_bound = 0
                assert plain_cobra.growth(core) < 0.9 * best * 0.999, needed
    assert document["answer"].endswith("Kept as a new model: yes.")
    assert document["model_digest"] != waiting["model_digest"]
    grown = stack.json("tools", "call", "run_metabolic_fba", "--model", document["model_digest"])
    assert grown["result"]["growth_per_h"] == pytest.approx(reached, rel=SAME)


def test_strain_design(stack: Stack, core: Any) -> None:
    anaerobic = {"EX_o2_e": 0}
    inputs: dict[str, Any] = {"product": "EX_succ_e", "medium_changes": anaerobic, "make_strain": True}
    waiting = run(stack, "strain_design", status=3, **inputs)
    assert waiting["waiting_for"]["call"]["tool"] == "knock_out"
    facts = waiting["facts"]
    plain_cobra.changed(core, anaerobic)
    assert facts["wild_growth"] == pytest.approx(plain_cobra.growth(core), rel=SAME)
    assert facts["before_least"] == pytest.approx(
        plain_cobra.secretion(core, "EX_succ_e", fraction=1)[0], abs=1e-6
    )
    assert facts["before_greatest"] == pytest.approx(
        plain_cobra.secretion(core, "EX_succ_e", fraction=0)[1], rel=SAME
    )
    assert len(facts["knock_outs"]) == 2
    alone = []
    for identifier in facts["knock_outs"]:
        with core:
            core.reactions.get_by_id(identifier).knock_out()
            alone.append(plain_cobra.secretion(core, "EX_succ_e", fraction=0.99)[0])
    assert max(alone) < 0.01, "each knock-out is needed"
    for identifier in facts["knock_outs"]:
        core.reactions.get_by_id(identifier).knock_out()
    assert facts["strain_growth"] == pytest.approx(plain_cobra.growth(core), rel=SAME)
    least, greatest = plain_cobra.secretion(core, "EX_succ_e", fraction=0.99)
    assert (facts["least"], facts["greatest"]) == pytest.approx((least, greatest), rel=SAME)
    assert facts["after_least"] == pytest.approx(
        plain_cobra.secretion(core, "EX_succ_e", fraction=1)[0], rel=SAME
    )
    document = answered(stack, waiting, "reject", "--reason", "LDH must stay")
    assert document["status"] == "finished"
    assert document["answer"].endswith("Kept as a new model, in the medium that the model had: no.")


def test_condition_survey(stack: Stack, core: Any) -> None:
    changes = {
        "glucose": {},
        "no oxygen": {"EX_o2_e": 0},
        "acetate": {"EX_glc__D_e": 0, "EX_ac_e": 20},
        "succinate": {"EX_glc__D_e": 0, "EX_succ_e": 20},
        "nothing": {"EX_glc__D_e": 0},
    }
    conditions = [{"name": name, "medium_changes": change} for name, change in changes.items()]
    document = run(stack, "condition_survey", conditions=conditions, essentiality=True)
    growing = []
    for change, found in zip(changes.values(), document["facts"]["growth_per_h"], strict=True):
        with core:
            plain_cobra.changed(core, change)
            expected = plain_cobra.growth(core)
            assert found == (pytest.approx(expected, rel=SAME) if expected else None)
            if expected:
                growing.append(len(plain_cobra.essential_genes(core)))
    assert document["facts"]["essential_genes"] == growing
    assert len(growing) == 4
    assert "nothing unknown" in document["answer"]


def test_model_comparison(stack: Stack, core: Any, tmp_path: Path) -> None:
    whole = plain_cobra.model("e_coli_core")
    core.remove_reactions([core.reactions.FRD7, core.reactions.TPI], remove_orphans=True)
    added(stack, core, "smaller", tmp_path)
    facts = run(stack, "model_comparison", models=["e_coli_core", "smaller"])["facts"]
    both = [whole, core]
    assert facts["scores"][0] == pytest.approx(0.578345, abs=1e-6)
    assert facts["growth_per_h"] == pytest.approx([plain_cobra.growth(one) for one in both], rel=SAME)
    assert facts["shared_reactions"] == len(
        set.intersection(*({r.id for r in one.reactions} for one in both))
    )
    assert facts["shared_genes"] == len(set.intersection(*({g.id for g in one.genes} for one in both)))
    essential = set.intersection(*(plain_cobra.essential_genes(one) for one in both))
    assert facts["shared_essential_genes"] == len(essential)


def test_model_comparison_puts_a_question_to_each_model(stack: Stack, core: Any) -> None:
    document = run(
        stack, "model_comparison", models=["e_coli_core", "textbook"], question="Which genes are essential?"
    )
    answers = document["facts"]["answers"]
    assert len(answers) == 2
    for gene in plain_cobra.essential_genes(core):
        assert all(gene in answer for answer in answers)


def test_metabolic_analysis(stack: Stack, core: Any) -> None:
    document = run(stack, "metabolic_analysis", question="Which genes are essential for growth?")
    assert document["facts"]["growth_per_h"] == pytest.approx(plain_cobra.growth(core), rel=SAME)
    for gene in plain_cobra.essential_genes(core):
        assert gene in document["answer"]


def test_a_mistake_ends_in_words_that_name_it(stack: Stack) -> None:
    document = run(stack, "strain_design", product="EX_suc_e", status=1)
    assert document["status"] == "failed"
    assert "'EX_suc_e' is no exchange reaction" in document["error"]["message"]
    assert "EX_succ_e" in str(document["error"]["suggestions"])
