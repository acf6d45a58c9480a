"""What two or more models share and how they differ: parts, growth and essential genes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.display import cut_text, fit_display, list_names, round_for_display
from fluxagents.tasks.fba.deletions import analyze_essentiality as essentiality
from fluxagents.tasks.fba.models.difference_effects import EffectRow, find_effects
from fluxagents.tasks.fba.sensitivity.tabulate import tabulate
from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.growth import hold_conditions, optimise
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.strain import close_knock_outs
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model

KINDS = ("reactions", "metabolites", "genes", "essential_genes", "essential_reactions")

_Content = dict[str, frozenset[str]]
"""By kind, the ids that a model has."""


class Args(ConditionArgs):
    """Which models, under which conditions; the conditions hold for all of them."""

    models: tuple[str, ...] = Field(
        default=(), max_length=10, description="Names or digests of stored models."
    )
    without: tuple[str, ...] = Field(
        default=(), description="Also this model without these genes and reactions."
    )
    essentiality: bool = Field(default=True, description="Also essential genes and reactions.")
    threshold_fraction_of_wild_type: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Essential leaves less than this fraction of growth.",
    )

    effects: bool = Field(
        default=False,
        description="Also which differences in reactions, each alone, change growth or quantities.",
    )
    quantities: tuple[str, ...] = Field(
        default=(),
        max_length=10,
        description="With effects: reactions whose greatest flux at best growth is compared as well.",
    )

    @model_validator(mode="after")
    def _something(self) -> Args:
        if not self.models and not self.without:
            raise ValueError("give 'models' to compare with, or 'without', what this model lacks in another")
        return self

    @property
    def further_models(self) -> tuple[str, ...]:
        return self.models

    @property
    def further_concerns(self) -> frozenset[Concern]:
        return frozenset({Concern.GENES} if self.without else ())


class ModelRow(BaseModel):
    """One model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model: str
    status: Outcome
    growth_per_h: float | None = Field(
        description="Best flux of the biomass reaction; mmol/gDW/h with a named objective."
    )
    biomass_reaction: str | None = None
    growth_problem: str | None = Field(default=None, description="Why growth is not known.")
    reactions: int = Field(description="Count.")
    metabolites: int = Field(description="Count.")
    genes: int = Field(description="Count.")
    essential_genes: int | None = Field(description="Count; None if not asked for, or without growth.")
    essential_reactions: int | None = Field(description="Count; None if not asked for, or without growth.")


class PairRow(BaseModel):
    """Two models and one kind of thing."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    first: str
    second: str
    kind: str
    shared: int = Field(description="Count of ids in both.")
    only_first: int = Field(description="Count of ids in the first only.")
    only_second: int = Field(description="Count of ids in the second only.")
    jaccard_fraction: float = Field(description="Shared by all: 1 for equal sets, also for empty ones.")


class ModelDifferenceTable(BaseModel):
    """One row per id that is not in all models, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    models: tuple[tuple[str, ...], ...] = Field(default=(), description="Those that have it.")


class Result(ToolResult):
    """The models side by side."""

    models: tuple[ModelRow, ...]
    pairs: tuple[PairRow, ...]
    shared_by_all: dict[str, int] = Field(description="Count of ids in every model, by kind.")
    differences: ModelDifferenceTable
    differences_tested: int | None = Field(
        default=None, description="Count of differences in reactions; None unless effects are asked for."
    )
    effects: tuple[EffectRow, ...] = Field(default=(), description="Those that change a prediction.")

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 6), min(limit, 10)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, limit), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        counts = {"growth_per_h": "float64", "essential_genes": "float64", "essential_reactions": "float64"}
        return {
            "models": pd.DataFrame([row.model_dump(mode="json") for row in self.models]).astype(counts),
            "pairs": pd.DataFrame(
                [row.model_dump() for row in self.pairs], columns=list(PairRow.model_fields)
            ),
            "effects": tabulate(self.effects, EffectRow),
            "differences": pd.DataFrame(
                {
                    "kind": self.differences.kind,
                    "id": self.differences.id,
                    "models": [" ".join(names) for names in self.differences.models],
                }
            ),
        }

    def _display(self, limit: int, pair_limit: int) -> dict[str, JsonValue]:
        return {
            "models": [row.model_dump(mode="json") for row in self.models[: max(limit, 1)]],
            "models_compared": len(self.models),
            "pairs": [
                [
                    row.first,
                    row.second,
                    row.kind,
                    row.shared,
                    row.only_first,
                    row.only_second,
                    round_for_display(row.jaccard_fraction),
                ]
                for row in self.pairs[:pair_limit]
            ],
            "pair_columns": "first, second, kind, count shared, only first, only second, Jaccard fraction",
            "pairs_compared": len(self.pairs),
            "shared_by_all": dict(self.shared_by_all),
            "not_in_all": {kind: list_names(self._differing(kind), limit) for kind in self.shared_by_all},
            **self._display_effects(limit),
        }

    def _display_effects(self, limit: int) -> dict[str, JsonValue]:
        if self.differences_tested is None:
            return {}
        shown = [row.model_dump() for row in self.effects[:limit]]
        return {
            "differences_tested": self.differences_tested,
            "effects": {
                "count": len(self.effects),
                "shown": len(shown),
                "effects": [
                    row | {end: round_for_display(row[end]) for end in ("before", "after")} for row in shown
                ],
            },
        }

    def _differing(self, kind: str) -> list[str]:
        pairs = zip(self.differences.kind, self.differences.id, strict=True)
        return [identifier for of, identifier in pairs if of == kind]


def gather(sources: Sources, args: Args) -> tuple[tuple[str, Model], ...]:
    """The other models, each with its name; raises `UNKNOWN_ID` for one that is not stored."""
    refs = [sources.models.resolve(name, files=False) for name in dict.fromkeys(args.models)]
    return tuple((ref.name, sources.models.load(ref)) for ref in refs)


def run(model: Model, args: Args, others: Sequence[tuple[str, Model]]) -> Result:
    """Compare by id; growth in 1/h under the same conditions for all.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID`, with the model, if the conditions do not fit one; `UNKNOWN_ID`
            for what is in `without` and not in this model; `SOLVER` or `TIMEOUT`.
    """
    rows: list[ModelRow] = []
    contents: list[_Content] = []
    for name, compared in ((model.id or "model", model), *others):
        try:
            row, content = _profile(_free(name, [row.model for row in rows]), compared, args)
        except FluxError as error:
            message = f"model '{name}': {error.message}"
            raise FluxError(error.kind, message, suggestions=error.suggestions) from error
        rows.append(row)
        contents.append(content)
    if args.without:
        row, content = _profile_mutant(model, args)
        rows.append(row)
        contents.append(content)
    tested, effects = _find_effects(((model.id or "model", model), *others), rows, args)
    kinds = [kind for kind in KINDS if all(kind in content for content in contents)]
    names = [row.model for row in rows]
    differing = list(_differing(names, contents, kinds))
    columns = zip(*differing, strict=True) if differing else ((), (), ())
    return Result(
        models=tuple(rows),
        pairs=tuple(
            _pair(names[i], names[j], kind, contents[i][kind], contents[j][kind])
            for i, j in combinations(range(len(names)), 2)
            for kind in kinds
        ),
        shared_by_all={kind: len(frozenset.intersection(*(c[kind] for c in contents))) for kind in kinds},
        differences=ModelDifferenceTable.model_validate(
            dict(zip(ModelDifferenceTable.model_fields, columns, strict=True))
        ),
        differences_tested=tested,
        effects=effects,
    )


def _find_effects(
    models: Sequence[tuple[str, Model]], rows: Sequence[ModelRow], args: Args
) -> tuple[int | None, tuple[EffectRow, ...]]:
    """The effects of all differences between the first model and each other one, in both directions."""
    if not args.effects:
        return None, ()
    first, *others = [(row.model, model) for row, (_, model) in zip(rows, models, strict=True)]
    count, effects = 0, list[EffectRow]()
    for other in others:
        for changed, source in ((first, other), (other, first)):
            tested, found = find_effects(changed, source, args, args.quantities)
            effects += found
        count += tested
    return count, tuple(effects)


def _free(name: str, taken: Sequence[str]) -> str:
    """The name, with a number if another model has it."""
    name = cut_text(name, 60)
    number = 1 + sum(other == name or other.startswith(f"{name} (") for other in taken)
    return name if number == 1 else f"{name} ({number})"


def _profile_mutant(model: Model, args: Args) -> tuple[ModelRow, _Content]:
    """The model without some genes and reactions: they, and what they close, count as absent."""
    name = cut_text(f"{model.id or 'model'} without {', '.join(args.without)}", 60)
    with model:
        lost = {*args.without, *close_knock_outs(model, args.without)}
        row, content = _profile(name, model, args)
    content = {kind: ids - lost for kind, ids in content.items()}
    counts = {kind: len(content[kind]) for kind in ("reactions", "genes")}
    return row.model_copy(update=counts), content


def _profile(name: str, model: Model, args: Args) -> tuple[ModelRow, _Content]:
    content = {
        kind: frozenset(item.id for item in getattr(model, kind))
        for kind in ("reactions", "metabolites", "genes")
    }
    conditions = args.model_dump(include=set(ConditionArgs.model_fields))
    with hold_conditions(model, args, aim="growth_if_known") as held:
        optimum = optimise(held.program)
        known = held.aims_at_growth or args.objective is not None
    tested = args.essentiality and optimum.status is Outcome.OPTIMAL and known
    if tested:
        threshold = args.threshold_fraction_of_wild_type
        result = essentiality.run(
            model, essentiality.Args(**conditions, threshold_fraction_of_wild_type=threshold)
        )
        content["essential_genes"] = frozenset(result.essential_genes)
        content["essential_reactions"] = frozenset(result.essential_reactions)
    return ModelRow(
        model=name,
        status=optimum.status,
        growth_per_h=optimum.value if known else None,
        biomass_reaction=held.biomass.reaction and held.biomass.reaction.id,
        growth_problem=held.biomass.problem if args.objective is None else None,
        reactions=len(model.reactions),
        metabolites=len(model.metabolites),
        genes=len(model.genes),
        essential_genes=len(content["essential_genes"]) if tested else None,
        essential_reactions=len(content["essential_reactions"]) if tested else None,
    ), content


def _pair(
    first: str, second: str, kind: str, first_ids: frozenset[str], second_ids: frozenset[str]
) -> PairRow:
    all_ids = first_ids | second_ids
    return PairRow(
        first=first,
        second=second,
        kind=kind,
        shared=len(first_ids & second_ids),
        only_first=len(first_ids - second_ids),
        only_second=len(second_ids - first_ids),
        jaccard_fraction=len(first_ids & second_ids) / len(all_ids) if all_ids else 1.0,
    )


def _differing(
    names: Sequence[str], contents: Sequence[Mapping[str, frozenset[str]]], kinds: Sequence[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for kind in kinds:
        sets = [content[kind] for content in contents]
        for identifier in sorted(frozenset.union(*sets) - frozenset.intersection(*sets)):
            having = zip(names, sets, strict=True)
            yield kind, identifier, tuple(name for name, ids in having if identifier in ids)


TOOL = Tool(
    name="compare_models",
    purpose="What two or more models share and where they differ: reactions, genes, growth, essential genes.",
    answers=("model differences", "essentiality", "growth", "model contents"),
    args=Args,
    result=Result,
    run=run,
    rests_on=EVERYTHING,
    gather=gather,
    reference="Monk et al. 2013, doi:10.1073/pnas.1307797110",
    example={"models": ["e_coli_core"]},
)
