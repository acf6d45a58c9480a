"""The search for lethal sets, with the pruning of Fast-SL.

A set of knock-outs is lethal only if it hits every flux distribution that keeps the cell alive. So each set
of three has a member that one living distribution needs, another that some distribution without the first
needs, and a third likewise: a tree of few branches holds all lethal sets. Every distribution that is found
is kept as a proof of survival for all other sets that leave it alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations

from fluxagents.flows.events import Shard
from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargets
from fluxagents.tasks.fba.cut_sets.witness_pool import WitnessPool, list_bits, set_bits
from fluxagents.tasks.fba.solving.wild_type import Disabled

WHOLE = Shard(index=0, of=1)

MANY = 2
"""Sets from which on a further state may prove several of them alive at once."""

LethalSet = tuple[str, ...]
"""Ids in the order of the model."""

Ranks = tuple[int, ...]
"""Places in `CutTargets.ids`."""


class LethalSearch:
    """All minimal lethal sets, by size.

    Args:
        targets: What may be knocked out.
        find_active: The reactions that carry flux in a living strain without these; None if there is none.
        find_other: The same for another state of such a strain, with few of some other reactions. One such
            state proves many sets at once to be alive.
        is_over: Whether the search must stop.

    Attributes:
        open_branches: Count of branches at the root that were not searched to the end when it stopped.
    """

    def __init__(
        self,
        targets: CutTargets,
        find_active: Callable[[Disabled], Disabled | None],
        find_other: Callable[[Disabled, Disabled], Disabled | None] | None = None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._targets, self._find_active, self._find_other = targets, find_active, find_other
        self._is_over = is_over
        self._rank = {identifier: rank for rank, identifier in enumerate(targets.ids)}
        self._pool = WitnessPool()
        # Part of a lethal set -> the targets that complete it.
        self._completing: defaultdict[frozenset[int], int] = defaultdict(int)
        self._ended: dict[int, Disabled] = {}
        self.open_branches = 0

    def root(self) -> LethalSet:
        """The targets that the first distribution needs: each lethal set has one of them."""
        return self._names(list_bits(self._find_witness(()) or 0))

    def find(self, size: int, shard: Shard = WHOLE) -> list[LethalSet]:
        """The lethal sets of this size of which no part is lethal; call it for all smaller sizes before.

        Args:
            size: Count of knock-outs.
            shard: Which of the branches at the root; of all sizes but the last, all branches.
        """
        lethal: list[Ranks] = []
        closed = self._completing[frozenset()]
        for place, target in enumerate(list_bits(self._find_witness(()) or 0)):
            if place % shard.of == shard.index and not closed >> target & 1:
                lethal += self._descend((target,), closed, size)
                self.open_branches += self._is_over()
            # A set with an earlier target as well is found in that one's branch.
            closed |= 1 << target
        for ranks in lethal:
            for rank in ranks:
                self._completing[frozenset(ranks) - {rank}] |= 1 << rank
        return [self._names(ranks) for ranks in sorted(tuple(sorted(ranks)) for ranks in lethal)]

    def _descend(self, knock_outs: Ranks, closed: int, size: int) -> Iterator[Ranks]:
        """The lethal sets of this size with these knock-outs and none of the closed targets."""
        if self._is_over():
            return
        witness = self._find_witness(knock_outs)
        if len(knock_outs) == size:
            if witness is None:
                yield knock_outs
            return
        assert witness is not None, "parts of lethal sets are closed"
        for part in chain.from_iterable(combinations(knock_outs, n) for n in range(len(knock_outs) + 1)):
            closed |= self._completing.get(frozenset(part), 0)
        branches = witness & ~closed
        if len(knock_outs) == size - 1:
            branches = self._drop_living(knock_outs, branches)
        for target in list_bits(branches):
            yield from self._descend((*knock_outs, target), closed, size)
            closed |= 1 << target

    def _drop_living(self, knock_outs: Ranks, targets: int) -> int:
        """Those of the targets of which it is not seen at once that the strain lives without them too."""
        left = set_bits(rank for rank in list_bits(targets) if self._pool.find((*knock_outs, rank)) is None)
        if self._find_other is None or left.bit_count() < MANY:
            return left
        gone = self._names(knock_outs)
        disabled = self._targets.disable(gone)
        while left.bit_count() >= MANY and not self._is_over():
            avoided = frozenset[int]().union(*(self._ends(rank) for rank in list_bits(left)))
            active = self._find_other(disabled, avoided - disabled)
            if active is None:
                break
            witness = self._keep_witness(active, gone, self._names(list_bits(left)))
            if left & ~witness == 0:
                break
            left &= witness
        return left

    def _ends(self, target: int) -> Disabled:
        """The reactions without flux if only this target is gone."""
        if target not in self._ended:
            self._ended[target] = self._targets.disable((self._targets.ids[target],))
        return self._ended[target]

    def _find_witness(self, knock_outs: Ranks) -> int | None:
        witness = self._pool.find(knock_outs)
        if witness is not None:
            return witness
        gone = self._names(knock_outs)
        active = self._find_active(self._targets.disable(gone))
        return None if active is None else self._keep_witness(active, gone)

    def _keep_witness(self, active: Disabled, gone: LethalSet, avoided: LethalSet = ()) -> int:
        witness = set_bits(self._rank[name] for name in self._targets.find_needed(active, gone, avoided))
        self._pool.add(witness)
        return witness

    def _names(self, ranks: Sequence[int] | Iterator[int]) -> LethalSet:
        return tuple(self._targets.ids[rank] for rank in ranks)
