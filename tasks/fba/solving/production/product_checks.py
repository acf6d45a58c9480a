"""Numbers about a product that would mean something else than what they are called."""

from __future__ import annotations

from collections.abc import Iterable

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H

YIELD_TOLERANCE = 1e-4
"""Mol carbon per mol carbon: far above what solvers leave, far below what an unbalanced reaction makes."""


def check_is_secreted(exchange: str, secretion_mmol_per_gdw_h: Iterable[float | None]) -> None:
    """A product leaves the cell: what the cell must take up is none.

    Args:
        exchange: Id of its exchange reaction.
        secretion_mmol_per_gdw_h: The greatest that is possible, under each condition.

    Raises:
        FluxError: `BAD_ARGUMENT` if one is below 0.
    """
    lowest = min((value for value in secretion_mmol_per_gdw_h if value is not None), default=0.0)
    if lowest < -ZERO_FLUX_MMOL_PER_GDW_H:
        message = f"'{exchange}' is no product here: the cell has to take up {-lowest:.4g} mmol/gDW/h of it"
        way_out = f"close its uptake, as with medium_changes={{'{exchange}': 0}}"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, message, suggestions=("name what is secreted", f"or {way_out}")
        )


def check_carbon_yield(exchange: str, mol_c_per_mol_c: Iterable[float | None]) -> None:
    """No more carbon is in a product than was taken up.

    Raises:
        FluxError: `BAD_ARGUMENT` if more is: the model makes carbon.
    """
    highest = max((value for value in mol_c_per_mol_c if value is not None), default=0.0)
    if makes_carbon(highest):
        message = (
            f"the model makes carbon from nothing: '{exchange}' would hold {highest:.4g} mol carbon "
            "per mol carbon taken up, and 1 is the limit"
        )
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, message, suggestions=("`validate_model` names unbalanced reactions",)
        )


def makes_carbon(mol_c_per_mol_c: float | None) -> bool:
    """Whether a yield is that of a model in which carbon comes from nothing."""
    return mol_c_per_mol_c is not None and mol_c_per_mol_c > 1 + YIELD_TOLERANCE
