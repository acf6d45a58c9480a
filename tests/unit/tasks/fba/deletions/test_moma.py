"""The nearest fluxes after a knock-out are proven nearest by a linear program of cobra's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cobra.flux_analysis import pfba

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.acts.provenance import provenance_of
from fluxagents.tasks.fba.deletions.moma import adjustment
from fluxagents.tasks.fba.deletions.run_gene_deletion_analysis import Args
from fluxagents.tasks.fba.solving.growth import hold_conditions
from fluxagents.tasks.fba.solving.wild_type import WildType
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.tasks.registry import tool_named

NAME = "run_gene_deletion_analysis"


@pytest.mark.parametrize("knocked_out", ["PGI", "TPI", "GND", "ATPS4r", "SUCDi"])
def test_no_feasible_fluxes_are_nearer(textbook: Any, knocked_out: str) -> None:
    """At the minimum of a convex function no feasible direction goes downhill."""
    place = textbook.reactions.index(knocked_out)
    with hold_conditions(textbook, Args()) as conditions:
        wild_type = WildType(conditions)
        with adjustment(textbook, wild_type) as adjusted:
            found = adjusted.nearest(frozenset({place}))
    reference = pfba(textbook).fluxes.to_numpy()
    slope = 2 * (found - reference)
    with textbook:
        textbook.reactions[place].knock_out()
        terms = zip(textbook.reactions, slope, strict=True)
        textbook.objective = {reaction: float(value) for reaction, value in terms}
        textbook.objective_direction = "min"
        downhill = textbook.slim_optimize()
    assert abs(found[place]) < 1e-6
    assert downhill == pytest.approx(float(slope @ found), rel=1e-5, abs=1e-3)
    assert float(np.linalg.norm(found - reference)) > 1


def test_growth_is_between_none_and_the_best_that_is_left(textbook: Any, call: Callable[..., Any]) -> None:
    best = call(NAME, textbook).deletions
    found = call(NAME, textbook, method="moma")
    assert found.method == found.key_findings()["method"] == "moma"
    for genes, adjusted, left in zip(
        best.genes, found.deletions.growth_per_h, best.growth_per_h, strict=True
    ):
        assert (adjusted or 0.0) <= (left or 0.0) + 1e-6, genes
    growth = dict(zip(found.deletions.genes, found.deletions.growth_per_h, strict=True))
    assert growth["b3919",] == pytest.approx(0.16992, rel=1e-4)  # tpiA, whose best growth is 0.704
    assert set(call(NAME, textbook).lethal_genes) <= set(found.lethal_genes)


def test_pairs_are_not_adjusted(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="'moma' goes with kind 'single' or 'sets'"):
        call(NAME, textbook, kind="double", method="moma")


def test_constraints_beside_the_mass_balances_are_refused(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.add_cons_vars(textbook.problem.Constraint(textbook.reactions.PGI.flux_expression, lb=0))
        with pytest.raises(FluxError, match="beside its mass balances") as raised:
            call(NAME, textbook, method="moma")
    assert raised.value.kind is ErrorClass.SOLVER


def test_without_the_extra_the_way_out_is_named(
    textbook: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optlang.hybrid_interface", None)
    monkeypatch.delattr("optlang.hybrid_interface", raising=False)
    with pytest.raises(FluxError, match="is not installed") as raised:
        call(NAME, textbook, method="moma")
    assert any("fluxagents[highs]" in hint for hint in raised.value.suggestions)


def test_provenance_names_the_quadratic_solver(textbook: Any) -> None:
    ref = ModelRef(digest=f"sha256:{'1' * 64}", name="textbook")
    found = provenance_of(tool_named(NAME), Args(method="moma"), textbook, ref)
    assert list(found.further_solvers) == ["osqp"]
