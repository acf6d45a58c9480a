"""What a user should know about an SBML file and what stops no analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fluxagents.tasks.ports.models import Concern, ModelWarning
from fluxagents.workers.models.reading.sbml.sbml_bounds import WrittenBounds
from fluxagents.workers.models.reading.sbml.sbml_faults import count_more
from fluxagents.workers.models.reading.sbml.sbml_outline import SbmlOutline

_READ_PACKAGES = {"fbc", "groups"}
_DRAWN_PACKAGES = {"layout", "render"}
"""Packages that change no number, whether read or not."""

_KNOWN_UNITS = {"substance", "volume", "area", "length", "time"} | {
    "dimensionless", "item", "mole", "gram", "kilogram", "litre", "metre", "second",
}  # fmt: skip
"""Units that SBML knows without a declaration; not all of them, only those of amounts, sizes and time."""

_OF_FLUXES = (Concern.GROWTH, Concern.FLUXES, Concern.MEDIUM)
_SHOWN = 10


def list_warnings(outline: SbmlOutline, bounds: Mapping[str, WrittenBounds]) -> Iterator[ModelWarning]:
    """One warning per kind."""
    yield from _warn_of_objectives(outline)
    units = [name for name in outline.named_units if name not in outline.units | _KNOWN_UNITS]
    if units:
        more = count_more(len(units) - 1)
        message = f"the file does not declare its unit '{units[0]}'{more}: mmol/gDW/h is assumed"
        yield _warning("unit_unknown", message, units, _OF_FLUXES)
    if outline.user_constraints:
        message = (
            f"the file has {outline.user_constraints} constraints of its own, which are not read: "
            "growth and fluxes may be less than here"
        )
        yield ModelWarning(
            kind="constraints_left_out",
            message=message,
            count=outline.user_constraints,
            concerns=(Concern.GROWTH, Concern.FLUXES),
        )
    if outline.converted:
        message = (
            f"{len(outline.converted)} species ('{outline.converted[0]}') have a conversion factor, which is "
            "not read: their stoichiometry is used as written"
        )
        yield _warning("conversion_factor_left_out", message, outline.converted, _OF_FLUXES)
    yield from _warn_of_bounds(outline, bounds)
    for package in sorted(outline.packages - _READ_PACKAGES - _DRAWN_PACKAGES):
        message = f"the file uses the SBML package '{package}', which is not read"
        yield ModelWarning(kind="package_left_out", message=message, elements=(package,))


def _warn_of_objectives(outline: SbmlOutline) -> Iterator[ModelWarning]:
    names = list(outline.objectives)
    active = outline.active_objective
    if len(names) > 1:
        used = f"'{active}', the active one, is used" if active else "none is active"
        message = f"the file has {len(names)} objectives: {used}"
        yield _warning("several_objectives", message, names, (Concern.GROWTH, Concern.FLUXES))
    elif names and not active:
        message = f"the file does not say which objective is active: '{names[0]}', the only one, is used"
        yield _warning("objective_assumed", message, names, (Concern.GROWTH, Concern.FLUXES))


def _warn_of_bounds(outline: SbmlOutline, bounds: Mapping[str, WrittenBounds]) -> Iterator[ModelWarning]:
    without = [reaction for reaction, written in bounds.items() if not written.is_complete]
    if without:
        assumed = "no bound" if outline.fbc_version == 1 else "1000 mmol/gDW/h"
        message = (
            f"{len(without)} reactions lack a flux bound ('{without[0]}'): {assumed} either way is assumed, "
            "and 0 backward where the reaction is not reversible; write their bounds to be sure"
        )
        yield _warning("bound_assumed", message, without, _OF_FLUXES)
    moving = [
        (parameter, reaction)
        for reaction, written in outline.reactions.items()
        for parameter in (written.lower, written.upper)
        if parameter and not outline.parameters.get(parameter, (None, True))[1]
    ]
    if moving:
        parameter, reaction = moving[0]
        names = list(dict.fromkeys(reaction for _, reaction in moving))
        message = (
            f'the bounds of {len(names)} reactions are parameters that may change (constant="false"): '
            f"their values as written are used, that of '{parameter}' for reaction '{reaction}'"
        )
        yield _warning("bound_not_constant", message, names, _OF_FLUXES)


def _warning(kind: str, message: str, elements: Sequence[str], concerns: tuple[Concern, ...]) -> ModelWarning:
    return ModelWarning(
        kind=kind,
        message=message,
        count=len(elements),
        elements=tuple(elements[:_SHOWN]),
        concerns=concerns,
    )
