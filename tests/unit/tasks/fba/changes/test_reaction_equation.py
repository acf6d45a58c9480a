"""An equation is read as it is written, or not at all."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes.reaction_equation import read_equation


@pytest.mark.parametrize(
    ("text", "stoichiometry", "bounds"),
    [
        ("a_c + 2 b_c --> c_c", {"a_c": -1, "b_c": -2, "c_c": 1}, (0, 1000)),
        ("a_c <=> 0.5 b-c", {"a_c": -1, "b-c": 0.5}, (-1000, 1000)),
        ("a_c <-- 1.5e-3 b_c", {"a_c": -1, "b_c": 0.0015}, (-1000, 0)),
        ("a_e <->", {"a_e": -1}, (-1000, 1000)),
        ("--> a_e", {"a_e": 1}, (0, 1000)),
        ("a + h2o + a => h2o + b", {"a": -2, "b": 1}, (0, 1000)),
        ("2 2ddg6p_c -> x", {"2ddg6p_c": -2, "x": 1}, (0, 1000)),
    ],
)
def test_equations(text: str, stoichiometry: dict[str, float], bounds: tuple[float, float]) -> None:
    found = read_equation(text)
    assert found.stoichiometry == stoichiometry
    assert found.bounds == bounds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a_c + b_c", "has 0 arrows"),
        ("a --> b --> c", "has 2 arrows"),
        ("a b --> c", "'a b' in equation"),
        ("a + + b --> c", "no sum of metabolites"),
        ("", "has 0 arrows"),
    ],
)
def test_what_is_no_equation_is_refused(text: str, says: str) -> None:
    with pytest.raises(FluxError, match=says) as raised:
        read_equation(text)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
