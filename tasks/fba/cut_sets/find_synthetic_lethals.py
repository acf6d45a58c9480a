"""Synthetic lethals: sets of up to three genes or reactions that are lethal only together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Literal

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Shard
from fluxagents.tasks.display import list_names, list_values
from fluxagents.tasks.fba.cut_sets.alike_targets import AlikeTargets
from fluxagents.tasks.fba.cut_sets.cell_behaviour import Growth
from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargetArgs, Kind, cut_targets
from fluxagents.tasks.fba.cut_sets.lethal_search import LethalSearch, LethalSet
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions
from fluxagents.tasks.fba.solving.wild_type import WildType
from fluxagents.tasks.tool import Split, Tool

if TYPE_CHECKING:
    from cobra import Model

PARTS = 4
"""Of sets of three; each finds the smaller sets itself, which is an eighth of all the work on iJO1366."""

MAX_TARGETS_WHOLE = 300
"""With more targets sets of three are split: they take more than some ten seconds."""

TRIPLE = 3


class Args(CutTargetArgs):
    """What is knocked out together."""

    most_knock_outs: Literal[1, 2, 3] = Field(default=3, description="Count of knock-outs of a set at most.")
    threshold_fraction_of_wild_type: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Lethal is what leaves less growth than this fraction of the wild type's.",
    )
    time_limit_s: float = Field(
        default=1200,
        ge=1,
        le=1500,
        description="Seconds after which the search, or each shard of it, ends with what it found.",
    )


class Result(ConditionResult):
    """The lethal sets; empty and without counts unless the wild type grows."""

    kind: Kind
    most_knock_outs: int = Field(description="Count of knock-outs that a set may have.")
    threshold_fraction_of_wild_type: float
    targets: int | None = Field(default=None, description="Count of what may be knocked out.")
    used_by_wild_type: tuple[str, ...] = Field(
        default=(),
        description="Targets that one living flux distribution of the wild type needs: one is in each lethal "
        "set.",
    )
    lethal_alone: tuple[str, ...] = ()
    synthetic_lethal_pairs: tuple[tuple[str, str], ...] = Field(
        default=(), description="Lethal although neither of the two is lethal alone."
    )
    synthetic_lethal_triples: tuple[tuple[str, str, str], ...] = Field(
        default=(), description="Lethal although no one and no two of the three are."
    )
    is_complete: bool | None = Field(
        default=None, description="Whether there are no more such sets; otherwise the time was up."
    )
    time_limit_s: float | None = None
    open_branches: int | None = Field(
        default=None,
        description="Count of branches of the search that the time was too short for; each may hold sets.",
    )
    strains_solved: int | None = Field(
        default=None, description="Count of linear programs, one or two for a strain; of shards the sum."
    )

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [
            (len(ids), " + ".join(ids))
            for sets in (
                [(name,) for name in self.lethal_alone],
                self.synthetic_lethal_pairs,
                self.synthetic_lethal_triples,
            )
            for ids in sets
        ]
        members = [
            (name, pairs[name], triples[name])
            for pairs, triples in (
                (_count_members(self.synthetic_lethal_pairs), _count_members(self.synthetic_lethal_triples)),
            )
            for name in sorted(pairs | triples, key=lambda name: (-pairs[name] - triples[name], name))
        ]
        return {
            "lethal_sets": pd.DataFrame(rows, columns=["knock_outs", "ids"]),
            "members": pd.DataFrame(members, columns=["id", "lethal_pairs", "lethal_triples"]),
        }

    def display(self, limit: int) -> dict[str, JsonValue]:
        display: dict[str, JsonValue] = {
            **self.conditions(min(limit, 10)),
            "kind": self.kind,
            "most_knock_outs": self.most_knock_outs,
            "threshold_fraction_of_wild_type": self.threshold_fraction_of_wild_type,
            "targets": self.targets,
            "is_complete": self.is_complete,
            "lethal_alone": list_names(self.lethal_alone, limit),
        }
        if self.is_complete is False:
            display |= {"time_limit_s": self.time_limit_s, "open_branches": self.open_branches}
        if self.most_knock_outs > 1:
            pairs = [" + ".join(ids) for ids in self.synthetic_lethal_pairs]
            display["synthetic_lethal_pairs"] = list_names(pairs, limit)
        if self.most_knock_outs >= TRIPLE:
            triples = [" + ".join(ids) for ids in self.synthetic_lethal_triples]
            display["synthetic_lethal_triples"] = list_names(triples, limit)
            often = _count_members(self.synthetic_lethal_triples).most_common()
            display["in_most_triples"] = list_values({name: float(n) for name, n in often}, min(limit, 5))
        return display


def run(model: Model, args: Args) -> Result:
    """Find all minimal lethal sets; a set with a lethal part is not listed.

    A set that is infeasible or does not grow is lethal. Facts for a flow: `lethal_alone.count`,
    `synthetic_lethal_pairs.count`, `synthetic_lethal_triples.count`, `is_complete`, `open_branches`.

    Raises:
        FluxError: `UNKNOWN_ID` with the nearest ids, `MEDIUM` for conditions that do not fit the model,
            `BAD_ARGUMENT` if the objective is minimised; `SOLVER` or `TIMEOUT`.
    """
    return run_shard(model, args, Shard(index=0, of=1))


def count_shards(model: Model, args: Args) -> int:
    """The count of shards: one if the shards would wait longer than they work."""
    everything = model.genes if args.kind == "genes" else model.reactions
    targets = len(everything) if args.candidates is None else len(args.candidates)
    return PARTS if args.most_knock_outs >= TRIPLE and targets > MAX_TARGETS_WHOLE else 1


def run_shard(model: Model, args: Args, shard: Shard) -> Result:
    """As `run`, with one shard of the sets of three; each shard finds all smaller sets."""
    deadline = monotonic() + args.time_limit_s
    with hold_conditions(model, args) as conditions:
        targets = cut_targets(model, args)
        wild_type = WildType(conditions)
        report = wild_type.report | args.model_dump(
            include={"kind", "most_knock_outs", "threshold_fraction_of_wild_type"}
        )
        if wild_type.growth_per_h is None:
            return Result.model_validate(report)
        least = args.threshold_fraction_of_wild_type * wild_type.growth_per_h
        with Growth(conditions, least) as living:
            alike = AlikeTargets(targets, living.groups)
            search = LethalSearch(
                alike, living.find_active, living.find_other, is_over=lambda: monotonic() > deadline
            )
            sets: list[Sequence[LethalSet]] = [(), (), ()]
            for size in range(1, args.most_knock_outs + 1):
                if search.open_branches == 0:  # what is minimal shows only once all smaller sets are known
                    found = search.find(size, *([shard] if size == TRIPLE else []))
                    sets[size - 1] = alike.expand(found)
            root = [name for (name,) in alike.expand((name,) for name in search.root())]
    return Result.model_validate(
        report
        | {
            "targets": len(targets.ids),
            "used_by_wild_type": root,
            "lethal_alone": [name for (name,) in sets[0]],
            "synthetic_lethal_pairs": sets[1],
            "synthetic_lethal_triples": sets[2],
            "is_complete": search.open_branches == 0,
            "time_limit_s": args.time_limit_s,
            "open_branches": search.open_branches,
            "strains_solved": living.strains_solved,
        }
    )


def merge(args: Args, results: Sequence[Result]) -> Result:
    """All shards as one result; each has the same conditions and, if it had the time, the same smaller sets.

    Raises:
        FluxError: `NUMERICAL` if the shards divided the work differently, so that sets may be missing.
    """
    del args
    # One that ended early may lack smaller sets.
    first = max(results, key=lambda result: len(result.synthetic_lethal_pairs))
    if any(result.used_by_wild_type != first.used_by_wild_type for result in results):
        raise FluxError(
            ErrorClass.NUMERICAL,
            "the workers found different optima of the wild type, so their shares of the search do not fit",
            suggestions=("give all workers the same versions of GLPK and cobra",),
        )
    if first.strains_solved is None:
        return first
    return first.model_copy(
        update={
            "synthetic_lethal_triples": tuple(
                t for result in results for t in result.synthetic_lethal_triples
            ),
            "is_complete": all(result.is_complete for result in results),
            "open_branches": sum(result.open_branches or 0 for result in results),
            "strains_solved": sum(result.strains_solved or 0 for result in results),
        }
    )


def _count_members(sets: Sequence[LethalSet]) -> Counter[str]:
    return Counter(name for ids in sets for name in ids)


TOOL = Tool(
    name="find_synthetic_lethals",
    purpose="All sets of two or three genes or reactions that are lethal only together (synthetic lethals).",
    answers=("synthetic lethality", "essentiality", "growth"),
    args=Args,
    result=Result,
    run=run,
    split=Split(count=count_shards, run=run_shard, merge=merge),
    reference="Pratapa, Balachandran, Raman 2015, doi:10.1093/bioinformatics/btv352 (Fast-SL); "
    "Suthers et al. 2009, doi:10.1038/msb.2009.56",
    example={"kind": "genes", "most_knock_outs": 2},
    queue="tools.long",
    soft_time_limit_s=1800,
)
