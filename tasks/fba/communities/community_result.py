"""What every result on a community says about its members and its medium."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, list_names, list_values
from fluxagents.tasks.fba.communities.community import TOLERANCE, Community
from fluxagents.tasks.fba.communities.community_members import Members
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.results import Result


class MemberRow(BaseModel):
    """One member."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    member: str
    digest: str = Field(description="Of the model.")
    abundance_fraction: float = Field(description="Of the community's dry weight.")


class CommunityResult(Result):
    """The members, and how the community grows at its best."""

    max_findings: ClassVar[int | None] = 15

    status: Outcome
    community_growth_per_h: float | None = Field(
        description="The best: growth of the members, each times its abundance. None if not all can live."
    )
    members: tuple[MemberRow, ...]
    abundance_sum: float = Field(description="Of the abundances given, which are fractions of it: no unit.")
    left_out: tuple[str, ...] = Field(description="Models without a part in the community.")
    relaxed: tuple[str, ...] = Field(
        description="Forced drains and sources of members, which are not forced here: member and reaction."
    )
    medium_mmol_per_gdw_h: dict[str, float] = Field(
        description="Most uptakes, per gDW of the community; exchanges as the members call them."
    )
    solver: str = "HiGHS and OSQP"
    solver_tolerance_fraction: float = TOLERANCE

    def describe_community(self, limit: int) -> dict[str, JsonValue]:
        """Status, growth and members, as a display shows them."""
        abundances = {cut_text(row.member, 60): row.abundance_fraction for row in self.members}
        fields: dict[str, JsonValue] = {
            "status": str(self.status),
            "community_growth_per_h": self.community_growth_per_h,
            "abundance_fractions": list_values(abundances, limit),
            "medium": f"{len(self.medium_mmol_per_gdw_h)} open uptakes, per gDW of the community",
            "abundance_sum": self.abundance_sum,
        }
        for name in ("left_out", "relaxed"):
            if getattr(self, name):
                fields[name] = list_names(getattr(self, name), min(limit, 10))
        return fields


def report_community(
    community: Community, members: Members, outcome: Outcome, growth_per_h: float | None
) -> dict[str, object]:
    """The fields of a `CommunityResult`."""
    return {
        "status": outcome,
        "community_growth_per_h": growth_per_h,
        "members": tuple(
            MemberRow(member=one.name, digest=one.digest, abundance_fraction=one.abundance_fraction)
            for one in members.members
        ),
        "abundance_sum": members.abundance_sum,
        "left_out": members.left_out,
        "relaxed": tuple(f"{name}: {i}" for name, forced in community.relaxed.items() for i in forced),
        "medium_mmol_per_gdw_h": community.read_medium(),
    }
