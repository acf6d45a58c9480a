"""New reactions in a model, with their mass and charge balance; existing ones are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.language.catalog import MODEL_BEFORE
from fluxagents.tasks.display import cut_text, list_names, round_for_display
from fluxagents.tasks.fba.changes.growth_change import GrowthChange, compare_growth
from fluxagents.tasks.fba.changes.reaction_balance import Balance, find_balance
from fluxagents.tasks.fba.changes.reaction_equation import ANY_FLUX_MMOL_PER_GDW_H, read_equation
from fluxagents.tasks.fba.changes.set_bounds import Bound
from fluxagents.tasks.fba.solving.conditions import GrowthArgs
from fluxagents.tasks.fba.solving.gene_rules import read_rule
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Metabolite, Model, Reaction

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,255}$")]
"""An id that every format and solver keeps."""


class NewMetabolite(BaseModel):
    """A metabolite that the model does not have yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    name: str = ""
    formula: str = Field(default="", pattern=r"^([A-Z][a-z]?\d*)*$", description="Such as C6H12O6.")
    charge: int | None = Field(default=None, description="Count of elementary charges.")
    compartment: str = Field(min_length=1, description="A compartment id, such as c.")


class NewReaction(BaseModel):
    """A reaction that the model does not have yet, by an equation or by stoichiometry."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: Id
    name: str = ""
    equation: str | None = Field(
        default=None, description="Such as 'a_c + 2 b_c --> c_c'; '<=>' if it is reversible."
    )
    stoichiometry: dict[str, float] | None = Field(
        default=None,
        description="Instead of an equation: metabolite id -> count per turnover; negative if consumed.",
    )
    lower_mmol_per_gdw_h: Bound | None = Field(
        default=None, description="As the arrow says if not given; 0 with stoichiometry."
    )
    upper_mmol_per_gdw_h: Bound | None = Field(
        default=None, description="As the arrow says if not given; 1000 with stoichiometry."
    )
    gene_rule: str = Field(default="", description="Such as '(b0001 and b0002) or b0003'.")
    subsystem: str = ""

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        if (self.equation is None) == (self.stoichiometry is None):
            raise ValueError("give 'equation' or 'stoichiometry'")
        return self


class Args(GrowthArgs):
    """What is added."""

    reactions: tuple[NewReaction, ...] = Field(
        min_length=1,
        description="Each with id and equation (or stoichiometry), and if wanted name, subsystem, gene_rule, "
        "lower_mmol_per_gdw_h, upper_mmol_per_gdw_h.",
    )
    metabolites: tuple[NewMetabolite, ...] = Field(
        default=(),
        description="Every metabolite of the new reactions that the model does not have: id and compartment, "
        "and if known name, formula, charge.",
    )


class AddedReaction(BaseModel):
    """A new reaction as it is in the new model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: str
    name: str
    equation: str
    lower_mmol_per_gdw_h: float
    upper_mmol_per_gdw_h: float
    gene_rule: str
    balance: Balance = Field(description="Unknown: a metabolite has no formula or no charge.")
    imbalance: dict[str, float] = Field(
        description="Count of atoms per element, and of charges, that a turnover produces from nothing."
    )


class Result(GrowthChange):
    """What was added, and growth before and after."""

    added: tuple[AddedReaction, ...]
    new_metabolites: tuple[str, ...]
    new_genes: tuple[str, ...]

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [
            {**row.model_dump(), "imbalance": " ".join(f"{e}:{n:g}" for e, n in row.imbalance.items())}
            for row in self.added
        ]
        return {"added": pd.DataFrame(rows, columns=list(AddedReaction.model_fields))}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            **self.growths(),
            "added_reactions": {
                "count": len(self.added),
                "shown": min(limit, len(self.added)),
                "unbalanced": sum(1 for row in self.added if row.balance == "unbalanced"),
                "reactions": [_display_reactions(row) for row in self.added[:limit]],
            },
            "new_metabolites": list_names([cut_text(name) for name in self.new_metabolites], limit),
            "new_genes": list_names([cut_text(name) for name in self.new_genes], limit),
        }


def run(model: Model, args: Args) -> Result:
    """Report what `change` does to the model: bounds in mmol/gDW/h, growth in 1/h.

    Raises:
        FluxError: `UNKNOWN_ID` for a metabolite that is neither in the model nor new, `BAD_ARGUMENT` for an
            equation, rule or bounds that make no sense, or for what is in the model already.
    """
    growths, done = compare_growth(model, args.biomass, lambda changed: _add_all(changed, args))
    return Result.model_validate(growths | done)


def change(model: Model, args: Args) -> None:
    """Add the reactions to the model; raises as `run`."""
    _add_all(model, args)


def _display_reactions(row: AddedReaction) -> dict[str, JsonValue]:
    return {
        "id": cut_text(row.reaction),
        "equation": cut_text(row.equation),
        "bounds_mmol_per_gdw_h": [row.lower_mmol_per_gdw_h, row.upper_mmol_per_gdw_h],
        "balance": row.balance,
        "imbalance": {
            element: round_for_display(count) for element, count in list(row.imbalance.items())[:6]
        },
    }


def _add_all(model: Model, args: Args) -> dict[str, object]:
    genes_before = {gene.id for gene in model.genes}
    _refuse_known(model, args)
    _add_metabolites(model, args)
    reactions = [_add(model, new) for new in args.reactions]
    used = {metabolite.id for reaction in reactions for metabolite in reaction.metabolites}
    unused = [new.id for new in args.metabolites if new.id not in used]
    if unused:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"new metabolite '{unused[0]}' is in no new reaction")
    return {
        "added": tuple(_describe_reaction(reaction) for reaction in reactions),
        "new_metabolites": tuple(new.id for new in args.metabolites),
        "new_genes": tuple(gene.id for gene in model.genes if gene.id not in genes_before),
    }


def _refuse_known(model: Model, args: Args) -> None:
    for kind, new, known in (
        ("reaction", args.reactions, model.reactions),
        ("metabolite", args.metabolites, model.metabolites),
    ):
        ids = [item.id for item in new]
        for identifier in ids:
            if identifier in known:
                message = f"{kind} '{identifier}' is in model '{model.id}' already"
                raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("give it another id",))
            if ids.count(identifier) > 1:
                raise FluxError(ErrorClass.BAD_ARGUMENT, f"{kind} '{identifier}' is given more than once")


def _add_metabolites(model: Model, args: Args) -> None:
    model.add_metabolites(
        [
            cobra.Metabolite(
                new.id,
                formula=new.formula or None,
                name=new.name,
                charge=new.charge,
                compartment=new.compartment,
            )
            for new in args.metabolites
        ]
    )


def _add(model: Model, new: NewReaction) -> Reaction:
    stoichiometry, bounds = _read(new)
    lowest = bounds[0] if new.lower_mmol_per_gdw_h is None else new.lower_mmol_per_gdw_h
    highest = bounds[1] if new.upper_mmol_per_gdw_h is None else new.upper_mmol_per_gdw_h
    if lowest > highest:
        message = f"reaction '{new.id}' would have the bounds {lowest} to {highest} mmol/gDW/h"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message)
    metabolites = {_metabolite(model, new, name): value for name, value in stoichiometry.items()}
    _refuse_same(model, new, metabolites)
    reaction = cobra.Reaction(
        new.id, name=new.name, subsystem=new.subsystem, lower_bound=lowest, upper_bound=highest
    )
    reaction.gpr = read_rule(new.gene_rule, new.id)
    model.add_reactions([reaction])
    reaction.add_metabolites(metabolites)
    return reaction


def _read(new: NewReaction) -> tuple[dict[str, float], tuple[float, float]]:
    if new.equation is not None:
        equation = read_equation(new.equation)
        stoichiometry, bounds = equation.stoichiometry, equation.bounds
    else:
        stoichiometry = {name: value for name, value in (new.stoichiometry or {}).items() if value}
        bounds = (0.0, ANY_FLUX_MMOL_PER_GDW_H)
    if not stoichiometry:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"reaction '{new.id}' changes nothing")
    return stoichiometry, bounds


def _metabolite(model: Model, new: NewReaction, identifier: str) -> Metabolite:
    if identifier in model.metabolites:
        return model.metabolites.get_by_id(identifier)
    suggestions = nearest(identifier, [metabolite.id for metabolite in model.metabolites])
    raise FluxError(
        ErrorClass.UNKNOWN_ID,
        f"metabolite '{identifier}' of reaction '{new.id}' is not in model '{model.id}'",
        suggestions=(*suggestions, "declare it in 'metabolites'"),
    )


def _refuse_same(model: Model, new: NewReaction, metabolites: Mapping[Metabolite, float]) -> None:
    """Refuse a second reaction with the same turnover: it adds a cycle and no capability."""
    first = next(iter(metabolites))
    for other in first.reactions:
        if other.metabolites.keys() == metabolites.keys():
            ratio = other.metabolites[first] / metabolites[first]
            if all(
                abs(other.metabolites[m] - ratio * value) <= abs(1e-9 * value)
                for m, value in metabolites.items()
            ):
                raise FluxError(
                    ErrorClass.BAD_ARGUMENT,
                    f"reaction '{new.id}' is reaction '{other.id}' of model '{model.id}' again",
                    suggestions=(f"change the bounds of '{other.id}' with set_bounds",),
                )


def _describe_reaction(reaction: Reaction) -> AddedReaction:
    balance, imbalance = find_balance(reaction)
    return AddedReaction(
        reaction=reaction.id,
        name=reaction.name,
        equation=reaction.reaction,
        lower_mmol_per_gdw_h=reaction.lower_bound,
        upper_mmol_per_gdw_h=reaction.upper_bound,
        gene_rule=reaction.gene_reaction_rule,
        balance=balance,
        imbalance=imbalance,
    )


TOOL = Tool(
    name="add_reactions",
    purpose="Make a new model with more reactions and metabolites; reports their balance. Needs approval.",
    answers=("growth", "model contents"),
    args=Args,
    result=Result,
    run=run,
    rests_on=EVERYTHING,
    change=change,
    compensation=MODEL_BEFORE,
    reference="Thiele, Palsson 2010, doi:10.1038/nprot.2009.203",
    example={
        "reactions": [
            {"id": "LDH_export", "name": "lactate leak", "equation": "lac__D_c --> lac__D_e"},
            {
                "id": "XYLT",
                "equation": "xyl_e + atp_c + h2o_c --> xyl_c + adp_c + pi_c + h_c",
                "gene_rule": "b4032",
            },
        ],
        "metabolites": [
            {"id": "xyl_e", "name": "xylose", "formula": "C5H10O5", "charge": 0, "compartment": "e"},
            {"id": "xyl_c", "name": "xylose", "formula": "C5H10O5", "charge": 0, "compartment": "c"},
        ],
    },
)
