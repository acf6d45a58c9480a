"""Bounds of reactions, whatever cobra's usual ones are."""

from __future__ import annotations

import sys
from collections.abc import Callable

from cobra import Configuration, Model

_MISSING_BOUND = sys.float_info.max
_USUAL_BOUND = 1_000.0


def read_with_any_bounds(read_model: Callable[[], Model]) -> Model:
    """Read a model in which a lower bound is above cobra's usual upper one.

    cobra sets the lower bound first and refuses it if the default upper bound is less. So here the default is
    out of the way, and becomes the usual one again where the file left it in place.
    """
    configuration = Configuration()
    usual = configuration.bounds
    configuration.bounds = (-_MISSING_BOUND, _MISSING_BOUND)
    try:
        model = read_model()
    finally:
        configuration.bounds = usual
    for reaction in model.reactions:
        lowest, highest = reaction.bounds
        reaction.bounds = (
            -_USUAL_BOUND if lowest == -_MISSING_BOUND else lowest,
            _USUAL_BOUND if highest == _MISSING_BOUND else highest,
        )
    return model
