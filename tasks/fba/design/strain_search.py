"""The search for strains: all single knock-outs, then the pairs that these do not decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from fluxagents.tasks.fba.design.growth_coupling import CouplingScreen, Strain
from fluxagents.tasks.fba.design.knock_out_targets import Target, Targets
from fluxagents.tasks.fba.solving.wild_type import Disabled


@dataclass(frozen=True, slots=True)
class Design:
    """Knock-outs, what they disable together, and the strain that is left."""

    targets: tuple[Target, ...]
    disabled: Disabled
    strain: Strain


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The designs, the best first, and figures of the search."""

    designs: Sequence[Design]
    too_slow: tuple[str, ...]
    """Ids without which there is no strain."""
    pairs: int
    pairs_to_solve: int


@dataclass(frozen=True, slots=True)
class StrainSearch:
    """A search for strains among the targets of a screen."""

    screen: CouplingScreen
    targets: Targets
    in_pairs: bool
    max_pairs: int
    """That are solved."""
    min_gain: float
    """How much more a strain must secrete than the wild type and each of its parts, mmol/gDW/h."""
    by_productivity: bool

    def search(self) -> SearchResult:
        """All designs with one or two knock-outs that gain enough."""
        wild_type = self.screen.wild_type
        alone = {target: self.screen.without(target.disabled, (wild_type,)) for target in self.targets.items}
        living = [(target, strain) for target, strain in alone.items() if strain is not None]
        designs = [
            Design((target,), target.disabled, strain)
            for target, strain in living
            if self._gains(strain, wild_type)
        ]
        slow = (target for target, strain in alone.items() if strain is None)
        pairs = list(self._open_pairs(living)) if self.in_pairs else []
        pairs.sort(key=lambda pair: -max(pair[1][1].least, pair[0][1].least))
        for (first, first_strain), (second, second_strain) in pairs[: self.max_pairs]:
            disabled = self.targets.both(first, second)
            strain = self.screen.without(disabled)
            if strain is not None and self._gains(strain, wild_type, first_strain, second_strain):
                pair = (first, second) if first.id < second.id else (second, first)
                designs.append(Design(pair, disabled, strain))
        return SearchResult(
            sorted(designs, key=self._rank),
            tuple(sorted(name for target in slow for name in (target.id, *target.equivalents))),
            len(living) * (len(living) - 1) // 2 if self.in_pairs else 0,
            len(pairs),
        )

    def _open_pairs(
        self, living: Sequence[tuple[Target, Strain]]
    ) -> Iterator[tuple[tuple[Target, Strain], tuple[Target, Strain]]]:
        for first, second in combinations(living, 2):
            disabled = self.targets.both(first[0], second[0])
            if not (first[1].outlasts(disabled) or second[1].outlasts(disabled)):
                yield first, second

    def _gains(self, strain: Strain, *less: Strain) -> bool:
        return strain.least >= max(other.least for other in less) + self.min_gain

    def _rank(self, design: Design) -> tuple[float, float, int, tuple[str, ...]]:
        strain = design.strain
        value = strain.least * (strain.growth_per_h if self.by_productivity else 1.0)
        names = tuple(target.id for target in design.targets)
        return (-round(value, 6), -round(strain.growth_per_h, 6), len(names), names)
