"""What gap filling would add, without adding it: a human can see it before `gapfill_model` is approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxagents.tasks.fba.changes import gapfill_model as gapfilling
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(gapfilling.Args):
    """What is to be restored, and from where; `choose` is the alternative whose equations are shown."""


class Result(gapfilling.Result):
    """The gap and what would fill it."""


def gather(sources: Sources, args: Args) -> gapfilling.Universal:
    """The universal model; raises as `gapfilling.gather`."""
    return gapfilling.gather(sources, args)


def run(model: Model, args: Args, universal: gapfilling.Universal) -> Result:
    """As `gapfilling.run`: with the same arguments `gapfill_model` adds the reactions that are shown here.

    Facts for a flow: those of `gapfill_model`.

    Raises:
        FluxError: As `gapfilling.run`.
    """
    return Result.model_validate(gapfilling.run(model, args, universal).model_dump())


TOOL = Tool(
    name="find_missing_reactions",
    purpose="Which reactions of another model would restore growth or a product; makes no new model.",
    answers=("gap filling", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    reference="Satish Kumar et al. 2007, doi:10.1186/1471-2105-8-212; see gap_search",
    example={"universal": "e_coli_core", "min_growth_per_h": 0.1},
    queue="tools.long",
)
