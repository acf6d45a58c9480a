"""Who gives what to whom: the exchanges of members with their medium, shared out among those that take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict, Field

MEDIUM = "medium"
"""Stands for the world around the community."""


class Transfer(BaseModel):
    """What one member gives to another."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    exchange: str
    compound: str
    giver: str
    taker: str
    amount_mmol_per_gdw_h: float = Field(
        description="mmol/gDW/h, of the community's dry weight: the member's own flux times its abundance."
    )


def share_out(
    exchange: str, compound: str, given: Mapping[str, float], noise_mmol_per_gdw_h: float
) -> Iterator[Transfer]:
    """What each giver of a compound gives to each taker, as one well mixed medium does.

    Each taker gets from each source in proportion to what the source gives; the medium balances the members.

    Args:
        exchange: As the members call it.
        compound: Its name.
        given: Member -> mmol per hour and gDW of the community, negative for what it takes.
        noise_mmol_per_gdw_h: Smaller amounts are left out.
    """
    balance = sum(given.values())
    amounts = {**given, MEDIUM: -balance}
    sources = {name: amount for name, amount in amounts.items() if amount > noise_mmol_per_gdw_h}
    takers = {name: -amount for name, amount in amounts.items() if -amount > noise_mmol_per_gdw_h}
    total = sum(sources.values())
    for giver, gives in sources.items():
        for taker, takes in takers.items():
            amount = gives * takes / total
            if amount > noise_mmol_per_gdw_h:
                yield Transfer(
                    exchange=exchange,
                    compound=compound,
                    giver=giver,
                    taker=taker,
                    amount_mmol_per_gdw_h=amount,
                )
