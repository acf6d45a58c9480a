"""A model is stored with a warning where its growth is not what its objective says."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from fluxagents.tasks.ports.models import Concern, ModelWarning
from fluxagents.workers.models.reading.model_reader import read_model

KINDS = {"no_biomass", "several_biomass", "objective_is_not_growth"}


def warnings(
    objective: Mapping[str, float], direction: str = "max", called: tuple[str, ...] = ("growth",)
) -> list[ModelWarning]:
    """Of a file with an uptake, a product and reactions of these names."""
    reactions = {"EX_A": {"A": -1}, "EX_P": {"P": -1}, "rAP": {"A": -1, "P": 1}}
    reactions |= {name: {"A": -1, "P": -2} for name in called}
    document = {
        "id": "small",
        "version": "1",
        "compartments": {"c": "cytosol"},
        "objective_direction": direction,
        "genes": [],
        "metabolites": [{"id": m, "name": m, "compartment": "c"} for m in "AP"],
        "reactions": [
            {"id": name, "name": name, "metabolites": metabolites, "lower_bound": -10, "upper_bound": 10,
             "gene_reaction_rule": "", "objective_coefficient": objective.get(name, 0.0)}
            for name, metabolites in reactions.items()
        ],
    }  # fmt: skip
    found = read_model(json.dumps(document).encode(), ".json")[1]
    return [warning for warning in found if warning.kind in KINDS]


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_an_objective_that_is_growth_is_no_warning(factor: float) -> None:
    assert warnings({"growth": factor}) == []


@pytest.mark.parametrize("objective", [{"EX_A": -1.0}, {"EX_P": 1.0, "growth": 1.0}])
def test_an_objective_that_is_not_growth_alone_is_told(objective: dict[str, float]) -> None:
    (warning,) = warnings(objective)
    assert (warning.kind, warning.elements) == ("objective_is_not_growth", ("growth",))
    assert warning.concerns == (Concern.GROWTH,)
    assert "EX_" in warning.message
    assert "'biomass'" in warning.message


def test_a_model_without_a_biomass_reaction_is_told() -> None:
    (warning,) = warnings({"EX_P": 1.0}, called=())
    assert (warning.kind, warning.elements, warning.count) == ("no_biomass", (), 1)


def test_several_candidates_are_named() -> None:
    (warning,) = warnings({"EX_P": 1.0}, called=("bio1", "bio2"))
    assert (warning.kind, warning.elements, warning.count) == ("several_biomass", ("bio1", "bio2"), 2)


def test_a_model_without_an_objective_is_told_only_of_that() -> None:
    assert warnings({}) == []
