"""An exchange of two at a time."""

from __future__ import annotations

import pytest
from cobra import Metabolite, Model, Reaction

from fluxagents.tasks.ports.models import Concern
from fluxagents.workers.models.reading.exchange_coefficients import warn_of_coefficients


def exchange(coefficient: float, lowest: float, highest: float) -> Model:
    reaction = Reaction("EX_a", lower_bound=lowest, upper_bound=highest)
    reaction.add_metabolites({Metabolite("a_e", compartment="e"): coefficient})
    model = Model("m")
    model.add_reactions([reaction])
    return model


def test_uptake_of_two_at_a_time_is_told() -> None:
    [warning] = warn_of_coefficients(exchange(-2, -10, 1000))
    assert warning.concerns == (Concern.MEDIUM,)
    assert warning.elements == ("EX_a",)
    assert "'EX_a' has the coefficient -2: the uptake of 'a_e' is 2 times its flux" in warning.message
    assert warn_of_coefficients(exchange(0.5, 0, 10))


@pytest.mark.parametrize(("coefficient", "lowest"), [(-1, -10), (1, -10), (-0.5, 0)])
def test_usual_exchanges_and_drains_are_not(coefficient: float, lowest: float) -> None:
    assert warn_of_coefficients(exchange(coefficient, lowest, 1000)) == []
