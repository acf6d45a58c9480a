"""The search for minimal cut sets: proposals of an integer program, judged by linear programs.

An unwanted flux distribution that survives the proposed knock-outs is a demand for the next proposal: one
of the targets that it needs must go. Knock-outs after which nothing wanted is left are not proposed again,
nor are cut sets that are found, nor is more than either. So each proposal that cuts is minimal, and the cost
of the last one bounds that of all sets that are not found. This is the combinatorial form of Benders'
decomposition; no bound on dual values is needed, as in the program that states all of it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from fluxagents.tasks.fba.cut_sets.cut_set_program import CutSetProgram
from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargets
from fluxagents.tasks.fba.cut_sets.lethal_search import LethalSearch
from fluxagents.tasks.fba.solving.wild_type import Disabled

StoppedBy = Literal["time", "count"]

FindActive = Callable[[Disabled], Disabled | None]
"""The reactions that carry flux in a state without some reactions; None if there is no such state."""


@dataclass(frozen=True, slots=True)
class CutSets:
    """What a search found.

    Attributes:
        sets: The cheapest first.
        stopped_by: None if it is complete.
        proved_cost: No set that is missing is cheaper; None if none is missing.
        proposals: Count of integer programs.
    """

    sets: Sequence[tuple[str, ...]]
    stopped_by: StoppedBy | None
    proved_cost: float | None
    proposals: int


@dataclass(frozen=True, slots=True)
class CutSetSearch:
    """A search among targets.

    Attributes:
        targets: What may be knocked out.
        costs: Of each target that may be, above 0.
        find_unwanted: A state that must become impossible.
        find_wanted: A state that must stay possible; None if nothing must.
    """

    targets: CutTargets
    costs: Mapping[str, float]
    find_unwanted: FindActive
    find_wanted: FindActive | None

    def search(self, program: CutSetProgram, *, max_sets: int, limit_s: float) -> CutSets:
        """The cheapest cut sets.

        Args:
            program: Over the same targets and costs.
            max_sets: Count.
            limit_s: When it stops.
        """
        deadline = monotonic() + limit_s
        self._exclude_deadly(program)
        sets: list[tuple[str, ...]] = []
        proved, proposals = 0.0, 0
        stopped: StoppedBy | None = None
        while stopped is None:
            if len(sets) == max_sets:
                stopped = "count"
            elif (left_s := deadline - monotonic()) <= 0:
                stopped = "time"
            else:
                proposal = program.propose(left_s)
                proposals += 1
                if not proposal.is_proved:
                    stopped = "time"
                elif proposal.knock_outs is None:
                    return CutSets(sets, None, None, proposals)
                else:
                    proved = sum(self.costs[name] for name in proposal.knock_outs)
                    sets += self._judge(program, proposal.knock_outs)
        return CutSets(sets, stopped, proved, proposals)

    def _judge(self, program: CutSetProgram, knock_outs: tuple[str, ...]) -> list[tuple[str, ...]]:
        """Teach the program what the proposal shows; returns it if it is a cut set."""
        if not self._keeps_wanted(knock_outs):
            program.exclude(self._shrink(knock_outs))
            return []
        if self._demand(program, knock_outs):
            return []
        program.exclude(knock_outs)
        return [knock_outs]

    def _exclude_deadly(self, program: CutSetProgram) -> None:
        """Exclude what leaves nothing wanted alone or in pairs, which is found at once."""
        if self.find_wanted is not None:
            search = LethalSearch(self.targets, self.find_wanted)
            for size in (1, 2):
                for knock_outs in search.find(size):
                    program.exclude(knock_outs)

    def _demand(self, program: CutSetProgram, knock_outs: tuple[str, ...]) -> bool:
        """Demand that unwanted states without the knock-outs are hit; returns whether there is one."""
        gone, survives = set(knock_outs), False
        while (active := self.find_unwanted(self.targets.disable(gone))) is not None:
            survives = True
            needed = program.hit(self.targets.find_needed(active, gone))
            if not needed:
                break
            # One more state, without what most of the demands so far would be met by.
            gone.add(max(needed, key=lambda name: (program.count_demands(name), name)))
        return survives

    def _keeps_wanted(self, knock_outs: Sequence[str]) -> bool:
        return self.find_wanted is None or self.find_wanted(self.targets.disable(knock_outs)) is not None

    def _shrink(self, knock_outs: tuple[str, ...]) -> tuple[str, ...]:
        """The fewest of these knock-outs that leave nothing wanted, as dropping one at a time finds them."""
        for name in knock_outs:
            fewer = tuple(other for other in knock_outs if other != name)
            if not self._keeps_wanted(fewer):
                return self._shrink(fewer)
        return knock_outs
