"""The smallest medium on which a community and each of its members grow."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import list_values
from fluxagents.tasks.fba.communities.community import (
    NO_GROWTH_PER_H,
    Community,
    build_community,
)
from fluxagents.tasks.fba.communities.community_members import CommunityArgs, Members
from fluxagents.tasks.fba.communities.community_result import (
    CommunityResult,
    MemberRow,
    report_community,
)
from fluxagents.tasks.fba.communities.community_tool import community_tool
from fluxagents.tasks.fba.sensitivity.tabulate import tabulate
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model

ROOM = 1.001
"""Room above the uptakes found and below the growth asked for, far above the tolerance of the solvers."""

LEAST_UPTAKE_MMOL_PER_GDW_H = 1e-9
"""Cofactors are needed in traces: a member of iJO1366's size takes up 1e-6 of cobalt, which is no noise."""

UNCOUNTED_MMOL_PER_GDW_H = 1e-3
"""Up to this an uptake may come without its binary variable: the largest bound times HiGHS' tolerance."""

Smallest = Literal["least_uptake", "fewest_components"]


class Args(CommunityArgs):
    """The community, the medium to choose from, and the growth that the smallest one keeps."""

    fraction: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Fraction of the best growth of the community, and of each member in it, that is kept.",
    )
    smallest: Smallest = Field(
        default="fewest_components", description="What is minimised: compounds, or their total uptake."
    )


class MediumComponent(BaseModel):
    """One compound of the medium."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    exchange: str
    compound: str
    uptake_mmol_per_gdw_h: float = Field(description="Per gDW of the community.")


class Result(CommunityResult):
    """The medium, and the growth of the community on it alone."""

    fraction_of_best: float
    smallest: Smallest
    required_growth_per_h: dict[str, float] = Field(description="By member, 1/h.")
    verified_growth_per_h: float | None = Field(
        description="Best growth of the community on the medium alone, the members at their required growth."
    )
    components: tuple[MediumComponent, ...] = Field(description="Largest uptake first.")

    def display(self, limit: int) -> dict[str, JsonValue]:
        uptakes = {row.exchange: row.uptake_mmol_per_gdw_h for row in self.components}
        return {
            **self.describe_community(limit),
            "fraction_of_best": self.fraction_of_best,
            "smallest": self.smallest,
            "components": list_values(uptakes, limit),
            "required_growth_per_h": list_values(self.required_growth_per_h, limit),
            "verified_growth_per_h": self.verified_growth_per_h,
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {
            "medium": tabulate(self.components, MediumComponent),
            "members": tabulate(self.members, MemberRow),
        }


def run(_: Model | None, args: Args, members: Members) -> Result:
    """Uptakes in mmol per hour and gDW of the community, chosen from its medium; verified by a new solve.

    Facts for branches: `status`, `components.values`, `verified_growth_per_h`.

    Raises:
        FluxError: As `build_community`; `NUMERICAL` if the medium found does not keep the growth; `SOLVER`.
    """
    community = build_community(members.members, args)
    outcome, best = community.find_best_growth()
    required, components, verified = dict[str, float](), tuple[MediumComponent, ...](), None
    if outcome is Outcome.OPTIMAL and best is not None:
        even = community.trade_off([1.0])[1.0]
        required = {
            name: args.fraction * growth if growth > NO_GROWTH_PER_H else 0.0 for name, growth in even.items()
        }
        least = args.fraction * best
        components = _find_medium(community, args, least, required)
        components = _drop_needless(community, components, least, required)
        verified = _find_growth(community, components, required)
        _require(verified, least)
    return Result.model_validate(
        {
            **report_community(community, members, outcome, best),
            "fraction_of_best": args.fraction,
            "smallest": args.smallest,
            "required_growth_per_h": required,
            "verified_growth_per_h": verified,
            "components": components,
        }
    )


def _find_medium(
    community: Community, args: Args, growth_per_h: float, required: Mapping[str, float]
) -> tuple[MediumComponent, ...]:
    medium = import_module("micom.media").minimal_medium(
        community.program,
        growth_per_h,
        min_growth=list(required.values()),
        minimize_components=args.smallest == "fewest_components",
        atol=LEAST_UPTAKE_MMOL_PER_GDW_H,
    )
    if medium is None:
        message = f"HiGHS found no medium for growth {growth_per_h:g} 1/h: {community.program.solver.status}"
        raise FluxError(ErrorClass.SOLVER, message, suggestions=("ask for a smaller 'fraction'",))
    found = [
        MediumComponent(
            exchange=community.name_exchange(exchange),
            compound=community.describe_compound(exchange),
            uptake_mmol_per_gdw_h=float(uptake),
        )
        for exchange, uptake in medium.items()
    ]
    return tuple(sorted(found, key=lambda row: (-row.uptake_mmol_per_gdw_h, row.exchange)))


def _drop_needless(
    community: Community,
    components: tuple[MediumComponent, ...],
    growth_per_h: float,
    required: Mapping[str, float],
) -> tuple[MediumComponent, ...]:
    """The components without those that were too small to be counted and that growth does not need."""
    kept = list(components)
    for row in reversed(components):
        if row.uptake_mmol_per_gdw_h > UNCOUNTED_MMOL_PER_GDW_H:
            break
        fewer = tuple(each for each in kept if each is not row)
        if _find_growth(community, fewer, required) >= growth_per_h / ROOM:
            kept.remove(row)
    return tuple(kept)


def _find_growth(
    community: Community, components: tuple[MediumComponent, ...], required: Mapping[str, float]
) -> float:
    """The best growth on the medium alone, with what is required of the members, 1/h; 0 if there is none."""
    with community.program:
        community.set_medium({row.exchange: row.uptake_mmol_per_gdw_h * ROOM for row in components})
        community.require_growth({name: growth / ROOM for name, growth in required.items()})
        _, growth = community.find_best_growth()
    return growth or 0.0


def _require(found_per_h: float, growth_per_h: float) -> None:
    if found_per_h < growth_per_h / ROOM:
        message = f"the medium found gives growth {found_per_h:g} 1/h instead of {growth_per_h:g}"
        hint = ("ask for the other 'smallest'",)
        raise FluxError(ErrorClass.NUMERICAL, message, suggestions=hint)


TOOL = community_tool(
    name="find_community_medium",
    purpose="The smallest medium on which a community and each of its members grow.",
    answers=("communities", "minimal medium"),
    args=Args,
    result=Result,
    run=run,
)
