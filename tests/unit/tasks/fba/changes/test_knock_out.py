"""A mutant grows as cobra's own does, and a second knock-out knows the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.models.model_store import ModelFiles

NAME = "knock_out"


def test_genes_and_reactions_go_together(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, genes=["b1676", "b1854", "b0008"], reactions=["PGI"])
    assert {change.reaction for change in found.changes} == {"PYK", "PGI"}
    assert found.genes == ("b1676", "b1854", "b0008")
    assert found.genes_without_effect == ("b0008",)
    with textbook:
        for identifier in ("b1676", "b1854"):
            textbook.genes.get_by_id(identifier).knock_out()
        textbook.reactions.PGI.knock_out()
        assert found.growth_per_h == pytest.approx(textbook.slim_optimize(), rel=1e-6)
    assert found.growth_before_per_h == pytest.approx(686440 / 785471)
    assert textbook.genes.b1676.functional


def test_a_lethal_knock_out_is_a_result(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, genes=["b0720"])
    assert (found.status, found.growth_per_h) == ("zero_growth", 0.0)


def test_the_stored_mutant_knows_its_genes(tmp_path: Path) -> None:
    """An isozyme alone closes nothing; the other one closes the reaction of the stored mutant."""
    store, tool = ModelFiles(str(tmp_path)), tool_named(NAME)
    ref = store.resolve("e_coli_core")
    for gene in ("b1676", "b1854"):
        args = tool.parse({"genes": [gene]})
        model = store.load(ref)
        found: Any = tool.run(model, args)
        with model:
            assert tool.change is not None
            tool.change(model, args)
            ref = store.derive(ref, model, tool.describe_change(args)).ref
    assert [change.reaction for change in found.changes] == ["PYK"]
    mutant = store.load(ref)
    assert mutant.reactions.PYK.bounds == (0, 0)
    assert mutant.slim_optimize() == pytest.approx(found.growth_per_h, rel=1e-6)
    with pytest.raises(FluxError, match="nothing would change") as raised:
        tool.run(mutant, args)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_nothing_asked_for_is_an_error(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="give 'genes', 'reactions' or both"):
        call(NAME, textbook)


def test_unknown_ids_name_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"gene 'b167' is not in model .*; nearest: b1676"):
        call(NAME, textbook, genes=["b167"])
    with pytest.raises(FluxError, match=r"gene 'gltA' is not in model .*; gene 'gltA' has the id 'b0720'"):
        call(NAME, textbook, genes=["gltA"])
