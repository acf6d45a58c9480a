"""Proofs that a cell survives: sets of targets that suffice for it, each an integer with a bit per target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator


class WitnessPool:
    """Sets of targets, each of which suffices: knock-outs that leave one of them alone change nothing."""

    def __init__(self) -> None:
        self._witnesses: list[int] = []
        # A bit for each witness that needs the target: a search asks millions of times.
        self._users: defaultdict[int, int] = defaultdict(int)

    def __len__(self) -> int:
        return len(self._witnesses)

    def add(self, witness: int) -> None:
        """Keep a witness."""
        place = 1 << len(self._witnesses)
        for target in list_bits(witness):
            self._users[target] |= place
        self._witnesses.append(witness)

    def find(self, knock_outs: Iterable[int]) -> int | None:
        """The first witness without any of these targets; None if there is none."""
        hit = 0
        for target in knock_outs:
            hit |= self._users.get(target, 0)
        left = ((1 << len(self._witnesses)) - 1) & ~hit
        return self._witnesses[(left & -left).bit_length() - 1] if left else None


def list_bits(mask: int) -> Iterator[int]:
    """The places of the bits that are set, from the lowest on."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def set_bits(places: Iterable[int]) -> int:
    """An integer with these bits."""
    mask = 0
    for place in places:
        mask |= 1 << place
    return mask
