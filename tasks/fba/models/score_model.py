"""A score sheet that can be set beside memote's: consistency, annotation, SBO terms, and the total."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import fit_display, list_names, round_for_display
from fluxagents.tasks.fba.fluxes.run_flux_variability_analysis import extremes
from fluxagents.tasks.fba.models.score_sheet import ScoredTest, internal_reactions, structural_tests, total
from fluxagents.tasks.fba.models.validate_model import find_unbalanced_reactions
from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model

BLOCKED_MMOL_PER_GDW_H = 1e-7
NEAR_BOUND = 1e-5
"""Fraction of a bound within which a flux is as large as it: both as memote has them."""
HELD_WITHIN_FRACTION = 1e-9
"""Of the optimum, where the solver finds nothing feasible at the optimum itself."""
BLOCKED_WHERE_HELD_WITHIN_MMOL_PER_GDW_H = 1e-6
"""What counts as no flux then: growth that may fall by 1e-9 lets hundreds carry more than 1e-7."""


class Args(ConditionArgs):
    """Under which conditions unbounded fluxes are looked for; memote takes the model as it is."""


class TestScore(BaseModel):
    """One test."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    section: str
    test: str
    weight: float = Field(description="In its section, as memote weighs it: a count of shares.")
    score_fraction: float
    applies: bool = Field(description="False if the model has nothing to test; it counts as 0 as in memote.")
    failing: tuple[str, ...]


class DatabaseScore(BaseModel):
    """One database."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: str
    database: str
    coverage_fraction: float = Field(description="Of all, those that are annotated with it.")
    conformity_fraction: float = Field(description="As memote counts ids of the right form; 0 without any.")


class Result(ConditionResult):
    """The score sheet."""

    total_score_fraction: float
    section_score_fraction: dict[str, float]
    tests: tuple[TestScore, ...]
    databases: tuple[DatabaseScore, ...]

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 5)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(
            lambda limit: self._display(limit) | {"databases": self._databases()}, SUMMARY_BYTES
        )

    def tables(self) -> Mapping[str, pd.DataFrame]:
        tests = [test.model_dump() | {"failing": len(test.failing)} for test in self.tests]
        failing = [(test.section, test.test, name) for test in self.tests for name in test.failing]
        return {
            "tests": pd.DataFrame(tests, columns=list(TestScore.model_fields)),
            "databases": pd.DataFrame(
                [row.model_dump() for row in self.databases], columns=list(DatabaseScore.model_fields)
            ),
            "failing": pd.DataFrame(failing, columns=["section", "test", "id"]),
        }

    def _display(self, limit: int) -> dict[str, JsonValue]:
        sections: dict[str, dict[str, JsonValue]] = {}
        for test in self.tests:
            sections.setdefault(test.section, {})[test.test] = round_for_display(test.score_fraction)
        consistency = {test.test: test for test in self.tests if test.section == "consistency"}
        return {
            **self.conditions(min(limit, 5)),
            "total_score_fraction": round_for_display(self.total_score_fraction),
            "section_score_fraction": {
                name: round_for_display(value) for name, value in self.section_score_fraction.items()
            },
            "tests": dict(sections),
            "nothing_to_test": [f"{test.section}.{test.test}" for test in self.tests if not test.applies],
            "failing": {name: list_names(test.failing, limit) for name, test in consistency.items()},
        }

    def _databases(self) -> dict[str, JsonValue]:
        """Coverage by kind and database."""
        coverage: dict[str, dict[str, JsonValue]] = {}
        for row in self.databases:
            coverage.setdefault(row.kind, {})[row.database] = round_for_display(row.coverage_fraction)
        return dict(coverage)


def run(model: Model, args: Args) -> Result:
    """Score the model from 0 to 1 by the core tests and the weights of memote 0.17.

    Facts for a flow: `total_score_fraction`, `section_score_fraction.consistency` (and
    `.annotation_metabolites`, `.annotation_reactions`, `.annotation_genes`, `.annotation_sbo`),
    `tests.consistency.stoichiometric_consistency` and so on, `failing.mass_balance.count`,
    `databases.metabolites` by name.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model; `SOLVER` or `TIMEOUT`.
    """
    internal = internal_reactions(model)
    with hold_conditions(model, args, aim="growth_if_known") as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        unbounded = _count_unbounded(model, conditions.program, feasible=optimum.value is not None)
    structural = list(structural_tests(model, find_unbalanced_reactions(internal), internal))
    tests = [*structural[:4], unbounded, *structural[4:]]
    score, sections = total(tests)
    by_name = {(test.section, test.name): test.by_database for test in tests if test.by_database}
    return Result.model_validate(
        report
        | {
            "total_score_fraction": score,
            "section_score_fraction": sections,
            "tests": tuple(
                TestScore(section=t.section, test=t.name, weight=t.weight, score_fraction=t.score,
                          applies=t.applies, failing=t.failing)
                for t in tests
            ),
            "databases": tuple(
                DatabaseScore(kind=section.removeprefix("annotation_"), database=database,
                              coverage_fraction=coverage,
                              conformity_fraction=by_name[section, "conformity"][database])
                for (section, name), covered in by_name.items() if name == "coverage"
                for database, coverage in covered.items()
            ),
        }
    )  # fmt: skip


def _count_unbounded(model: Model, program: LinearProgram, *, feasible: bool) -> ScoredTest:
    """The fraction of reactions that can carry a flux, and none as large as the model's usual bounds."""
    name = "unbounded_flux"
    if not feasible:
        return ScoredTest("consistency", name, 0.0, applies=False)
    ends, blocked = _ends(model, program)
    smallest, largest = _usual_bounds(model)
    failing = [
        reaction.id
        for reaction, (least, greatest) in zip(model.reactions, ends, strict=True)
        if least is None
        or greatest is None
        or greatest >= largest - NEAR_BOUND * abs(largest)
        or least <= smallest + NEAR_BOUND * abs(smallest)
    ]
    active = sum(
        least is None or greatest is None or max(abs(least), abs(greatest)) >= blocked
        for least, greatest in ends
    )
    score = 1.0 - len(failing) / active if active else 0.0
    return ScoredTest("consistency", name, score, tuple(sorted(failing)), applies=bool(active))


def _ends(model: Model, program: LinearProgram) -> tuple[list[tuple[float | None, float | None]], float]:
    """The least and the greatest flux of each reaction at the optimum, as memote asks; what counts as none.

    That is ill-conditioned: GLPK's optimum of iML1515 lies 4e-10 above the exact one, depending on where it
    started, and then nothing is feasible at it. Then it is held within `HELD_WITHIN_FRACTION`, and 525
    reactions are active, where memote finds 523 and HiGHS, with tolerances of 1e-9, finds 521.
    """
    best, indices = program.value, range(len(model.reactions))
    maximises = program.maximises
    row = program.hold_objective(*((best, None) if maximises else (None, best)))
    program.set_objective({}, "max")
    try:
        program.solve()
        return list(zip(*extremes(program, model, indices), strict=True)), BLOCKED_MMOL_PER_GDW_H
    except FluxError as error:
        if error.kind is not ErrorClass.NUMERICAL:
            raise
    slack = HELD_WITHIN_FRACTION * abs(best)
    program.set_row_bounds(row, *((best - slack, None) if maximises else (None, best + slack)))
    program.set_objective({}, "max")
    program.solve()
    ends = list(zip(*extremes(program, model, indices), strict=True))
    return ends, BLOCKED_WHERE_HELD_WITHIN_MMOL_PER_GDW_H


def _usual_bounds(model: Model) -> tuple[float, float]:
    """The median lower and upper bound, of those that are not 0; 1000 without any."""
    lower = sorted(reaction.lower_bound for reaction in model.reactions if reaction.lower_bound)
    upper = sorted(reaction.upper_bound for reaction in model.reactions if reaction.upper_bound)
    return _median(lower, -1000.0), _median(upper, 1000.0)


def _median(values: Sequence[float], otherwise: float) -> float:
    if not values:
        return otherwise
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    return otherwise if math.isnan(middle) else float(middle)


TOOL = Tool(
    name="score_model",
    purpose="Score sheet to set beside memote's: consistency, annotation by database, SBO terms, total.",
    questions=(
        "What is the memote score?",
        "Score the model",
        "How does memote see it?",
        "Wie ist der Memote-Score?",
        "Bewerte es wie Memote",
        "score memote",
        "puntuación memote",
    ),
    answers=("memote score", "balances", "trust", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=EVERYTHING,
    reference="Lieven et al. 2020, doi:10.1038/s41587-020-0446-y (memote); Gevorgyan, Poolman, Fell 2008, "
    "doi:10.1093/bioinformatics/btn425",
    example={},
)
