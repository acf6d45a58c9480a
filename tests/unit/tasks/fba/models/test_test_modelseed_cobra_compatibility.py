"""What a format loses is listed; what a solver sees is the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cobra.io
import pytest
from cobra import Metabolite, Reaction

from fluxagents.tasks.fba.models.model_difference import differences

NAME = "test_modelseed_cobra_compatibility"


@pytest.mark.parametrize("model", ["textbook", pytest.param("ijo1366", marks=pytest.mark.long)])
def test_shipped_models_come_back_as_they_were(
    request: pytest.FixtureRequest, call: Callable[..., Any], model: str
) -> None:
    loaded = request.getfixturevalue(model)
    found = call(NAME, loaded)
    assert found.is_compatible
    assert [row.format for row in found.round_trips] == ["sbml", "json"]
    for row in found.round_trips:
        assert row.growth_is_unchanged
        assert row.growth_after_per_h == pytest.approx(found.growth_per_h, rel=1e-6)
        assert row.size_bytes > 50_000
    assert found.metabolites_with_modelseed_id_fraction > 0.8
    assert len(found.tables()["differences"]) == sum(row.differences for row in found.round_trips)


def test_ids_that_abort_the_solver_elsewhere_survive(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        odd = Reaction("x__4__y", upper_bound=1)
        textbook.add_reactions([odd])
        odd.add_metabolites({Metabolite("odd-id_c", compartment="c"): -1})
        found = call(NAME, textbook)
    assert found.is_compatible
    # SBML as cobra writes it knows no missing charge.
    rows = found.tables()["differences"].to_numpy().tolist()
    assert rows == [["sbml", "metabolite", "odd-id_c", "charge", "None", "0"]]


def test_every_change_is_a_difference(textbook: Any) -> None:
    other = textbook.copy()
    assert differences(textbook, other) == ()
    other.reactions.PGI.bounds = (-1, 1)
    other.reactions.PFK.gene_reaction_rule = "b3916"
    other.reactions.PFK.add_metabolites({other.metabolites.h_c: 1})
    other.metabolites.pyr_c.annotation = {"x": "y"}
    other.objective = "ATPM"
    other.remove_reactions(["EX_ac_e"])
    found = {(item.kind, item.id, item.field) for item in differences(textbook, other)}
    assert found == {
        ("objective", "", "objective"),
        ("reaction", "PGI", "bounds"),
        ("reaction", "PFK", "gene rule"),
        ("reaction", "PFK", "stoichiometry"),
        ("reaction", "EX_ac_e", "id"),
        ("metabolite", "pyr_c", "annotation"),
    }
    pgi = next(item for item in differences(textbook, other) if item.id == "PGI")
    assert (pgi.first, pgi.second) == ("(-1000.0, 1000.0)", "(-1.0, 1.0)")


def test_a_loss_that_changes_growth_is_no_compatibility(
    textbook: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def poorer(written: str) -> Any:
        copy = read(written)
        copy.reactions.EX_glc__D_e.lower_bound = -5
        return copy

    read = cobra.io.from_json
    monkeypatch.setattr(cobra.io, "from_json", poorer)
    found = call(NAME, textbook, formats=["json"])
    assert not found.is_compatible
    assert not found.round_trips[0].growth_is_unchanged
    assert found.round_trips[0].differences_by_field["reaction bounds"] == 1
