"""Pairs of genes deleted together, of which only a few need a solve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, islice, product

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Shard
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.fba.solving.wild_type import Disabled, Survivor, WildType

MAX_SOLVES = 50_000
"""Pairs that one part of the work may have to solve, in about 5 ms each."""

Pair = tuple[str, str]


class GenePairs:
    """Pairs of genes with partners, in order; a gene with itself is its deletion alone.

    Args:
        wild_type: One that grows.
        rules: Of its model.
        genes: Ids, each once.
        partners: Ids, each once; None for the genes themselves.
        shard: Which of all these pairs.

    Raises:
        FluxError: `BAD_ARGUMENT` if more than `MAX_SOLVES` pairs may need a solve.
    """

    def __init__(
        self,
        wild_type: WildType,
        rules: GeneRules,
        genes: Sequence[str],
        partners: Sequence[str] | None,
        shard: Shard,
    ) -> None:
        self._wild_type = wild_type
        self._rules = rules
        self._genes = genes
        self._partners = partners
        self._disabled = {gene: rules.disabled_reactions((gene,)) for gene in (*genes, *(partners or ()))}
        self.alone = {gene: wild_type.without(indices) for gene, indices in self._disabled.items()}
        self.of_all_parts = sum(1 for _ in self._all())
        self._slice = (
            self.of_all_parts * shard.index // shard.of,
            self.of_all_parts * (shard.index + 1) // shard.of,
        )
        self.unsettled = self._count_unsettled()
        """Pairs that no single deletion settles; at most so many are solved."""

    def __iter__(self) -> Iterator[Pair]:
        return islice(self._all(), *self._slice)

    def without(self, pair: Pair) -> Survivor:
        """The strain without both genes."""
        first, second = pair
        if first == second:
            return self.alone[first]
        return self._wild_type.without_both(self._both(pair), (self.alone[first], self.alone[second]))

    def interact(self, pair: Pair, survivor: Survivor) -> bool:
        """Whether a pair differs from the worse of its two genes."""
        return not any(survivor.is_as_good_as(self.alone[gene]) for gene in pair)

    def _both(self, pair: Pair) -> Disabled:
        if self._rules.share_a_rule(*pair):
            return self._rules.disabled_reactions(pair)
        return self._disabled[pair[0]] | self._disabled[pair[1]]

    def _all(self) -> Iterator[Pair]:
        if self._partners is None:
            yield from combinations_with_replacement(self._genes, 2)
            return
        partners, genes = frozenset(self._partners), frozenset(self._genes)
        for first, second in product(self._genes, self._partners):
            met_before = first > second and first in partners and second in genes
            if not met_before:
                yield first, second

    def _count_unsettled(self) -> int:
        unsettled = 0
        for pair in self:
            parents = [self.alone[gene] for gene in pair]
            unsettled += self._wild_type.inherit_growth(self._both(pair), parents) is None
            if unsettled > MAX_SOLVES:
                raise FluxError(
                    ErrorClass.BAD_ARGUMENT,
                    f"pairs of {len(self._disabled)} genes need more than {MAX_SOLVES} solves",
                    suggestions=("name fewer 'genes'", "pair all genes with a few 'partners'"),
                )
        return unsettled
