"""FROG analysis: a model's objective, flux ranges and deletions, for comparing tools.

FROG version 1 (https://www.ebi.ac.uk/biomodels/curation/fbc): ids as in the SBML file, flux ranges at the
optimum itself. A fraction of 1 is ill-posed: in iJO1366 the bound of OPHHX3 moves from 1e-7 to 2e-4 when the
growth floor moves by 1e-6. So compare ranges with a tolerance; smaller fractions say more about a cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cobra import Model

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.fluxes import run_flux_variability_analysis as flux_variability
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.fba.solving.growth import Optimum, optimise, solve
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import Outcome

Rows = list[dict[str, Any]]

Progress = Callable[[str], None]

FRACTION_OF_OPTIMUM = 1.0

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "01_objective.tsv": ("model", "objective", "status", "value"),
    "02_fva.tsv": (
        "model", "objective", "reaction", "flux", "status", "minimum", "maximum", "fraction_optimum",
    ),
    "03_gene_deletion.tsv": ("model", "objective", "gene", "status", "value"),
    "04_reaction_deletion.tsv": ("model", "objective", "reaction", "status", "value"),
}  # fmt: skip
"""File -> columns, in the order of the format."""


@dataclass(frozen=True, slots=True)
class SbmlNames:
    """What a model's SBML file calls things."""

    location: str
    """Of the file in the archive."""
    objective: str
    reactions: Mapping[str, str]
    genes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FrogReport:
    """The four tables; numbers in mmol/gDW/h and 1/h, None where there is none."""

    objective: Rows
    fva: Rows
    gene_deletion: Rows
    reaction_deletion: Rows

    def tables(self) -> dict[str, Rows]:
        """File -> rows."""
        every = (self.objective, self.fva, self.gene_deletion, self.reaction_deletion)
        return dict(zip(COLUMNS, every, strict=True))


def compute_frog_report(model: Model, names: SbmlNames, progress: Progress) -> FrogReport:
    """Compute the tables; a knock-out that is infeasible has that status and no value.

    Raises:
        FluxError: `UNBOUNDED`, or `BAD_ARGUMENT` for a model without an objective: FROG has no word for them.
    """
    head = {"model": names.location, "objective": names.objective}
    with LinearProgram(model) as program:
        progress("objective")
        optimum = optimise(program)
        if optimum.status in {Outcome.UNBOUNDED, Outcome.NO_OBJECTIVE}:
            kind = ErrorClass.UNBOUNDED if optimum.status is Outcome.UNBOUNDED else ErrorClass.BAD_ARGUMENT
            raise FluxError(kind, f"model '{model.id}' has no optimum to report: {optimum.status}")
        fluxes = list(program.fluxes()) if optimum.value is not None else []
        knock_outs = _KnockOuts(program, optimum, fluxes)
        progress(f"gene deletions: {len(model.genes)}")
        rules = GeneRules(model)
        genes = [
            {
                **head,
                "gene": names.genes.get(gene.id, gene.id),
                **knock_outs.without(rules.disabled_reactions([gene.id])),
            }
            for gene in model.genes
        ]
        progress(f"reaction deletions: {len(model.reactions)}")
        reactions = [
            {
                **head,
                "reaction": names.reactions.get(reaction.id, reaction.id),
                **knock_outs.without(frozenset({index})),
            }
            for index, reaction in enumerate(model.reactions)
        ]
    progress(f"flux ranges: {len(model.reactions)}")
    ranges = [
        {**head, "reaction": names.reactions.get(reaction, reaction), **row}
        for reaction, row in _ranges(model, fluxes)
    ]
    return FrogReport(
        objective=[{**head, **_outcome(optimum)}],
        fva=sorted(ranges, key=lambda row: str(row["reaction"])),
        gene_deletion=sorted(genes, key=lambda row: str(row["gene"])),
        reaction_deletion=sorted(reactions, key=lambda row: str(row["reaction"])),
    )


class _KnockOuts:
    """Growth without some reactions; a reaction without flux at the optimum is not solved for."""

    def __init__(self, program: LinearProgram, optimum: Optimum, fluxes: list[float]) -> None:
        self._program = program
        self._known: dict[frozenset[int], Optimum] = {frozenset(): optimum}
        self._active = frozenset(index for index, flux in enumerate(fluxes) if flux)
        self._intact = optimum
        program.remember_basis()

    def without(self, disabled: frozenset[int]) -> dict[str, Any]:
        if self._intact.value is None or not disabled & self._active:
            # Less freedom makes nothing feasible that was not.
            return _outcome(self._intact)
        if disabled not in self._known:
            with self._program.hold_bounds(dict.fromkeys(sorted(disabled), (0.0, 0.0))):
                self._program.restore_basis()
                self._known[disabled] = solve(self._program, dual=True)
        return _outcome(self._known[disabled])


def _outcome(optimum: Optimum) -> dict[str, Any]:
    status = "infeasible" if optimum.value is None else "optimal"
    return {"status": status, "value": optimum.value}


def _ranges(model: Model, fluxes: list[float]) -> Iterator[tuple[str, dict[str, Any]]]:
    result: Any = flux_variability.run(model, flux_variability.Args(fraction_of_optimum=FRACTION_OF_OPTIMUM))
    table = result.ranges
    bounds = dict(
        zip(
            table.reaction,
            zip(table.minimum_mmol_per_gdw_h, table.maximum_mmol_per_gdw_h, strict=True),
            strict=True,
        )
    )
    for index, reaction in enumerate(model.reactions):
        row: dict[str, Any] = {"flux": None, "status": "infeasible", "minimum": None, "maximum": None}
        if reaction.id in bounds:
            least, greatest = bounds[reaction.id]
            row = {
                "flux": fluxes[index],
                "status": "optimal",
                "minimum": -math.inf if least is None else least,
                "maximum": math.inf if greatest is None else greatest,
            }
        yield reaction.id, {**row, "fraction_optimum": FRACTION_OF_OPTIMUM}
