"""Where a result comes from: everything that is needed to compute it again."""

from __future__ import annotations

import json
import math
import shlex
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from pydantic import JsonValue

from fluxagents.tasks.fba.solving.conditions import ConditionArgs, MediumArgs, apply_medium, medium_of
from fluxagents.tasks.fba.solving.objective import read_objective
from fluxagents.tasks.fba.solving.strain import apply_strain
from fluxagents.tasks.ports.artifacts import Ancestor, Provenance
from fluxagents.tasks.ports.models import ModelRef, ModelStore

if TYPE_CHECKING:
    from cobra import Model

    from fluxagents.tasks.ports.results import Args
    from fluxagents.tasks.tool import Tool

PACKAGES = ("fluxagents", "cobra", "optlang", "swiglpk", "numpy", "pandas")


def provenance_of(
    tool: Tool,
    args: Args,
    model: Model | None,
    ref: ModelRef | None,
    lineage: tuple[Ancestor, ...] = (),
    *,
    model_warnings: tuple[str, ...] = (),
) -> Provenance:
    """The provenance of a result, with the medium as it was while the tool ran.

    The objective is that of the model or of the arguments; what an analysis of growth maximises stands in its
    result.

    Args:
        tool: The tool.
        args: Its arguments.
        model: The model; left as it was. None for a tool that needs none.
        ref: The model by content.
        lineage: Of the model, from `lineage_of`.
        model_warnings: Of the model's record.
    """
    if model is None or ref is None:
        return Provenance(
            tool=tool.name,
            args=_dump_args(args),
            further_solvers=_find_versions(args.further_solvers),
            versions=dict(versions()),
            command=_command(tool, args, None),
        )
    before = {reaction.id: reaction.bounds for reaction in model.reactions}
    with model:
        if isinstance(args, ConditionArgs):
            apply_strain(model, args)
        elif isinstance(args, MediumArgs):
            apply_medium(model, args)
        changed = {
            reaction.id: (_finite(reaction.lower_bound), _finite(reaction.upper_bound))
            for reaction in model.reactions
            if reaction.bounds != before[reaction.id]
        }
        objective = read_objective(model)
        return Provenance(
            tool=tool.name,
            args=_dump_args(args),
            model_digest=ref.digest,
            model_id=model.id or ref.name,
            lineage=lineage,
            model_warnings=model_warnings,
            medium_mmol_per_gdw_h=medium_of(model),
            bounds_changed_mmol_per_gdw_h=changed,
            objective=objective.text,
            objective_direction=objective.direction,
            solver=model.solver.interface.__name__.rpartition(".")[2],
            solver_version=version("swiglpk"),
            further_solvers=_find_versions(args.further_solvers),
            tolerance=model.tolerance,
            seed=getattr(args, "seed", None),
            versions=dict(versions()),
            command=_command(tool, args, ref),
        )


def lineage_of(models: ModelStore, ref: ModelRef) -> tuple[Ancestor, ...]:
    """What a model was made from, step by step; empty for one that was added as it is."""
    ancestors: list[Ancestor] = []
    record = models.show(ref)
    while record.parent is not None:
        ancestors.append(Ancestor(digest=record.parent, change=record.change))
        record = models.show(ModelRef(digest=record.parent, name=record.name))
    return tuple(ancestors)


def _command(tool: Tool, args: Args, ref: ModelRef | None) -> str:
    words = ["fluxagents", "tools", "call", tool.name, *(("--model", ref.digest) if ref else ())]
    for name, value in _dump_args(args).items():
        words += ["--arg", f"{name}={json.dumps(value)}"]
    return shlex.join(words)


def _find_versions(packages: tuple[str, ...]) -> dict[str, str]:
    return {package: version(package) for package in packages}


def _finite(bound: float) -> float | None:
    return float(bound) if math.isfinite(bound) else None


def _dump_args(args: Args) -> dict[str, JsonValue]:
    return args.model_dump(mode="json", exclude_unset=True)


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """The packages that a number depends on, with their versions."""
    return tuple((package, version(package)) for package in PACKAGES)
