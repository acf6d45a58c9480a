"""Filling gaps: the fewest reactions of another model that restore growth or another function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import MODEL_BEFORE
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.changes.gap_search import GapSearch
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, apply_conditions
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import IntegerArgs
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.production.production_target import production_target
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction

SHORT_FALL = 1e-6
"""Fraction of the value asked for by which an alternative may fall short: the solver's feasibility."""


class Args(IntegerArgs, ConditionArgs):
    """What is to be restored, and from where."""

    universal: str = Field(
        min_length=1, description="Name or digest of the stored model whose reactions may be added."
    )
    product: str | None = Field(
        default=None,
        description="Metabolite of either model, or exchange reaction, whose production is the function to "
        "restore instead of growth; a demand is there for the search only.",
    )
    min_growth_per_h: float = Field(
        default=0.05,
        gt=0,
        description="Growth to restore, 1/h; with an objective or a product the flux, mmol/gDW/h.",
    )
    alternatives: int = Field(default=3, ge=1, le=20, description="Count of sets of reactions to look for.")
    choose: int = Field(
        default=1, ge=1, le=20, description="Number (a count from 1) of the alternative that is added."
    )
    exchanges: bool = Field(
        default=False, description="Whether exchanges, demands and sinks of the universal model may be added."
    )
    excluded_reactions: tuple[str, ...] = Field(default=(), description="Reaction ids that are not added.")
    most_solves: int = Field(
        default=20_000,
        ge=1,
        le=60_000,
        description="Count of linear programs that the search may take, some 250 a second on a large model; "
        "what was found by then is reported.",
    )

    @property
    def further_models(self) -> tuple[str, ...]:
        return (self.universal,)

    @model_validator(mode="after")
    def _one_function(self) -> Self:
        if self.product is not None and self.objective is not None:
            raise ValueError("give 'product' or 'objective', not both")
        return self


class Alternative(BaseModel):
    """One set of reactions that restores the function, and can spare none of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reactions: tuple[str, ...]
    growth_per_h: float = Field(
        description="Verified on the model with exactly these reactions; mmol/gDW/h with a named objective."
    )


class Candidate(BaseModel):
    """A reaction that an alternative adds; without its gene rule, as no gene of the model is known for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: str
    name: str
    equation: str
    lower_mmol_per_gdw_h: float | None = Field(description="None for no limit.")
    upper_mmol_per_gdw_h: float | None = Field(description="None for no limit.")
    gene_rule_in_universal: str


class Result(ConditionResult):
    """The gap and what fills it; growth and medium are those before."""

    universal: str
    min_growth_per_h: float
    verdict: Literal["filled", "grows_already", "not_possible", "no_objective"]
    candidates: int = Field(description="Count of reactions that could have been added.")
    best_growth_with_all_per_h: float | None = Field(
        description="With every candidate; None without an optimum; mmol/gDW/h with a named objective."
    )
    alternatives: tuple[Alternative, ...]
    chosen: int | None = Field(description="Number (a count from 1) of the alternative that is added.")
    is_smallest: bool | None = Field(
        description="Whether no set has fewer reactions than the first; False if that was not found out."
    )
    is_complete: bool | None = Field(description="Whether it is known that there is no other alternative.")
    added: tuple[Candidate, ...] = Field(description="All reactions of all alternatives.")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        by_id = {row.reaction: row for row in self.added}
        rows = [
            (number, number == self.chosen, alternative.growth_per_h, *by_id[name].model_dump().values())
            for number, alternative in enumerate(self.alternatives, start=1)
            for name in alternative.reactions
        ]
        columns = ["alternative", "is_chosen", "growth_per_h", *Candidate.model_fields]
        return {"alternatives": pd.DataFrame(rows, columns=columns)}

    def display(self, limit: int) -> dict[str, JsonValue]:
        equations = {row.reaction: row.equation for row in self.added}
        chosen = self.alternatives[self.chosen - 1].reactions if self.chosen else ()
        return {
            **self.conditions(min(limit, 10)),
            "universal": cut_text(self.universal),
            "verdict": self.verdict,
            "min_growth_per_h": self.min_growth_per_h,
            "candidates": self.candidates,
            "best_growth_with_all_per_h": self.best_growth_with_all_per_h,
            "alternatives": {
                "count": len(self.alternatives),
                "shown": min(limit, len(self.alternatives)),
                "growth_per_h": [alternative.growth_per_h for alternative in self.alternatives[:limit]],
                "reactions": [
                    _names(alternative.reactions, limit) for alternative in self.alternatives[:limit]
                ],
            },
            "is_smallest": self.is_smallest,
            "is_complete": self.is_complete,
            "chosen": self.chosen,
            "chosen_reactions": _names(chosen, limit),
            "chosen_equations": {cut_text(name): cut_text(equations[name]) for name in chosen[:limit]},
        }


@dataclass(frozen=True, slots=True)
class Universal:
    """The model whose reactions may be added."""

    name: str
    model: Model


def gather(sources: Sources, args: Args) -> Universal:
    """The universal model; raises as `load_universal`."""
    return load_universal(sources, args.universal)


def load_universal(sources: Sources, name: str) -> Universal:
    """A stored model as a universal one; raises `UNKNOWN_ID` or `UNREADABLE_MODEL`."""
    ref = sources.models.resolve(name, files=False)
    return Universal(ref.name, sources.models.load(ref))


def run(model: Model, args: Args, universal: Universal) -> Result:
    """Find the smallest sets of reactions that restore growth (1/h), each verified on its own.

    With a product it is the production (mmol/gDW/h) that is restored. If the search ends before one is known
    to be smallest, it is one that can spare no reaction. Facts for a flow: `verdict` (filled, grows_already,
    not_possible, no_objective), `alternatives.count`, `chosen_reactions`, `best_growth_with_all_per_h`.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model, or for a product that
            neither model has; `BAD_ARGUMENT` if the objective is minimised; `TIMEOUT` if not even one set is
            found; `SOLVER`.
    """
    with model:
        return _run(model, _set_target(model, args, universal.model), universal)


def _set_target(model: Model, args: Args, universal: Model) -> Args:
    """The arguments with the production as the objective: call it inside `with model:`."""
    if args.product is None:
        return args
    if args.product not in model.metabolites and args.product in universal.metabolites:
        model.add_metabolites([universal.metabolites.get_by_id(args.product).copy()])
    target = production_target(model, args.product)
    return args.model_copy(update={"product": None, "objective": target.id})


def _run(model: Model, args: Args, universal: Universal) -> Result:
    candidates = list_candidates(
        model, universal.model, excluded=args.excluded_reactions, exchanges=args.exchanges
    )
    with hold_conditions(model, args) as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        if not conditions.program.maximises:
            message = f"the objective of model '{model.id}' is minimised: it is no function to restore"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)
    search_result = _SearchResult("no_objective")
    if optimum.status is not Outcome.NO_OBJECTIVE:
        with model:
            if conditions.biomass.reaction is not None:
                model.objective, model.objective_direction = conditions.biomass.reaction, "max"
            search_result = _fill_gaps(model, args, candidates)
    used = {name for alternative in search_result.alternatives for name in alternative.reactions}
    return Result.model_validate(
        report
        | {
            "universal": universal.name,
            "min_growth_per_h": args.min_growth_per_h,
            "verdict": search_result.verdict,
            "candidates": len(candidates),
            "best_growth_with_all_per_h": search_result.best_growth_per_h,
            "alternatives": search_result.alternatives,
            "chosen": args.choose if args.choose <= len(search_result.alternatives) else None,
            "is_smallest": search_result.is_smallest,
            "is_complete": search_result.is_complete,
            "added": tuple(_describe_candidate(reaction) for reaction in candidates if reaction.id in used),
        }
    )


def change(model: Model, args: Args, universal: Universal) -> None:
    """Add the reactions of the chosen alternative, without the conditions they were found under.

    Raises:
        FluxError: As `run`; `BAD_ARGUMENT` if there is nothing to add.
    """
    result = run(model, args, universal)
    if result.chosen is None:
        message = f"model '{model.id}' was not filled from '{universal.name}': {result.verdict}"
        if result.alternatives:
            message = f"there is no alternative {args.choose}: {len(result.alternatives)} were found"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message)
    copy_reactions(
        model,
        [
            universal.model.reactions.get_by_id(name)
            for name in result.alternatives[result.chosen - 1].reactions
        ],
    )


def find_evidence(ids: Sequence[str], universal: Universal) -> Mapping[str, str]:
    """Where each reaction comes from, and the genes that are known for it there."""
    rules = {name: universal.model.reactions.get_by_id(name).gene_reaction_rule for name in ids}
    return {
        name: f"in model '{universal.name}'" + (f" with the genes {rule}" if rule else " without a gene")
        for name, rule in rules.items()
    }


@dataclass(frozen=True, slots=True)
class _SearchResult:
    verdict: str
    best_growth_per_h: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    is_smallest: bool | None = None
    is_complete: bool | None = None


def _fill_gaps(model: Model, args: Args, candidates: Sequence[Reaction]) -> _SearchResult:
    if _reaches(model, args, ()):
        return _SearchResult("grows_already")
    with model:
        apply_conditions(model, args)
        copy_reactions(model, candidates)
        with LinearProgram(model) as program:
            best = optimise(program)
        if best.value is None or best.value < args.min_growth_per_h:
            return _SearchResult("not_possible", best.value)
        names = [reaction.id for reaction in candidates]
        with GapSearch(model, names, args.min_growth_per_h, args.most_solves, args.integer_solver) as search:
            sets, is_smallest, is_complete = _search(search, max(args.alternatives, args.choose))
    by_id = {reaction.id: reaction for reaction in candidates}
    alternatives = tuple(_verify(model, args, [by_id[name] for name in names]) for names in sets)
    return _SearchResult("filled", best.value, alternatives, is_smallest, is_complete)


def _search(search: GapSearch, count: int) -> tuple[list[tuple[str, ...]], bool, bool]:
    """Sets found, whether the first is known to be smallest, and whether there are no others."""
    sets: list[tuple[str, ...]] = []
    any_set = search.irreducible()
    try:
        for names in search.smallest():
            if len(sets) == count:
                return sets, True, False
            sets.append(names)
    except FluxError as error:
        if error.kind is not ErrorClass.TIMEOUT:
            raise
        return sets or [any_set], bool(sets), False
    return sets, True, True


def _verify(model: Model, args: Args, reactions: Sequence[Reaction]) -> Alternative:
    names = tuple(reaction.id for reaction in reactions)
    growth = _reaches(model, args, reactions)
    if growth is None:
        raise FluxError(
            ErrorClass.NUMERICAL,
            f"{len(names)} reactions such as '{names[0]}' reach {args.min_growth_per_h} in the search only",
            suggestions=("raise 'min_growth_per_h'", f"leave out '{names[0]}' by 'excluded_reactions'"),
        )
    return Alternative(reactions=names, growth_per_h=growth)


def _reaches(model: Model, args: Args, reactions: Sequence[Reaction]) -> float | None:
    """The best growth with exactly these reactions added, if it is as much as is asked for."""
    with model:
        apply_conditions(model, args)
        copy_reactions(model, reactions)
        with LinearProgram(model) as program:
            growth = optimise(program).value
    return growth if growth is not None and growth >= args.min_growth_per_h * (1 - SHORT_FALL) else None


def list_candidates(
    model: Model, universal: Model, *, excluded: Sequence[str] = (), exchanges: bool = False
) -> list[Reaction]:
    """The reactions of the universal model that may be added: not its objective, not what is closed."""
    left_out = {
        *excluded,
        *(r.id for r in cobra.util.solver.linear_reaction_coefficients(universal)),
    }
    return [
        reaction
        for reaction in universal.reactions
        if reaction.id not in model.reactions
        and reaction.id not in left_out
        and reaction.bounds != (0, 0)
        and (exchanges or not reaction.boundary)
    ]


def copy_reactions(model: Model, reactions: Sequence[Reaction]) -> None:
    """Add reactions of another model, without their genes and without forced fluxes."""
    model.add_reactions([_copy(reaction) for reaction in reactions])


def _copy(reaction: Reaction) -> Reaction:
    """The reaction without genes and without a forced flux; its metabolites go by their ids."""
    lowest, highest = _possible(reaction)
    copy = cobra.Reaction(reaction.id, reaction.name, reaction.subsystem, lowest, highest)
    copy.annotation = dict(reaction.annotation)
    copy.add_metabolites({metabolite.copy(): value for metabolite, value in reaction.metabolites.items()})
    return copy


def _possible(reaction: Reaction) -> tuple[float, float]:
    return min(reaction.lower_bound, 0.0), max(reaction.upper_bound, 0.0)


def _describe_candidate(reaction: Reaction) -> Candidate:
    lowest, highest = (None if abs(bound) == float("inf") else bound for bound in _possible(reaction))
    return Candidate(
        reaction=reaction.id,
        name=reaction.name or "",
        equation=reaction.reaction,
        lower_mmol_per_gdw_h=lowest,
        upper_mmol_per_gdw_h=highest,
        gene_rule_in_universal=reaction.gene_reaction_rule,
    )


def _names(names: Sequence[str], limit: int) -> list[JsonValue]:
    shown: list[JsonValue] = [cut_text(name) for name in names[:limit]]
    return shown if len(names) <= limit else [*shown, f"and {len(names) - limit} more"]


TOOL = Tool(
    name="gapfill_model",
    purpose="Make a new model with the fewest reactions of another one that restore growth or a product.",
    questions=(
        "Fill the gaps",
        "gapfill the model",
        "gap-filling",
        "gap-fill",
        "Lücken füllen",
        "combler les lacunes",
        "rellena los huecos",
    ),
    answers=("gap filling", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    change=change,
    evidence=find_evidence,
    compensation=MODEL_BEFORE,
    reference="Satish Kumar et al. 2007, doi:10.1186/1471-2105-8-212; see gap_search",
    example={"universal": "e_coli_core", "min_growth_per_h": 0.1},
    queue="tools.long",
)
