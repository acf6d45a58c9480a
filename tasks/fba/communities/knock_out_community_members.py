"""Growth of a community without one of its members: who depends on whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.display import cut_text, round_for_display
from fluxagents.tasks.fba.communities.community import Community, build_community
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


class Args(CommunityArgs):
    """The community, and which members are taken out, one at a time."""

    without: tuple[str, ...] = Field(
        default=(), description="Names of members, each taken out alone; every one if none is named."
    )
    fraction: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Fraction of the best growth of those that are left, for the trade-off.",
    )


class KnockOutRow(BaseModel):
    """One member before and after another is taken out."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    without: str
    member: str
    status: Outcome = Field(description="Infeasible if not all that are left can live.")
    growth_before_per_h: float
    growth_after_per_h: float | None


class Result(CommunityResult):
    """The members' growth with all, and without each."""

    fraction_of_best: float
    community_growth_without_per_h: dict[str, float | None] = Field(
        description="By the member that is missing, 1/h; None if not all that are left can live."
    )
    rows: tuple[KnockOutRow, ...]

    def display(self, limit: int) -> dict[str, JsonValue]:
        shown = self.rows[: min(limit, 30)]
        without = list(self.community_growth_without_per_h.items())[:limit]
        return {
            **self.describe_community(limit),
            "fraction_of_best": self.fraction_of_best,
            "community_growth_without_per_h": {
                "count": len(self.community_growth_without_per_h),
                "shown": len(without),
                "values": {cut_text(name, 60): round_for_display(value) for name, value in without},
            },
            "member_growth": {
                "count": len(self.rows),
                "shown": len(shown),
                "rows": [
                    {
                        "without": cut_text(row.without, 60),
                        "member": cut_text(row.member, 60),
                        "growth_before_per_h": round_for_display(row.growth_before_per_h),
                        "growth_after_per_h": round_for_display(row.growth_after_per_h),
                    }
                    for row in shown
                ],
            },
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {
            "knock_outs": tabulate(self.rows, KnockOutRow).astype({"growth_after_per_h": "float64"}),
            "members": tabulate(self.members, MemberRow),
        }


def run(_: Model | None, args: Args, members: Members) -> Result:
    """Growth in 1/h of each member without each other one; abundances stay as they are.

    Facts for branches: `status`, `community_growth_without_per_h.values`.

    Raises:
        FluxError: As `build_community`; `UNKNOWN_ID` for a name in `without` that is no member; `SOLVER`.
    """
    names = [member.name for member in members.members]
    for name in args.without:
        if name not in names:
            message = f"'{name}' is no member of the community"
            raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=nearest(name, names))
    community = build_community(members.members, args)
    outcome, best = community.find_best_growth()
    rows, growth_without = list[KnockOutRow](), dict[str, float | None]()
    if outcome is Outcome.OPTIMAL:
        before = community.trade_off([args.fraction])[args.fraction]
        for missing in args.without or names:
            status, growth_without[missing], after = _grow_without(community, missing, args.fraction)
            rows += [
                KnockOutRow(
                    without=missing,
                    member=name,
                    status=status,
                    growth_before_per_h=before[name],
                    growth_after_per_h=after.get(name),
                )
                for name in names
                if name != missing
            ]
    return Result.model_validate(
        {
            **report_community(community, members, outcome, best),
            "fraction_of_best": args.fraction,
            "community_growth_without_per_h": growth_without,
            "rows": tuple(rows),
        }
    )


def _grow_without(
    community: Community, missing: str, fraction: float
) -> tuple[Outcome, float | None, dict[str, float]]:
    """The outcome, the best growth of the community and that of each member, 1/h."""
    with community.program:
        community.knock_out(missing)
        status, best = community.find_best_growth()
        if status is not Outcome.OPTIMAL:
            return status, best, dict.fromkeys(community.abundances, 0.0) if best is not None else {}
        return status, best, community.trade_off([fraction])[fraction]


TOOL = community_tool(
    name="knock_out_community_members",
    purpose="Growth of a community's other members when one is taken out: who depends on whom.",
    answers=("communities", "growth"),
    args=Args,
    result=Result,
    run=run,
)
