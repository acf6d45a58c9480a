"""What cobra would remark on at each use of a model is a warning about it when it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from fluxagents.tasks.ports.models import Concern, ModelWarning
from fluxagents.workers.models.reading.model_reader import read_model

BASE = Path(__file__).parents[4] / "data/wild/base.json"


def read(compartments: Mapping[str, str], formulas: Mapping[str, object]) -> list[ModelWarning]:
    described = json.loads(BASE.read_text())
    for metabolite in described["metabolites"]:
        metabolite["compartment"] = compartments[metabolite["compartment"]]
        metabolite["formula"] = formulas.get(metabolite["id"], metabolite["formula"])
    described["compartments"] = dict.fromkeys(compartments.values(), "")
    _, warned = read_model(json.dumps(described).encode(), ".json")
    return warned


@pytest.mark.parametrize(
    ("compartments", "kind", "says"),
    [
        ({"c": "c", "e": "e"}, None, ""),
        ({"c": "c0", "e": "q7"}, "outside_guessed", "name the one outside the cell 'e'"),
        ({"c": "extracellular", "e": "e"}, "outside_guessed", "give the others another name"),
    ],
)
def test_a_guessed_outside_is_a_warning(compartments: dict[str, str], kind: str | None, says: str) -> None:
    warned = [warning for warning in read(compartments, {}) if warning.kind.startswith("outside")]
    assert [warning.kind for warning in warned] == ([kind] if kind else [])
    for warning in warned:
        assert f"'{compartments['e']}' is taken for the outside" in warning.message
        assert says in warning.message
        assert Concern.MEDIUM in warning.concerns


def test_formulas_that_cannot_be_counted_are_one_warning() -> None:
    formulas = {"A_e": "C6H12O6*", "A_c": "C(H2O)n", "B_c": "C1.5H2", "O_e": None}
    (warning,) = read({"c": "c", "e": "e"}, formulas)
    assert (warning.kind, warning.concerns) == ("formula_uncountable", (Concern.COMPOUNDS,))
    assert warning.count == len(warning.elements)
    assert "'C6H12O6*' of 'A_e'" in warning.message
