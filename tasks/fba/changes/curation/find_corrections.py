"""Where a model does not do what was observed, and which corrections would put that right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, list_names
from fluxagents.tasks.fba.changes.curation.correction import Correction, apply_correction
from fluxagents.tasks.fba.changes.curation.correction_search import search_corrections
from fluxagents.tasks.fba.changes.curation.observations import (
    Observation,
    ObservationArgs,
    read_observations,
)
from fluxagents.tasks.fba.changes.curation.trials import Trial, Trials, design_trials
from fluxagents.tasks.fba.changes.gapfill_model import Universal, find_evidence
from fluxagents.tasks.fba.changes.growth_change import hold_change
from fluxagents.tasks.fba.solving.growth import GrowthResult, measure_growth, report_biomass
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction


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


class Disagreement(BaseModel):
    """An observation that the model does not share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    observation: str
    does: str = Field(description="too_little or too_much.")
    reference: str
    proposals: int = Field(description="Count of corrections that would put it right.")


class Proposal(BaseModel):
    """A correction, what speaks for it, and what it would do."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    correction: Correction
    observation: str = Field(description="For which it was looked for.")
    evidence: str
    fixes: tuple[str, ...] = Field(description="Observations that the model would share.")
    breaks: tuple[str, ...] = Field(description="Observations that it would share no more.")
    growth_per_h: float = Field(description="In the model's own medium, after the correction.")

    @property
    def gain(self) -> int:
        """How many more observations agree."""
        return len(self.fixes) - len(self.breaks)


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


@dataclass(frozen=True, slots=True)
class Experiments:
    """What was observed, and the model that reactions may come from."""

    observations: tuple[Observation, ...]
    universal: Universal | None


def gather(sources: Sources, args: Args) -> Experiments:
    """The observations and the universal model; raises as `read_observations` and `ModelStore.resolve`."""
    return Experiments(read_observations(sources, args), load_universal(sources, args.universal))


def load_universal(sources: Sources, name: str | None) -> Universal | None:
    """A stored model as a universal one; raises `UNKNOWN_ID` with the nearest names."""
    if name is None:
        return None
    ref = sources.models.resolve(name, files=False)
    return Universal(ref.name, sources.models.load(ref))


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
    comparison = _Comparison()
    if biomass.reaction is not None and growth.value is not None and growth.value >= args.min_growth_per_h:
        comparison = _Judge(model, biomass.reaction, args, experiments).compare(growth.value)
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


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Empty where a model does not grow."""

    compared: int = 0
    unmapped: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    proposals: tuple[Proposal, ...] = ()


@dataclass(slots=True)
class _Judge:
    model: Model
    biomass: Reaction
    args: Args
    experiments: Experiments

    def compare(self, growth_per_h: float) -> _Comparison:
        """The model as it is, which grows so fast, beside the observations."""
        trials = self._design(self.model, growth_per_h)
        wrong = {trial.observation: trial for trial in trials.find_disagreements(self.model)}
        chosen = islice(wrong.values(), self.args.max_disagreements)
        proposals = self._rank(wrong, chosen)
        return _Comparison(
            len(trials.trials),
            tuple(map(str, trials.unmapped)),
            tuple(_describe(trial, proposals) for trial in wrong.values()),
            tuple(proposals),
        )

    def _design(self, model: Model, growth_per_h: float) -> Trials:
        biomass = model.reactions.get_by_id(self.biomass.id)
        observations, least = self.experiments.observations, self.args.min_growth_per_h
        return design_trials(model, biomass, growth_per_h, observations, least)

    def _rank(self, wrong: Mapping[Observation, Trial], chosen: Iterable[Trial]) -> list[Proposal]:
        """The corrections that put more right than wrong, the best first."""
        proposals: dict[str, Proposal] = {}
        for trial in chosen:
            for correction in search_corrections(self.model, trial, self.experiments.universal):
                name = str(correction)
                if name not in proposals and name not in self.args.excluded:
                    proposal = self._try(correction, trial, wrong)
                    if proposal is not None and proposal.gain > 0:
                        proposals[name] = proposal
        return sorted(proposals.values(), key=lambda row: (-row.gain, len(row.breaks), len(row.name)))

    def _try(
        self, correction: Correction, trial: Trial, wrong: Mapping[Observation, Trial]
    ) -> Proposal | None:
        """What a correction does; None if it leaves no growth, or not what it was looked for."""
        universal = self.experiments.universal
        evidence = self._explain(correction, trial.observation)
        with hold_change(self.model, lambda held: apply_correction(held, correction, universal)) as (
            changed,
            _,
        ):
            growth = measure_growth(changed, self.args.biomass)[0].value
            if growth is None or growth < self.args.min_growth_per_h:
                return None
            still_wrong = {
                item.observation for item in self._design(changed, growth).find_disagreements(changed)
            }
        if trial.observation in still_wrong:
            return None
        return Proposal(
            name=str(correction),
            correction=correction,
            observation=str(trial.observation),
            evidence=evidence,
            fixes=tuple(str(item) for item in wrong if item not in still_wrong),
            breaks=tuple(sorted(str(item) for item in still_wrong - wrong.keys())),
            growth_per_h=growth,
        )

    def _explain(self, correction: Correction, observation: Observation) -> str:
        reasons = [
            f"observed: {observation}" + (f" ({observation.reference})" if observation.reference else "")
        ]
        if self.experiments.universal is not None and correction.add:
            found = find_evidence(correction.add, self.experiments.universal)
            reasons += [f"{name} is {text}" for name, text in found.items()]
        for name in (*correction.remove, *correction.bounds, *correction.gene_rules):
            rule = self.model.reactions.get_by_id(name).gene_reaction_rule
            reasons.append(f"{name} has the rule {rule}" if rule else f"{name} has no gene")
        return "; ".join(reasons)


def _describe(trial: Trial, proposals: Sequence[Proposal]) -> Disagreement:
    text = str(trial.observation)
    return Disagreement(
        observation=text,
        does="too_little" if trial.is_expected else "too_much",
        reference=trial.observation.reference,
        proposals=sum(text in row.fixes for row in proposals),
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
