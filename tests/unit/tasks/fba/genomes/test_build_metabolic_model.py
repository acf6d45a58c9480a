"""A draft on E. coli's core as universal model: its score is the best, and reactions say why they are in."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from cobra.flux_analysis import find_blocked_reactions
from tests.support.genomes import annotate_from_rules

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes import build_metabolic_model
from fluxagents.tasks.fba.genomes.annotation import Annotation
from fluxagents.tasks.fba.genomes.draft_model import reduce_to_draft, tabulate_draft
from fluxagents.tasks.fba.genomes.reaction_scores import score_reactions
from fluxagents.tasks.fba.genomes.reference_set import find_reference
from fluxagents.tasks.fba.genomes.selection.flux_network import FluxNetwork, find_active
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary

HIDDEN = {"ENO"}
"""Its genes are not shown; growth needs it, and some reactions that the reference does not know."""

Build = Callable[..., build_metabolic_model.Result]


@pytest.fixture
def build(fresh_textbook: Any) -> Build:
    def run(hidden: set[str] = HIDDEN, media: tuple[str, ...] = ("M9_glucose",), **args: Any) -> Any:
        library = MediaLibrary(None)
        evidence = build_metabolic_model.Evidence(
            annotate_from_rules(fresh_textbook, hidden), tuple(library.medium(name) for name in media)
        )
        parsed = build_metabolic_model.Args(annotation="0" * 6, media=media, gap_fraction=0.0, **args)
        return build_metabolic_model.run(fresh_textbook, parsed, evidence)

    return run


def best_score(model: Any, values: dict[str, float]) -> float:
    """The best of all networks: with each set of reactions without evidence, without what carries no flux."""
    network, ids = FluxNetwork.of(model.reactions), [reaction.id for reaction in model.reactions]
    needed = [ids.index("Biomass_Ecoli_core"), ids.index("ATPM")]
    unsupported = [name for name in ids if values[name] < 0]
    best = -math.inf
    most = sum(value for value in values.values() if value > 0)
    for count in range(len(unsupported) + 1):
        if most - count <= best:
            return best  # a larger set costs more than everything that it could bring
        for chosen in combinations(unsupported, count):
            is_open = [values[name] >= 0 or name in chosen for name in ids]
            active = find_active(network.restrict(np.array(is_open)))
            if all(active[position] for position in needed):
                best = max(best, sum(values[name] for name, flag in zip(ids, active, strict=True) if flag))
    return best


@pytest.mark.long
def test_the_score_is_the_best_and_the_gap_says_so(build: Build, fresh_textbook: Any) -> None:
    result = build()
    names = {reaction.id for reaction in fresh_textbook.reactions}
    scores = score_reactions(annotate_from_rules(fresh_textbook, HIDDEN), find_reference(), names, 1.0)
    free = {reaction.id for reaction in fresh_textbook.exchanges} | {result.biomass_reaction, "ATPM"}
    values = {
        r.id: 0.0 if r.id in free else scores[r.id].score if r.id in scores else -1.0
        for r in fresh_textbook.reactions
    }
    assert result.status == "optimal"
    assert result.score == pytest.approx(best_score(fresh_textbook, values), abs=1e-6)
    assert result.score_bound == pytest.approx(result.score, abs=1e-6)
    chosen = [row for row in result.draft.reactions if row.decision == "kept"]
    assert sum(values[row.reaction] for row in chosen) == pytest.approx(result.score, abs=1e-6)


def test_a_search_that_is_out_of_time_says_so(build: Build) -> None:
    result = build(time_limit_s=1e-6)
    assert result.status == "time_limit"
    assert result.score_bound > result.score
    assert result.gap_fraction > 0


def test_what_growth_needs_is_kept_without_evidence_and_says_what_it_is_worth(build: Build) -> None:
    rows = {row.reaction: row for row in build().draft.reactions}
    assert rows["ENO"].is_in
    assert rows["ENO"].score is None
    assert rows["ENO"].gene_rule == ""
    assert rows["ENO"].growth_lost_fraction == 1.0
    assert rows["PGK"].decision == "kept"
    assert rows["PGK"].gene_rule
    assert rows["PGK"].best_hits.replace(".", "_") in rows["PGK"].gene_rule
    spared = [row for row in rows.values() if row.decision == "left_out" and row.score is None]
    assert spared
    assert {row.gene_rule for row in spared} == {""}


def test_a_medium_adds_what_is_missing_for_it_and_nothing_that_can_be_spared(
    build: Build, fresh_textbook: Any
) -> None:
    without = build({"ENO", "ACt2r", "ACKr"}, ("M9_glucose", "M9_acetate"))
    media = {row.medium: row for row in without.media}
    assert media["M9_acetate"].growth_per_h == pytest.approx(media["M9_acetate"].growth_per_h or 0, abs=1e-9)
    assert media["M9_acetate"].growth_per_h is not None
    added = set(media["M9_acetate"].added)
    assert all("M9_acetate" in row.reason for row in without.draft.reactions if row.reaction in added)
    acetate = MediaLibrary(None).medium("M9_acetate")
    kept = {row.reaction for row in without.draft.reactions if row.is_in}
    for spared in added:
        with fresh_textbook as model:
            model.medium = {
                f"EX_{part.bigg}_e": part.uptake_mmol_per_gdw_h
                for part in acetate.components
                if f"EX_{part.bigg}_e" in model.reactions
            }
            for reaction in model.reactions:
                if reaction.id not in kept - {spared}:
                    reaction.bounds = (0, 0)
            assert not model.slim_optimize(error_value=0.0) >= 0.05


def test_the_same_genome_gives_the_same_draft(build: Build) -> None:
    assert build().draft.file.digest == build().draft.file.digest


def test_the_draft_becomes_a_model_with_evidence_in_its_notes(build: Build, fresh_textbook: Any) -> None:
    result = build()
    draft = result.draft
    reduce_to_draft(fresh_textbook, draft)
    assert fresh_textbook.slim_optimize() == pytest.approx(result.media[0].growth_per_h, rel=1e-6)
    assert len(fresh_textbook.genes) == result.genes > 0
    assert {r.id for r in fresh_textbook.reactions} == {row.reaction for row in draft.reactions if row.is_in}
    assert fresh_textbook.reactions.PGK.notes["evidence"].startswith("kept: genes; score ")
    assert "no evidence" in fresh_textbook.reactions.ENO.notes["evidence"]
    assert fresh_textbook.notes["draft"] == draft.file.digest


def test_a_draft_of_another_universal_model_is_refused(build: Build, fresh_textbook: Any) -> None:
    draft = build().draft
    rows = (draft.reactions[0].model_copy(update={"reaction": "NOT_HERE", "decision": "kept"}),)
    with pytest.raises(FluxError, match="has reaction 'NOT_HERE'") as raised:
        reduce_to_draft(fresh_textbook, draft.model_copy(update={"reactions": rows}))
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_a_genome_without_known_proteins_is_refused(fresh_textbook: Any) -> None:
    nothing = Annotation(genome="", aligner="", reference="", hits=())
    evidence = build_metabolic_model.Evidence(nothing, ())
    with pytest.raises(FluxError, match="no protein of the genome speaks for a reaction") as raised:
        build_metabolic_model.run(fresh_textbook, build_metabolic_model.Args(annotation="0" * 6), evidence)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


@pytest.mark.parametrize(
    "closed", [set(), {"GLCpts", "FRUpts2"}, {"PGI", "TKT1"}, {"O2t", "CYTBD"}, {"ENO", "PPC"}]
)
def test_reactions_without_flux_are_those_that_cobra_finds(fresh_textbook: Any, closed: set[str]) -> None:
    for reaction in fresh_textbook.reactions:
        low, high = reaction.bounds
        is_exchange = reaction in fresh_textbook.exchanges
        reaction.bounds = (-1000 if low < 0 or is_exchange else 0, 1000 if high > 0 or is_exchange else 0)
        if reaction.id in closed:
            reaction.bounds = (0, 0)
    active = find_active(FluxNetwork.of(fresh_textbook.reactions))
    blocked = {r.id for r, is_active in zip(fresh_textbook.reactions, active, strict=True) if not is_active}
    assert blocked == set(find_blocked_reactions(fresh_textbook, processes=1))


def test_alternatives_agree_on_what_growth_needs_and_are_the_same_for_a_seed(build: Build) -> None:
    plain, draft = build().draft, build(alternatives=3).draft
    assert (draft.reactions, plain.agreement_fraction) == (plain.reactions, {})
    assert draft.file.digest == build(alternatives=3).draft.file.digest
    agreement = draft.agreement_fraction
    assert set(agreement) == {row.reaction for row in draft.reactions}
    assert set(agreement.values()) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    assert {agreement[name] for name in ("Biomass_Ecoli_core", "ATPM")} == {1.0}
    assert set(agreement.values()) - {0.0, 1.0}, "no alternative differs from the draft"
    table = tabulate_draft(draft).set_index("reaction")["agreement_fraction"]
    assert table.to_dict() == agreement
    assert tabulate_draft(plain)["agreement_fraction"].isna().all()
