"""The search for lethal sets, with the pruning of Fast-SL.

A set of knock-outs is lethal only if it hits every flux distribution that keeps the cell alive. So each set
of three has a member that the wild type's distribution needs, another that some distribution without the
first needs, and a third likewise: a tree of few branches holds all lethal sets. Every distribution that is
found is kept as a proof of survival for all other sets that leave it alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations

from fluxagents.flows.events import Shard
from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargets
from fluxagents.tasks.fba.cut_sets.witness_pool import WitnessPool
from fluxagents.tasks.fba.solving.wild_type import Disabled

WHOLE = Shard(index=0, of=1)

LethalSet = tuple[str, ...]
"""Ids in the order of the model."""


class LethalSearch:
    """All minimal lethal sets, by size.

    Args:
        targets: What may be knocked out.
        find_active: The reactions that carry flux in a living strain without these; None if there is none.
    """

    def __init__(self, targets: CutTargets, find_active: Callable[[Disabled], Disabled | None]) -> None:
        self._targets, self._find_active = targets, find_active
        self._rank = {identifier: rank for rank, identifier in enumerate(targets.ids)}
        self._pool = WitnessPool()
        self._living: dict[Disabled, Disabled | None] = {}
        # Part of a lethal set -> the targets that complete it.
        self._completing: defaultdict[frozenset[str], set[str]] = defaultdict(set)

    @property
    def solves(self) -> int:
        """Count of strains for which a linear program was solved."""
        return len(self._living)

    def root(self) -> tuple[str, ...]:
        """The targets that the first distribution needs: each lethal set has one of them."""
        return self._sort(self._find_witness(()) or ())

    def find(self, size: int, shard: Shard = WHOLE) -> list[LethalSet]:
        """The lethal sets of this size of which no part is lethal; call it for all smaller sizes before.

        Args:
            size: Count of knock-outs.
            shard: Which of the branches at the root; of all sizes but the last, all branches.
        """
        branches = [
            (target, frozenset(self.root()[:rank]))
            for rank, target in enumerate(self.root())
            if rank % shard.of == shard.index and target not in self._completing[frozenset()]
        ]
        found = chain.from_iterable(self._descend((target,), closed, size) for target, closed in branches)
        lethal = sorted(map(self._sort, found), key=lambda ids: [self._rank[name] for name in ids])
        for ids in lethal:
            for target in ids:
                self._completing[frozenset(ids) - {target}].add(target)
        return lethal

    def _descend(self, knock_outs: LethalSet, closed: frozenset[str], size: int) -> Iterator[LethalSet]:
        """The lethal sets of this size with these knock-outs and none of the closed targets."""
        witness = self._find_witness(knock_outs)
        if len(knock_outs) == size:
            if witness is None:
                yield knock_outs
            return
        assert witness is not None, "parts of lethal sets are closed"
        parts = chain.from_iterable(combinations(knock_outs, count) for count in range(len(knock_outs) + 1))
        completing = (self._completing.get(frozenset(part), ()) for part in parts)
        left_out = closed.union(*completing)
        branches = self._sort(witness - left_out)
        for rank, target in enumerate(branches):
            # A set with an earlier target as well is found in that one's branch.
            yield from self._descend((*knock_outs, target), left_out.union(branches[:rank]), size)

    def _find_witness(self, knock_outs: LethalSet) -> frozenset[str] | None:
        witness = self._pool.find(knock_outs)
        if witness is not None:
            return witness
        disabled = self._targets.disable(knock_outs)
        if disabled not in self._living:
            self._living[disabled] = self._find_active(disabled)
        active = self._living[disabled]
        if active is None:
            return None
        witness = self._targets.find_needed(active, knock_outs)
        self._pool.add(witness)
        return witness

    def _sort(self, targets: Sequence[str] | frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(targets, key=self._rank.__getitem__))
