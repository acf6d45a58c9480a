"""Lethal sets are those that cobra finds when it tries every set, and shards together find all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, count
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Shard
from fluxagents.tasks.fba.cut_sets import find_synthetic_lethals as synthetic_lethals
from fluxagents.tasks.registry import tool_named

NAME = "find_synthetic_lethals"

Sets = dict[int, set[frozenset[str]]]


def sets_of(found: Any) -> Sets:
    table = found.tables()["lethal_sets"]
    return {
        size: {frozenset(ids.split(" + ")) for ids in table["ids"][table["knock_outs"] == size]}
        for size in (1, 2, 3)
    }


class BruteForce:
    """Every candidate set of the core model, one at a time, by cobra alone."""

    def __init__(self, model: Any, kind: str) -> None:
        self.model, self.items = model, getattr(model, kind)
        self.least = 0.01 * model.slim_optimize()
        self.growth: dict[frozenset[str], float] = {}

    def is_lethal(self, ids: Sequence[str]) -> bool:
        with self.model as model:
            for identifier in ids:
                self.items.get_by_id(identifier).knock_out()
            closed = frozenset(reaction.id for reaction in model.reactions if reaction.bounds == (0, 0))
            if closed not in self.growth:
                self.growth[closed] = model.slim_optimize(error_value=0.0)
            return math.isnan(self.growth[closed]) or self.growth[closed] < self.least

    def sets(self, ids: Sequence[str]) -> Sets:
        """All minimal lethal sets; a set with a lethal part needs no trial, nor is it one."""
        found: Sets = {}
        for size in (1, 2, 3):
            smaller = set().union(*found.values())
            found[size] = {
                frozenset(chosen)
                for chosen in combinations(ids, size)
                if smaller.isdisjoint(self._parts(chosen)) and self.is_lethal(chosen)
            }
        return found

    def _parts(self, chosen: Sequence[str]) -> Iterator[frozenset[str]]:
        for size in range(1, len(chosen)):
            yield from map(frozenset, combinations(chosen, size))


def internal(model: Any) -> list[str]:
    return [r.id for r in model.reactions if not r.boundary and r.id != "Biomass_Ecoli_core"]


CENTRAL_REACTIONS = [
    "PGI", "PFK", "FBA", "TPI", "GAPD", "PYK", "PDH", "PFL", "G6PDH2r", "GND", "TKT1", "TALA", "CS", "ACONTa",
    "ICDHyr", "AKGDH", "SUCDi", "FUM", "MDH", "PPC", "ME1", "ME2", "ATPS4r", "CYTBD", "NADH16", "NADTRHD",
]  # fmt: skip


def test_triples_of_central_metabolism_are_those_of_brute_force(
    textbook: Any, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, candidates=CENTRAL_REACTIONS)
    assert sets_of(found) == BruteForce(textbook, "reactions").sets(CENTRAL_REACTIONS)
    assert found.targets == len(CENTRAL_REACTIONS)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_all_lethal_sets_of_reactions_are_those_of_brute_force(
    textbook: Any, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook)
    assert [len(sets) for sets in sets_of(found).values()] == [13, 88, 120]
    assert sets_of(found) == BruteForce(textbook, "reactions").sets(internal(textbook))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_all_lethal_sets_of_genes_are_those_of_brute_force(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, kind="genes")
    assert [len(sets) for sets in sets_of(found).values()] == [7, 53, 395]
    assert sets_of(found) == BruteForce(textbook, "genes").sets([gene.id for gene in textbook.genes])


# Subunits of one complex, isozymes, and genes in rules with both.
GENES_OF_RULES = [
    "b3731", "b3732", "b0733", "b0734", "b1723", "b3916", "b1852", "b4025", "b3919", "b2276", "b2277",
    "b0721",
]  # fmt: skip


def test_triples_of_genes_with_all_kinds_of_rules_are_those_of_brute_force(
    textbook: Any, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, kind="genes", candidates=GENES_OF_RULES)
    expected = BruteForce(textbook, "genes").sets(GENES_OF_RULES)
    assert sets_of(found) == expected
    assert expected[2]
    assert expected[3]


def test_a_model_with_another_constraint_is_searched_under_it(
    fresh_textbook: Any, call: Callable[..., Any]
) -> None:
    carbon = fresh_textbook.problem.Constraint(
        fresh_textbook.reactions.PFK.flux_expression - fresh_textbook.reactions.EX_co2_e.flux_expression,
        lb=-12,
    )
    fresh_textbook.add_cons_vars(carbon)
    found = call(NAME, fresh_textbook, candidates=CENTRAL_REACTIONS[:14])
    assert sets_of(found) == BruteForce(fresh_textbook, "reactions").sets(CENTRAL_REACTIONS[:14])


def test_a_search_that_ran_out_of_time_says_so(textbook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    args = synthetic_lethals.Args(time_limit_s=100)
    looks = count()
    monkeypatch.setattr(synthetic_lethals, "monotonic", lambda: 0 * next(looks))
    whole = synthetic_lethals.run(textbook, args)
    assert (whole.is_complete, whole.open_branches) == (True, 0)
    clock = count(step=args.time_limit_s / (0.8 * next(looks)))
    monkeypatch.setattr(synthetic_lethals, "monotonic", lambda: next(clock))
    ended = synthetic_lethals.run(textbook, args)
    assert ended.is_complete is False
    assert ended.open_branches
    assert ended.key_findings()["open_branches"] == ended.open_branches
    assert sets_of(ended)[1] == sets_of(whole)[1]
    assert sets_of(ended)[3] < sets_of(whole)[3]
    merged = synthetic_lethals.merge(args, [ended, whole])
    assert (merged.is_complete, merged.open_branches) == (False, ended.open_branches)
    assert merged.synthetic_lethal_pairs == whole.synthetic_lethal_pairs


def test_singles_and_pairs_are_those_of_the_other_tools(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, kind="genes", most_knock_outs=2)
    pairs = call("run_gene_deletion_analysis", textbook, kind="double")
    assert set(found.lethal_alone) == set(pairs.lethal_genes)
    assert {frozenset(pair) for pair in found.synthetic_lethal_pairs} == {
        frozenset(pair) for pair in pairs.synthetic_lethal_pairs
    }
    every = [reaction.id for reaction in textbook.reactions if reaction.id != "ATPM"]
    reactions = call(NAME, textbook, most_knock_outs=1, candidates=every)
    essential = call("analyze_essentiality", textbook, what="reactions").essential_reactions
    assert sorted(reactions.lethal_alone) == sorted(essential)
    assert len(essential) == 18


def test_pruning_leaves_few_strains_to_solve(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    assert found.strains_solved < math.comb(found.targets, 3) / 100


@pytest.mark.parametrize("kind", ["reactions", "genes"])
def test_shards_together_are_the_whole(textbook: Any, kind: str) -> None:
    tool = tool_named(NAME)
    args = tool.parse({"kind": kind, "medium_changes": {"EX_o2_e": 0}})
    assert isinstance(args, synthetic_lethals.Args)
    whole = synthetic_lethals.run(textbook, args)
    shards = [synthetic_lethals.run_shard(textbook, args, Shard(index=i, of=3)) for i in range(3)]
    merged = synthetic_lethals.merge(args, shards)
    assert sets_of(merged) == sets_of(whole)
    assert len(merged.synthetic_lethal_triples) == len(whole.synthetic_lethal_triples)
    assert merged.growth_per_h == pytest.approx(0.2116629497)


def test_shards_that_divided_the_search_differently_are_refused(textbook: Any) -> None:
    args = synthetic_lethals.Args()
    shards = [synthetic_lethals.run_shard(textbook, args, Shard(index=i, of=2)) for i in range(2)]
    other = shards[1].model_copy(update={"used_by_wild_type": shards[1].used_by_wild_type[1:]})
    with pytest.raises(FluxError, match="different optima") as caught:
        synthetic_lethals.merge(args, [shards[0], other])
    assert caught.value.kind is ErrorClass.NUMERICAL


def test_only_sets_of_three_of_large_models_are_split(textbook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    split = tool_named(NAME).split
    assert split is not None
    assert split.count(textbook, synthetic_lethals.Args()) == 1
    monkeypatch.setattr(synthetic_lethals, "MAX_TARGETS_WHOLE", 90)
    assert split.count(textbook, synthetic_lethals.Args()) == synthetic_lethals.PARTS
    assert split.count(textbook, synthetic_lethals.Args(most_knock_outs=2)) == 1


def test_a_model_without_growth_has_no_lethal_sets(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, medium_changes={"EX_glc__D_e": 0})
    assert (found.targets, found.lethal_alone, found.synthetic_lethal_triples) == (None, (), ())


def test_an_unknown_candidate_names_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="'PGJ' is not in model") as caught:
        call(NAME, textbook, candidates=["PGJ"])
    assert "PGM" in " ".join(caught.value.suggestions)
