"""A model beside what was observed: where they disagree, and which corrections put more right than wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.tasks.fba.changes.curation.correction import Correction, apply_correction
from fluxagents.tasks.fba.changes.curation.correction_search import search_corrections
from fluxagents.tasks.fba.changes.curation.observations import Observation
from fluxagents.tasks.fba.changes.curation.trials import Trial, Trials, design_trials
from fluxagents.tasks.fba.changes.gapfill_model import Universal, find_evidence
from fluxagents.tasks.fba.changes.growth_change import hold_change
from fluxagents.tasks.fba.solving.growth import measure_growth

if TYPE_CHECKING:
    from cobra import Model, Reaction


MAX_NAMED = 5
"""Of the observations that a correction changes, in the evidence for it."""


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
    evidence: str = Field(description="What speaks for it, and what it would do, for whoever decides.")
    fixes: tuple[str, ...] = Field(description="Observations that the model would share.")
    breaks: tuple[str, ...] = Field(description="Observations that it would share no more.")
    growth_per_h: float = Field(description="In the model's own medium, after the correction.")

    @property
    def gain(self) -> int:
        """How many more observations agree."""
        return len(self.fixes) - len(self.breaks)


@dataclass(frozen=True, slots=True)
class Experiments:
    """What was observed, and the model that reactions may come from."""

    observations: tuple[Observation, ...]
    universal: Universal | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model beside observations; empty where the model does not grow."""

    compared: int = 0
    unmapped: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks a model about each observation, and looks for corrections.

    Attributes:
        model: As it is; it is so afterwards.
        biomass: Its reaction.
        experiments: What was observed.
        least_growth_per_h: That counts, 1/h.
        excluded: Names of corrections that are not proposed.
        max_disagreements: For how many corrections are looked for.
    """

    model: Model
    biomass: Reaction
    experiments: Experiments
    least_growth_per_h: float
    excluded: Collection[str]
    max_disagreements: int

    def compare(self, growth_per_h: float) -> Comparison:
        """The model as it is, which grows so fast, beside the observations."""
        trials = self._design(self.model, growth_per_h)
        wrong = {trial.observation: trial for trial in trials.find_disagreements(self.model)}
        chosen = islice(wrong.values(), self.max_disagreements)
        proposals = self._rank(wrong, chosen)
        return Comparison(
            len(trials.trials),
            tuple(map(str, trials.unmapped)),
            tuple(_describe(trial, proposals) for trial in wrong.values()),
            tuple(proposals),
        )

    def _design(self, model: Model, growth_per_h: float) -> Trials:
        biomass = model.reactions.get_by_id(self.biomass.id)
        observations, least = self.experiments.observations, self.least_growth_per_h
        return design_trials(model, biomass, growth_per_h, observations, least)

    def _rank(self, wrong: Mapping[Observation, Trial], chosen: Iterable[Trial]) -> list[Proposal]:
        """The corrections that put more right than wrong, the best first."""
        proposals: dict[str, Proposal] = {}
        for trial in chosen:
            for correction in search_corrections(self.model, trial, self.experiments.universal):
                name = str(correction)
                if name not in proposals and name not in self.excluded:
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
        correct = partial(apply_correction, correction=correction, universal=universal)
        with hold_change(self.model, correct) as (changed, _):
            growth = measure_growth(changed, self.biomass.id)[0].value
            if growth is None or growth < self.least_growth_per_h:
                return None
            still_wrong = {
                item.observation for item in self._design(changed, growth).find_disagreements(changed)
            }
        if trial.observation in still_wrong:
            return None
        fixes = tuple(str(item) for item in wrong if item not in still_wrong)
        breaks = tuple(sorted(str(item) for item in still_wrong - wrong.keys()))
        return Proposal(
            name=str(correction),
            correction=correction,
            observation=str(trial.observation),
            evidence=f"{evidence}; puts right {_name(fixes)}; puts wrong {_name(breaks)}; "
            f"growth {growth:.4g} 1/h",
            fixes=fixes,
            breaks=breaks,
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


def _name(observations: Sequence[str]) -> str:
    """How many, and the first of them."""
    more = f" and {len(observations) - MAX_NAMED} more" if len(observations) > MAX_NAMED else ""
    return f"{len(observations)} ({', '.join(observations[:MAX_NAMED])}{more})" if observations else "none"


def _describe(trial: Trial, proposals: Sequence[Proposal]) -> Disagreement:
    text = str(trial.observation)
    return Disagreement(
        observation=text,
        does="too_little" if trial.is_expected else "too_much",
        reference=trial.observation.reference,
        proposals=sum(text in row.fixes for row in proposals),
    )
