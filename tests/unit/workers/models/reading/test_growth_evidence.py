"""A model is stored with a warning where its growth is not what its objective says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fluxagents.tasks.ports.models import Concern, ModelWarning
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.models.reading.model_reader import read_model

KINDS = {"no_biomass", "several_biomass", "biomass_backwards", "objective_is_not_growth"}


def warnings(
    objective: Mapping[str, float],
    direction: str = "max",
    called: tuple[str, ...] = ("growth",),
    bounds: tuple[float, float] = (-10.0, 10.0),
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
            {"id": name, "name": name, "metabolites": metabolites, "lower_bound": bounds[0],
             "upper_bound": bounds[1], "gene_reaction_rule": "",
             "objective_coefficient": objective.get(name, 0.0)}
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


def test_biomass_that_is_written_backwards_is_told() -> None:
    (warning,) = warnings({"growth": 1.0}, bounds=(-10.0, 0.0))
    assert (warning.kind, warning.elements) == ("biomass_backwards", ("growth",))
    assert "negative flux" in warning.message


def test_a_model_without_an_objective_is_told_only_of_that() -> None:
    assert warnings({}) == []


WILD = Path(__file__).parents[4] / "data" / "wild"


@pytest.mark.parametrize(
    ("file", "objective", "value", "growth", "kinds"),
    [
        ("base.json", "growth", 10 / 6, 10 / 6, set()),
        ("coef2.json", "2 growth", 20 / 6, 10 / 6, set()),
        ("s_negobj.xml", "-1 growth", -10 / 6, 10 / 6, set()),
        ("negcoef.json", "-1 EX_A_e", 10.0, 10 / 6, {"objective_is_not_growth"}),
        ("s_min.xml", "EX_A_e", -10.0, 10 / 6, {"objective_is_not_growth"}),
        ("m_osense_min.mat", "EX_A_e", -10.0, 10 / 6, {"objective_is_not_growth"}),
        ("twoobj.json", "EX_B_e + growth", 20.0, 0.0, {"objective_is_not_growth"}),
        ("noobj.json", "", None, None, set()),
        ("noex.json", "growth", 0.0, 0.0, set()),
    ],
)
def test_growth_and_objective_of_files_as_they_are(
    file: str, objective: str, value: float | None, growth: float | None, kinds: set[str]
) -> None:
    model, found = read_model((WILD / file).read_bytes(), Path(file).suffix)
    assert {warning.kind for warning in found} & KINDS == kinds
    tool = tool_named("run_metabolic_fba")
    result: Any = tool.run(model, tool.parse({}))
    assert result.objective == objective
    assert result.objective_value == (None if value is None else pytest.approx(value, abs=1e-9))
    assert result.growth_per_h == (None if growth is None else pytest.approx(growth, abs=1e-9))


@pytest.mark.parametrize("file", ["coef2.json", "s_negobj.xml", "negcoef.json", "s_min.xml", "twoobj.json"])
def test_a_medium_for_growth_takes_what_growth_takes(file: str) -> None:
    model, _ = read_model((WILD / file).read_bytes(), Path(file).suffix)
    tool = tool_named("find_minimal_media")
    result: Any = tool.run(model, tool.parse({"min_growth_per_h": 1.0}))
    assert result.media[0].uptakes_mmol_per_gdw_h["EX_A_e"] == pytest.approx(6.0)
