"""Growth of a community and of its members in a cooperative trade-off, and what the members exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, list_values, round_for_display
from fluxagents.tasks.fba.communities.community import NEGLIGIBLE_MMOL_PER_GDW_H, build_community
from fluxagents.tasks.fba.communities.community_members import CommunityArgs, Members
from fluxagents.tasks.fba.communities.community_result import (
    CommunityResult,
    MemberRow,
    report_community,
)
from fluxagents.tasks.fba.communities.community_tool import community_tool
from fluxagents.tasks.fba.communities.cross_feeding import MEDIUM, Transfer, share_out
from fluxagents.tasks.fba.sensitivity.tabulate import tabulate
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model

CURVE = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Fractions of the best growth at which members' growth is computed."""


class Args(CommunityArgs):
    """The community, and how much of its growth the exchanges keep."""

    fraction: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="Fraction of the community's best growth at which members and exchanges are reported.",
    )


class TradeOffPoint(BaseModel):
    """Growth of one member while the community grows at a fraction of its best."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    fraction_of_best: float
    member: str
    growth_per_h: float


class Result(CommunityResult):
    """The trade-off as a curve, and at one fraction of it what the members give each other."""

    fraction_of_best: float
    growth_at_fraction_per_h: dict[str, float] = Field(description="By member, 1/h.")
    trade_off: tuple[TradeOffPoint, ...]
    transfers: tuple[Transfer, ...] = Field(description="Largest first; also from and to the medium.")

    @property
    def between_members(self) -> tuple[Transfer, ...]:
        """What members give each other."""
        return tuple(row for row in self.transfers if MEDIUM not in {row.giver, row.taker})

    def display(self, limit: int) -> dict[str, JsonValue]:
        between = self.between_members
        shown = between[: min(limit, 25)]
        return {
            **self.describe_community(limit),
            "fraction_of_best": self.fraction_of_best,
            "growth_at_fraction_per_h": list_values(
                {cut_text(name, 60): value for name, value in self.growth_at_fraction_per_h.items()}, limit
            ),
            "given_between_members": {
                "count": len(between),
                "shown": len(shown),
                "transfers": [
                    {
                        "compound": cut_text(row.compound, 60),
                        "giver": cut_text(row.giver, 60),
                        "taker": cut_text(row.taker, 60),
                        "amount_mmol_per_gdw_h": round_for_display(row.amount_mmol_per_gdw_h),
                    }
                    for row in shown
                ],
            },
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {
            "trade_off": tabulate(self.trade_off, TradeOffPoint),
            "transfers": tabulate(self.transfers, Transfer),
            "members": tabulate(self.members, MemberRow),
        }


def run(_: Model | None, args: Args, members: Members) -> Result:
    """Growth in 1/h at fractions of the community's best, and exchanges per gDW of the community at one.

    At each fraction the members' growth is the one with the least sum of squares (cooperative trade-off);
    the fluxes are those with the least total flux, which need not be the only ones with that growth.

    Facts for branches: `status`, `community_growth_per_h`, `growth_at_fraction_per_h.values`,
    `given_between_members.count`.

    Raises:
        FluxError: As `build_community`; `SOLVER`.
    """
    community = build_community(members.members, args)
    outcome, best = community.find_best_growth()
    fields = report_community(community, members, outcome, best)
    if outcome is not Outcome.OPTIMAL:
        nothing: dict[str, object] = {"growth_at_fraction_per_h": {}, "trade_off": (), "transfers": ()}
        return Result.model_validate({**fields, **nothing, "fraction_of_best": args.fraction})
    curve = community.trade_off(CURVE)
    growth, given = community.exchange(args.fraction)
    transfers = [
        transfer
        for exchange, amounts in given.items()
        for transfer in share_out(
            community.name_exchange(exchange),
            community.describe_compound(exchange),
            amounts,
            NEGLIGIBLE_MMOL_PER_GDW_H,
        )
    ]
    return Result.model_validate(
        {
            **fields,
            "fraction_of_best": args.fraction,
            "growth_at_fraction_per_h": growth,
            "trade_off": tuple(
                TradeOffPoint(fraction_of_best=fraction, member=name, growth_per_h=rate)
                for fraction, rates in curve.items()
                for name, rate in rates.items()
            ),
            "transfers": tuple(sorted(transfers, key=lambda row: -row.amount_mmol_per_gdw_h)),
        }
    )


TOOL = community_tool(
    name="analyze_community",
    purpose="Growth of a community and its members in a cooperative trade-off, and who gives what to whom.",
    answers=("communities", "growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
)
