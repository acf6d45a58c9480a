"""Of targets that stand for each other, the first: a search meets one set where the model has many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product

from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargets
from fluxagents.tasks.fba.solving.wild_type import Disabled


class AlikeTargets:
    """The first of each class of targets of which any one ends what any other ends.

    Args:
        targets: All targets.
        groups: As of `CutTargets.classes`.
    """

    def __init__(self, targets: CutTargets, groups: Mapping[int, int]) -> None:
        self._targets = targets
        self._alike = {members[0]: members for members in targets.classes(groups)}
        self.ids: Sequence[str] = tuple(self._alike)

    def disable(self, knock_outs: Iterable[str]) -> Disabled:
        return self._targets.disable(knock_outs)

    def find_needed(
        self, active: Disabled, knock_outs: Collection[str], avoided: Collection[str] = ()
    ) -> frozenset[str]:
        return self._targets.find_needed(active, knock_outs, avoided) & self._alike.keys()

    def classes(self, groups: Mapping[int, int]) -> Sequence[Sequence[str]]:
        del groups
        return [[identifier] for identifier in self.ids]

    def expand(self, sets: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
        """All sets of targets that sets of first ones stand for, in the order of the model."""
        ranks = {identifier: rank for rank, identifier in enumerate(self._targets.ids)}
        expanded = (
            sorted(chosen, key=ranks.__getitem__)
            for ids in sets
            for chosen in product(*(self._alike[name] for name in ids))
        )
        return sorted(map(tuple, expanded), key=lambda ids: [ranks[name] for name in ids])
