"""Every deletion grows as cobra's own says, though few are solved; parts and short tables lose nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from cobra.flux_analysis import double_gene_deletion

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Shard
from fluxagents.tasks.fba.deletions import gene_pairs
from fluxagents.tasks.fba.deletions import run_gene_deletion_analysis as gene_deletion
from fluxagents.tasks.registry import tool_named

NAME = "run_gene_deletion_analysis"

Growth = dict[frozenset[str], float | None]


@pytest.fixture(scope="module")
def all_pairs(textbook: Any) -> Growth:
    """Growth after all single and double deletions, as cobra found them; None if infeasible."""
    table = double_gene_deletion(textbook, processes=1)
    return {frozenset(row.ids): None if math.isnan(row.growth) else row.growth for row in table.itertuples()}


def growth_of(found: Any) -> Growth:
    table = found.deletions
    return {frozenset(genes): growth for genes, growth in zip(table.genes, table.growth_per_h, strict=True)}


def test_all_pairs_of_the_core_model_equal_cobra(
    textbook: Any, all_pairs: Growth, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, kind="double")
    assert (found.deletions_tested, found.lethal_deletions, found.lethal_pairs) == (9453, 991, 984)
    assert found.pairs_listed == "all"
    assert found.pairs_to_solve < 1000
    ours = growth_of(found)
    assert ours.keys() == all_pairs.keys()
    for genes, growth in all_pairs.items():
        assert ours[genes] == (None if growth is None else pytest.approx(growth, rel=1e-6, abs=1e-7)), genes


def test_synthetic_lethal_pairs_are_lethal_only_together(
    textbook: Any, all_pairs: Growth, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, kind="double")

    def lethal(genes: frozenset[str]) -> bool:
        return bool((all_pairs[genes] or 0.0) < 0.01 * found.growth_per_h)

    expected = {
        genes
        for genes in all_pairs
        if len(genes) == 2 and lethal(genes) and not any(lethal(frozenset({gene})) for gene in genes)
    }
    assert {frozenset(pair) for pair in found.synthetic_lethal_pairs} == expected
    assert len(found.lethal_genes) == 7
    assert len(expected) + 7 * 130 + 7 * 6 // 2 == 984


def test_what_the_short_table_leaves_out_grows_as_the_worse_gene(
    textbook: Any, all_pairs: Growth, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gene_deletion, "MAX_PAIRS_LISTED", 0)
    found = call(NAME, textbook, kind="double")
    assert found.pairs_listed == "interacting"
    assert found.deletions_tested == 9453
    listed = growth_of(found)
    assert 53 < len(listed) < 500
    for genes, growth in all_pairs.items():
        if genes not in listed:
            alone = [all_pairs[frozenset({gene})] for gene in genes]
            worse = None if None in alone else min(value for value in alone if value is not None)
            assert growth == (None if worse is None else pytest.approx(worse, rel=1e-6, abs=1e-7)), genes


def test_parts_together_are_the_whole(textbook: Any) -> None:
    args = tool_named(NAME).parse({"kind": "double", "medium_changes": {"EX_o2_e": 0}})
    assert isinstance(args, gene_deletion.Args)
    pieces = [gene_deletion.run_shard(textbook, args, Shard(index=i, of=3)) for i in range(3)]
    kept = [gene_deletion.Result.model_validate_json(piece.model_dump_json()) for piece in pieces]
    joined, whole = gene_deletion.merge(args, kept), gene_deletion.run(textbook, args)
    assert growth_of(joined) == {genes: pytest.approx(growth) for genes, growth in growth_of(whole).items()}
    leave_out = {"deletions"}
    assert joined.model_dump(exclude=leave_out) == whole.model_dump(exclude=leave_out)


def test_large_requests_are_split_and_small_ones_are_not(ijo1366: Any, textbook: Any) -> None:
    args = tool_named(NAME).parse({"kind": "double"})
    assert isinstance(args, gene_deletion.Args)
    assert gene_deletion.count_shards(textbook, args) == 1
    assert gene_deletion.count_shards(ijo1366, args) == gene_deletion.PARTS


def test_partners_are_paired_with_the_genes_only(
    textbook: Any, all_pairs: Growth, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, kind="double", partners=["b1723", "b0720"])
    assert found.deletions_tested == 2 * 137 - 1
    assert {frozenset(genes) for genes in found.deletions.genes} == {
        genes for genes in all_pairs if genes & {"b1723", "b0720"}
    }


def test_pairs_of_a_genome_scale_model_equal_cobra(ijo1366: Any, call: Callable[..., Any]) -> None:
    genes = [gene.id for gene in ijo1366.genes[100:1300:60]]
    found = call(NAME, ijo1366, kind="double", genes=genes)
    reference = double_gene_deletion(ijo1366, genes, genes, processes=1)
    expected = {frozenset(row.ids): row.growth for row in reference.itertuples()}
    assert growth_of(found) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_named_sets_are_deleted_together(textbook: Any, call: Callable[..., Any]) -> None:
    sets = [["b3916", "b1723"], ["b0008", "b2464"], ["b0008"], ["b0720"]]
    found = call(NAME, textbook, kind="sets", sets=sets)
    assert found.deletions.genes == tuple(map(tuple, sets))
    with textbook:
        for gene in sets[0]:
            textbook.genes.get_by_id(gene).knock_out()
        expected = textbook.slim_optimize()
    assert found.deletions.growth_per_h[0] == pytest.approx(expected, rel=1e-6, abs=1e-7)
    assert found.deletions.is_lethal[3]
    assert found.lethal_genes == ("b0720",)
    assert found.key_findings()["growth_fraction_of_wild_type"]["count"] == 4


def test_single_deletions_agree_with_essentiality(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    essential = call("analyze_essentiality", textbook, what="genes")
    assert found.lethal_genes == essential.essential_genes
    assert found.deletions.growth_per_h == essential.genes.growth_per_h


def test_too_many_solves_are_refused_with_a_way_out(
    textbook: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gene_pairs, "MAX_SOLVES", 100)
    with pytest.raises(FluxError, match="pairs of 137 genes need more than 100 solves; name fewer") as raised:
        call(NAME, textbook, kind="double")
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


@pytest.mark.parametrize(
    "args",
    [
        {"kind": "sets"},
        {"kind": "double", "sets": [["b0720"]]},
        {"kind": "sets", "sets": [[]]},
        {"kind": "single", "partners": ["b0720"]},
    ],
)
def test_arguments_that_contradict_each_other_are_refused(
    textbook: Any, call: Callable[..., Any], args: dict[str, Any]
) -> None:
    with pytest.raises(FluxError) as raised:
        call(NAME, textbook, **args)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_unknown_genes_name_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"gene 'b07201' is not in model.*nearest: b0721, b0720"):
        call(NAME, textbook, kind="sets", sets=[["b0008", "b07201"]])
