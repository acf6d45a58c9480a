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
    NEGLIGIBLE_MMOL_PER_GDW_H,
    NO_GROWTH_PER_H,
    Community,
    build_community,
)
from fluxagents.tasks.fba.communities.community_members import CommunityArgs, Members, gather_members
from fluxagents.tasks.fba.communities.community_result import (
    CommunityResult,
    MemberRow,
    report_community,
)
from fluxagents.tasks.fba.sensitivity.tabulate import tabulate
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

SLACK_FRACTION = 1e-3
"""Room above the uptakes found and below the growth asked for, far above the tolerance of the solvers."""

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
        components = _find_medium(community, args, args.fraction * best, required)
        verified = _verify(community, components, args.fraction * best, required)
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
        if uptake > NEGLIGIBLE_MMOL_PER_GDW_H
    ]
    return tuple(sorted(found, key=lambda row: (-row.uptake_mmol_per_gdw_h, row.exchange)))


def _verify(
    community: Community,
    components: tuple[MediumComponent, ...],
    growth_per_h: float,
    required: Mapping[str, float],
) -> float:
    """The best growth on the medium alone, 1/h."""
    room = 1.0 + SLACK_FRACTION
    uptakes = {row.exchange: row.uptake_mmol_per_gdw_h * room for row in components}
    with community.program:
        community.set_medium(uptakes)
        community.require_growth({name: growth / room for name, growth in required.items()})
        _, growth = community.find_best_growth()
    if growth is None or growth < growth_per_h / room:
        message = f"the medium found gives growth {growth or 0:g} 1/h instead of {growth_per_h:g}"
        hint = ("ask for the other 'smallest'",)
        raise FluxError(ErrorClass.NUMERICAL, message, suggestions=hint)
    return growth


TOOL = Tool(
    name="find_community_medium",
    purpose="The smallest medium on which a community and each of its members grow.",
    answers=("communities", "minimal medium"),
    args=Args,
    result=Result,
    run=run,
    gather=gather_members,
    needs_model=False,
    queue="tools.long",
    soft_time_limit_s=3_600,
    reference="MICOM: Diener, Gibbons & Resendis-Antonio 2020, doi:10.1128/mSystems.00606-19",
    example={"models": ["e_coli_core", "e_coli_core"], "abundances": [0.7, 0.3]},
)
