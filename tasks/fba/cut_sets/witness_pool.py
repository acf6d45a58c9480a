"""Proofs that a cell survives: sets of targets that suffice for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


class WitnessPool:
    """Sets of targets, each of which suffices: knock-outs that leave one of them alone change nothing."""

    def __init__(self) -> None:
        self._witnesses: list[frozenset[str]] = []
        # A bit for each witness that needs the target: a search asks millions of times.
        self._users: defaultdict[str, int] = defaultdict(int)

    def __len__(self) -> int:
        return len(self._witnesses)

    def add(self, witness: frozenset[str]) -> None:
        """Keep a witness."""
        for target in witness:
            self._users[target] |= 1 << len(self._witnesses)
        self._witnesses.append(witness)

    def find(self, knock_outs: Iterable[str]) -> frozenset[str] | None:
        """The first witness without any of these targets; None if there is none."""
        hit = 0
        for target in knock_outs:
            hit |= self._users.get(target, 0)
        left = ((1 << len(self._witnesses)) - 1) & ~hit
        return self._witnesses[(left & -left).bit_length() - 1] if left else None
