"""Where a result comes from: everything that is needed to compute it again."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from pydantic import JsonValue

from fluxagents.tasks.artifacts import Provenance
from fluxagents.tasks.fba.medium import ConditionArgs, MediumArgs, apply_conditions, apply_medium, medium_of
from fluxagents.tasks.models import ModelRef

if TYPE_CHECKING:
    from cobra import Model

    from fluxagents.tasks.fba.tool import Args, Tool

PACKAGES = ("fluxagents", "cobra", "optlang", "swiglpk", "numpy", "pandas")


def provenance_of(tool: Tool, args: Args, model: Model | None, ref: ModelRef | None) -> Provenance:
    """The provenance of a result, with the medium and the objective as they were while the tool ran.

    Args:
        tool: The tool.
        args: Its arguments.
        model: The model; left as it was. None for a tool that needs none.
        ref: The model by content.
    """
    if model is None or ref is None:
        return Provenance(tool=tool.name, args=_given(args), versions=dict(versions()))
    with model:
        if isinstance(args, ConditionArgs):
            apply_conditions(model, args)
        elif isinstance(args, MediumArgs):
            apply_medium(model, args)
        return Provenance(
            tool=tool.name,
            args=_given(args),
            model_digest=ref.digest,
            model_id=model.id or ref.name,
            medium_mmol_per_gdw_h=medium_of(model),
            objective=str(model.objective.expression),
            objective_direction=model.objective_direction,
            solver=model.solver.interface.__name__.rpartition(".")[2],
            solver_version=version("swiglpk"),
            tolerance=model.tolerance,
            seed=getattr(args, "seed", None),
            versions=dict(versions()),
        )


def _given(args: Args) -> dict[str, JsonValue]:
    return args.model_dump(mode="json", exclude_unset=True)


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """The packages that a number depends on, with their versions."""
    return tuple((package, version(package)) for package in PACKAGES)
