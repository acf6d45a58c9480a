"""Reactions taken out at once leave what they leave when cobra takes them out one by one."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.tasks.fba.changes.reaction_removal import remove_reactions


def outline(model: Any) -> dict[str, Any]:
    return {
        "reactions": [(r.id, r.bounds, r.gene_reaction_rule) for r in model.reactions],
        "metabolites": {m.id: {r.id for r in m.reactions} for m in model.metabolites},
        "genes": {gene.id: {r.id for r in gene.reactions} for gene in model.genes},
        "columns": [variable.name for variable in model.variables],
        "rows": [constraint.name for constraint in model.constraints],
        "members": {group.id: {m.id for m in group.members} for group in model.groups},
        "growth": model.slim_optimize(error_value=-1.0),
    }


def names_of(model: Any, kept: int) -> list[str]:
    """All but the reactions without which there is no growth, and some of the others."""
    needed = {"Biomass_Ecoli_core", "GLCpts", "ENO", "PGK", "GAPD", "PGI", "CS", "PDH", "ACONTa", "ACONTb"}
    return [r.id for r in model.reactions if r.id not in needed][kept:]


@pytest.mark.parametrize("kept", [85, 40, 0])
def test_what_is_left_is_what_cobra_leaves(fresh_textbook: Any, kept: int) -> None:
    other, names = fresh_textbook.copy(), names_of(fresh_textbook, kept)
    remove_reactions(fresh_textbook, [fresh_textbook.reactions.get_by_id(name) for name in names])
    other.remove_reactions([other.reactions.get_by_id(name) for name in names], remove_orphans=True)
    left = outline(fresh_textbook)
    growth = left.pop("growth")
    expected = outline(other)
    assert growth == pytest.approx(expected.pop("growth"), abs=1e-9)
    assert left == expected


def test_inside_a_context_all_comes_back(fresh_textbook: Any) -> None:
    before = {**outline(fresh_textbook), "reactions": None, "columns": None, "rows": None}
    with fresh_textbook as model:
        remove_reactions(model, [model.reactions.get_by_id(name) for name in names_of(model, 40)])
        assert len(model.reactions) < 60
    after = {**outline(fresh_textbook), "reactions": None, "columns": None, "rows": None}
    assert after == {**before, "growth": pytest.approx(before["growth"])}
