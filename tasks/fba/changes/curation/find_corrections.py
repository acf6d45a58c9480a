"""Where a model does not do what was observed, and which corrections would put that right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.tasks.display import cut_text, list_names
from fluxagents.tasks.fba.changes.curation.comparison import (
    Comparison,
    Disagreement,
    Experiments,
    Judge,
    Proposal,
)
from fluxagents.tasks.fba.changes.curation.observations import (
    ObservationArgs,
    read_observations,
)
from fluxagents.tasks.fba.changes.gapfill_model import load_universal
from fluxagents.tasks.fba.solving.growth import GrowthResult, measure_growth, report_biomass
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(ObservationArgs):
    """What was observed, and where missing reactions may come from."""

    universal: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="Stored model whose reactions may be added; without it none are.",
    )
    min_growth_per_h: float = Field(default=0.01, gt=0, description="Least growth that counts, 1/h.")
    excluded: tuple[str, ...] = Field(
        default=(), max_length=200, description="Names of corrections that are not proposed again."
    )
    max_disagreements: int = Field(
        default=30, ge=1, le=500, description="Count of disagreements for which corrections are looked for."
    )

    @property
    def further_models(self) -> tuple[str, ...]:
        return () if self.universal is None else (self.universal,)


class Result(GrowthResult):
    """The model beside the observations, and the corrections, the best first."""

    model_id: str
    status: Outcome
    growth_per_h: float | None = Field(description="In the model's own medium; nothing is compared without.")
    observations: int = Field(description="Count.")
    agreeing: int = Field(description="Count of observations that the model shares.")
    compared: int = Field(description="Count of observations that the model could be asked about.")
    unmapped: tuple[str, ...] = Field(description="Observations about what the model does not have.")
    disagreements: tuple[Disagreement, ...]
    proposals: tuple[Proposal, ...]
    excluded: tuple[str, ...]

    @property
    def accuracy_fraction(self) -> float | None:
        """Of the observations that were compared."""
        return self.agreeing / self.compared if self.compared else None

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [
            {**row.model_dump(exclude={"correction"}), "fixes": "; ".join(row.fixes),
             "breaks": "; ".join(row.breaks)}
            for row in self.proposals
        ]  # fmt: skip
        columns = [name for name in Proposal.model_fields if name != "correction"]
        return {
            "disagreements": pd.DataFrame(
                [row.model_dump() for row in self.disagreements], columns=list(Disagreement.model_fields)
            ),
            "proposals": pd.DataFrame(rows, columns=columns).astype({"growth_per_h": "float64"}),
        }

    def display(self, limit: int) -> dict[str, JsonValue]:
        best = self.proposals[0] if self.proposals else None
        considered = (*self.excluded, best.name) if best else self.excluded
        return {
            "model": cut_text(self.model_id),
            "status": str(self.status),
            "growth_per_h": self.growth_per_h,
            **self.describe_biomass(),
            "observations_count": self.observations,
            "compared_count": self.compared,
            "agreeing_count": self.agreeing,
            "accuracy_fraction": self.accuracy_fraction,
            "unmapped": list_names(self.unmapped, limit),
            "disagreements": list_names([row.observation for row in self.disagreements], limit),
            "proposals": list_names([row.name for row in self.proposals], limit),
            "best": None if best is None else best.model_dump(mode="json", exclude_defaults=True),
            "considered": list(considered),
        }


def gather(sources: Sources, args: Args) -> Experiments:
    """The observations and the universal model; raises as `read_observations` and `load_universal`."""
    universal = None if args.universal is None else load_universal(sources, args.universal)
    return Experiments(read_observations(sources, args), universal)


def run(model: Model, args: Args, experiments: Experiments) -> Result:
    """Ask the model about each observation, and look for corrections; growth in 1/h.

    A growth experiment has 10 mmol/gDW/h of the source in place of the medium's own sources of carbon. A gene
    is essential if less than 1 % of growth is left without it. What is secreted must be possible at 10 % of
    the best growth; what is not must not be forced by the best growth.

    Facts for flows: `status`, `agreeing_count`, `observations_count`, `compared_count`,
    `accuracy_fraction`, `disagreements.count`, `proposals.count`, `best.name`, `best.correction`,
    `best.evidence`, `best.fixes`, `considered`.

    Nothing is compared with a model that does not grow in its own medium.

    Raises:
        FluxError: `SOLVER`, `NUMERICAL` or `TIMEOUT`; `BAD_ARGUMENT` for a biomass reaction that is none.
    """
    growth, biomass = measure_growth(model, args.biomass)
    comparison = Comparison()
    least = args.min_growth_per_h
    if biomass.reaction is not None and growth.value is not None and growth.value >= least:
        judge = Judge(model, biomass.reaction, experiments, least, args.excluded, args.max_disagreements)
        comparison = judge.compare(growth.value)
    return Result.model_validate(
        report_biomass(biomass)
        | {
            "model_id": model.id or "",
            "status": growth.status,
            "growth_per_h": growth.value,
            "observations": len(experiments.observations),
            "agreeing": comparison.compared - len(comparison.disagreements),
            "compared": comparison.compared,
            "unmapped": comparison.unmapped,
            "disagreements": comparison.disagreements,
            "proposals": comparison.proposals,
            "excluded": args.excluded,
        }
    )


TOOL = Tool(
    name="find_corrections",
    purpose="Where a model disagrees with observed phenotypes, and corrections with evidence and effect.",
    questions=(
        "Curate the model with my experiments",
        "Which corrections does the model need to agree with the experiments?",
        "Korrigiere das Modell nach den Experimenten",
    ),
    answers=("model contents", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    rests_on=EVERYTHING,
    reference="Kumar, Maranas 2009, doi:10.1371/journal.pcbi.1000308; see correction_search",
    example={
        "observations": [
            {"kind": "growth", "subject": "EX_fru_e", "observed": True},
            {"kind": "growth", "subject": "EX_glu__L_e", "observed": False},
            {"kind": "essential", "subject": "b2926", "observed": True},
        ]
    },
    queue="tools.long",
)
