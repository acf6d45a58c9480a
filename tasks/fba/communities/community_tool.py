"""What all tools on communities have in common."""

from __future__ import annotations

from functools import partial

from fluxagents.tasks.fba.communities.community_members import gather_members
from fluxagents.tasks.tool import Tool

community_tool = partial(
    Tool,
    gather=gather_members,
    needs_model=False,
    queue="tools.long",
    soft_time_limit_s=3_600,
    reference="MICOM: Diener, Gibbons & Resendis-Antonio 2020, doi:10.1128/mSystems.00606-19",
    example={"models": ["e_coli_core", "e_coli_core"], "abundances": [0.7, 0.3]},
)
"""A tool whose members are gathered before it runs; takes the further arguments of `Tool`."""
