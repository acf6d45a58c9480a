"""HiGHS and GLPK find sets of the same size, in silence; what is not installed says how to get it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import optlang
import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.acts.provenance import provenance_of
from fluxagents.tasks.fba.changes.gapfill_model import Universal
from fluxagents.tasks.fba.solving.hitting_set import smallest_hitting_set
from fluxagents.tasks.fba.solving.optlang_program import Solver
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.models.model_store import ModelFiles

pytest.importorskip("highspy", reason="the extra 'highs' is not installed")

SOLVERS: tuple[Solver, ...] = ("glpk", "highs")

COVER = """
from fluxagents.tasks.fba.solving.hitting_set import smallest_hitting_set
names = [f"r{n}" for n in range(40)]
print(smallest_hitting_set(names, [names[n : n + 4] for n in range(0, 40, 2)], [("r2", "r6")], "highs"))
"""


@pytest.mark.parametrize("solver", SOLVERS)
def test_smallest_hitting_set(solver: Solver) -> None:
    universe = ("a", "b", "c")
    assert smallest_hitting_set(universe, [{"a", "b"}, {"b", "c"}], [], solver) == ("b",)
    assert smallest_hitting_set(universe, [{"a", "b"}, {"b", "c"}], [("b",)], solver) == ("a", "c")
    assert smallest_hitting_set(universe, [{"a"}], [("a",)], solver) is None
    assert smallest_hitting_set(universe, [set()], [], solver) is None
    assert smallest_hitting_set(universe, [], [], solver) == ()
    assert smallest_hitting_set((), [], [], solver) == ()


def test_highs_is_silent_and_chooses_the_same_in_every_process() -> None:
    found = []
    for seed in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-c", COVER],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stderr == ""
        found.append(done.stdout)
    assert found[0].count("\n") == 1
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"min_growth_fraction_of_wild_type": 0.5, "alternatives": 10},
        {"open_exchanges": True, "alternatives": 3},
    ],
)
def test_minimal_media_of_the_core_model(
    textbook: Any, call: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    glpk, highs = (
        call("find_minimal_media", textbook, integer_solver=solver, **arguments) for solver in SOLVERS
    )
    assert highs.required_components == glpk.required_components
    assert highs.is_complete == glpk.is_complete
    assert [one.components for one in highs.media] == [one.components for one in glpk.media]
    assert len(highs.media) >= 1
    if glpk.is_complete:
        assert {tuple(sorted(one.uptakes_mmol_per_gdw_h)) for one in highs.media} == {
            tuple(sorted(one.uptakes_mmol_per_gdw_h)) for one in glpk.media
        }


def test_missing_media_of_the_core_model(textbook: Any, call: Callable[..., Any]) -> None:
    closed = {"EX_nh4_e": 0, "EX_pi_e": 0, "EX_glc__D_e": 0}
    glpk, highs = (
        call("check_missing_media", textbook, medium_changes=closed, alternatives=5, integer_solver=solver)
        for solver in SOLVERS
    )
    assert [len(one.exchanges) for one in highs.missing.sets] == [
        len(one.exchanges) for one in glpk.missing.sets
    ]
    assert min(len(one.exchanges) for one in highs.missing.sets) >= 1
    assert all(one.best_growth_per_h >= 0.01 * (1 - 1e-6) for one in highs.missing.sets)


def test_what_is_not_installed_says_how_to_get_it(
    textbook: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(optlang, "hybrid_interface", raising=False)
    monkeypatch.setitem(sys.modules, "optlang.hybrid_interface", None)
    with pytest.raises(FluxError) as caught:
        call("find_minimal_media", textbook, integer_solver="highs")
    assert caught.value.kind is ErrorClass.SOLVER
    assert "pip install 'fluxagents[highs]'" in caught.value.suggestions
    assert call("find_minimal_media", textbook).media


def test_provenance_names_the_solvers_that_were_chosen(tmp_path: Path) -> None:
    models = ModelFiles(str(tmp_path))
    ref = models.add_named("e_coli_core").ref
    model = models.load(ref)
    tool = tool_named("find_minimal_media")
    for given, further in (({}, {}), ({"integer_solver": "highs"}, {"highspy": version("highspy")})):
        provenance = provenance_of(tool, tool.parse(dict(given)), model, ref)
        assert (provenance.solver, provenance.solver_version) == ("glpk_interface", version("swiglpk"))
        assert provenance.further_solvers == further


def test_minimal_media_of_a_large_model(ijo1366: Any, call: Callable[..., Any]) -> None:
    glpk, highs = (
        call("find_minimal_media", ijo1366, min_growth_per_h=0.1, alternatives=5, integer_solver=solver)
        for solver in SOLVERS
    )
    assert highs.is_complete
    assert glpk.is_complete
    assert [one.components for one in highs.media] == [one.components for one in glpk.media] == [15]


def test_gaps_and_auxotrophies_of_the_core_model(
    textbook: Any, call: Callable[..., Any], tmp_path: Path
) -> None:
    store = ModelFiles(str(tmp_path))
    universal = Universal("e_coli_core", store.load(store.resolve("e_coli_core")))
    tool = tool_named("gapfill_model")
    given = {"universal": "e_coli_core", "alternatives": 10, "min_growth_per_h": 0.1}
    with textbook:
        textbook.remove_reactions([textbook.reactions.get_by_id(name) for name in ("O2t", "PFK", "TKT1")])
        filled: list[Any] = [
            tool.run(textbook, tool.parse({**given, "integer_solver": solver}), universal)
            for solver in SOLVERS
        ]
    glpk, highs = filled
    assert highs.verdict == "filled"
    assert highs.is_complete
    assert {frozenset(one.reactions) for one in highs.alternatives} == {
        frozenset(one.reactions) for one in glpk.alternatives
    }
    tested = [call("identify_auxotrophies", textbook, integer_solver=solver) for solver in SOLVERS]
    assert tested[0] == tested[1]
