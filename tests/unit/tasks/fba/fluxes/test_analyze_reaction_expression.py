"""E-Flux and GIMME equal an optimisation that is set up anew with cobra and optlang."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "analyze_reaction_expression"


@dataclass
class Measured:
    """A level in a gene rule that Python itself evaluates."""

    level: float

    def __and__(self, other: Measured) -> Measured:
        return Measured(min(self.level, other.level))

    def __or__(self, other: Measured) -> Measured:
        return Measured(max(self.level, other.level))


def levels_of(model: Any, expression: dict[str, float]) -> dict[str, float]:
    """Reaction -> level, for a model all of whose genes are measured."""
    found = {}
    for reaction in model.reactions:
        rule = reaction.gene_reaction_rule.replace(" and ", " & ").replace(" or ", " | ")
        if rule:
            text = re.sub(r"[bs]\d{4}", lambda match: f"Measured({expression[match[0]]})", rule)
            found[reaction.id] = eval(text, {"Measured": Measured}).level
    return found


@pytest.fixture
def expression(textbook: Any) -> dict[str, float]:
    """A level for every gene, the same in each test: 1 to 100."""
    return {gene.id: float(1 + 37 * place % 100) for place, gene in enumerate(textbook.genes)}


def test_e_flux_equals_a_model_with_these_bounds(
    textbook: Any, expression: dict[str, float], call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, expression=expression, max_flux_mmol_per_gdw_h=20)
    levels = levels_of(textbook, expression)
    highest = max(levels.values())
    with textbook:
        for identifier, level in levels.items():
            reaction = textbook.reactions.get_by_id(identifier)
            limit = 20 * level / highest
            reaction.bounds = (max(reaction.lower_bound, -limit), min(reaction.upper_bound, limit))
        expected = textbook.slim_optimize()
        for identifier, flux in zip(
            found.reactions.reaction, found.reactions.flux_mmol_per_gdw_h, strict=True
        ):
            lowest, highest_bound = textbook.reactions.get_by_id(identifier).bounds
            assert lowest - 1e-6 <= flux <= highest_bound + 1e-6
    assert 0.05 < expected < found.growth_per_h - 0.1
    assert found.status_with_expression == "optimal"
    assert found.growth_with_expression_per_h == pytest.approx(expected, rel=1e-6)
    assert found.growth_fraction_of_wild_type == pytest.approx(expected / found.growth_per_h, rel=1e-6)
    assert found.limited_reactions


def test_gimme_equals_the_same_program_in_optlang(
    textbook: Any, expression: dict[str, float], call: Callable[..., Any]
) -> None:
    found = call(
        NAME, textbook, expression=expression, method="gimme", cutoff=60, growth_fraction_of_wild_type=0.8
    )
    levels = levels_of(textbook, expression)
    with textbook:
        biomass = textbook.reactions.Biomass_Ecoli_core
        biomass.lower_bound = 0.8 * textbook.slim_optimize()
        penalised = {name: 60 - level for name, level in levels.items() if level < 60}
        textbook.objective = textbook.problem.Objective(0, direction="min")
        textbook.objective.set_linear_coefficients(
            {
                variable: penalty
                for name, penalty in penalised.items()
                for reaction in [textbook.reactions.get_by_id(name)]
                for variable in (reaction.forward_variable, reaction.reverse_variable)
            }
        )
        score = textbook.slim_optimize()
    assert score > 100
    assert found.inconsistency_score == pytest.approx(score, rel=1e-6)
    assert sum(found.inconsistent_reactions.values()) == pytest.approx(score, rel=1e-6)
    assert found.growth_with_expression_per_h == pytest.approx(0.8 * found.growth_per_h, rel=1e-6)


def test_levels_above_the_cutoff_are_consistent(textbook: Any, call: Callable[..., Any]) -> None:
    levels = {gene.id: 50.0 for gene in textbook.genes}
    found = call(NAME, textbook, expression=levels, method="gimme", cutoff=10)
    assert found.inconsistency_score == 0.0
    assert found.inconsistent_reactions == {}


def test_equal_levels_limit_by_the_busiest_reaction_only(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, expression={gene.id: 7.0 for gene in textbook.genes})
    assert found.max_flux_mmol_per_gdw_h == pytest.approx(45.51401, rel=1e-6)  # ATPS4r in the pFBA optimum
    assert found.growth_with_expression_per_h == pytest.approx(686440 / 785471, rel=1e-6)


def test_isozymes_add_up_if_asked_for(textbook: Any, call: Callable[..., Any]) -> None:
    pyruvate_kinases = {"b1676": 3.0, "b1854": 4.0}

    def level(**args: Any) -> Any:
        table = call(NAME, textbook, expression=pyruvate_kinases, **args).reactions
        return dict(zip(table.reaction, table.level, strict=True))["PYK"]

    assert (level(), level(isozymes="sum")) == (4.0, 7.0)


def test_what_a_missing_gene_means_is_said(textbook: Any, call: Callable[..., Any]) -> None:
    some = {"b0720": 5.0}
    assert call(NAME, textbook, expression=some).reactions_with_level == 1
    zero = call(NAME, textbook, expression=some, missing_genes="zero")
    assert zero.reactions_with_level == 69
    assert zero.status_with_expression == "infeasible"
    with pytest.raises(
        FluxError, match=r"136 genes .* have no level, such as 'b0008'; missing_genes"
    ) as raised:
        call(NAME, textbook, expression=some, missing_genes="refuse")
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_unmapped_genes_are_reported_and_names_are_known(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, expression={"gltA": 5.0, "b0008": 3.0, "b9999": 1.0})
    assert found.genes_measured == 2
    assert found.unmapped_genes == ("b9999",)
    with pytest.raises(FluxError, match="none of 1 measured genes is in model") as raised:
        call(NAME, textbook, expression={"b9999": 1.0})
    assert raised.value.kind is ErrorClass.UNKNOWN_ID
    with pytest.raises(FluxError, match="gene 'b0720' has two levels"):
        call(NAME, textbook, expression={"gltA": 5.0, "b0720": 3.0})


def test_a_negative_level_is_refused(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="greater than or equal to 0"):
        call(NAME, textbook, expression={"b0720": -1.0})
