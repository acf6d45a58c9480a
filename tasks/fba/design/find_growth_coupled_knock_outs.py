"""Strain design: knock-outs, one or two, that force a growing cell to secrete a product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, fit_display, round_for_display
from fluxagents.tasks.fba.design.growth_coupling import Coupling, CouplingScreen
from fluxagents.tasks.fba.design.knock_out_targets import Targets
from fluxagents.tasks.fba.design.strain_search import Design, StrainSearch
from fluxagents.tasks.fba.sensitivity.tabulate import fill_columns
from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions
from fluxagents.tasks.fba.solving.production.product_checks import check_carbon_yield, check_is_secreted
from fluxagents.tasks.fba.solving.production.production_target import production_target
from fluxagents.tasks.fba.solving.wild_type import WildType
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(ConditionArgs):
    """Which product, and what may be knocked out for it."""

    product_exchange: str = Field(
        description="Exchange reaction of the product, such as EX_succ_e, or a metabolite without one."
    )
    kind: Literal["reactions", "genes"] = Field(
        default="reactions", description="What is knocked out: reactions that have genes, or genes."
    )
    most_knock_outs: Literal[1, 2] = Field(default=2, description="Count of knock-outs of a strain at most.")
    candidates: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Gene or reaction ids that may be knocked out; all if absent."
    )
    excluded: tuple[str, ...] = Field(default=(), description="Ids that may not be knocked out.")
    min_growth_fraction_of_wild_type: float = Field(
        default=0.1, gt=0, le=1, description="Fraction of the wild type's growth that a strain must keep."
    )
    fraction_of_optimum: float = Field(
        default=0.99,
        gt=0,
        le=1,
        description="Fraction of its own best growth that a strain keeps while it secretes as little, or as "
        "much, as it can. 1 is the optimum itself, where the least secretion may be ill-conditioned.",
    )
    min_gain_mmol_per_gdw_h: float = Field(
        default=0.01,
        gt=0,
        description="How much more product a strain must secrete than the wild type, and than one of two "
        "knock-outs alone, mmol/gDW/h.",
    )
    rank_by: Literal["least_secretion", "productivity"] = Field(
        default="least_secretion",
        description="productivity: least secretion times growth, for strains that must grow as well.",
    )
    most_pairs: int = Field(
        default=30_000,
        ge=0,
        le=500_000,
        description="Count of pairs that are solved at most, a few milliseconds each on a large model; the "
        "most promising first.",
    )

    @property
    def further_concerns(self) -> frozenset[Concern]:
        return frozenset({Concern.GENES} if self.kind == "genes" else ())


class DesignTable(BaseModel):
    """One row per strain, column by column, the best first."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    knock_outs: tuple[tuple[str, ...], ...] = ()
    equivalents: tuple[tuple[tuple[str, ...], ...], ...] = Field(
        default=(), description="For each knock-out, genes that disable exactly the same."
    )
    closed_reactions: tuple[tuple[str, ...], ...] = ()
    gene_rules: tuple[tuple[str, ...], ...] = Field(default=(), description="Of the closed reactions.")
    growth_per_h: tuple[float, ...] = ()
    growth_fraction_of_wild_type: tuple[float, ...] = ()
    least_secretion_mmol_per_gdw_h: tuple[float, ...] = ()
    greatest_secretion_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="None for no limit."
    )
    carbon_yield_mol_c_per_mol_c: tuple[float | None, ...] = Field(
        default=(), description="Where the secretion is least; None without formulas."
    )
    productivity: tuple[float, ...] = Field(
        default=(), description="Growth times least secretion, in mmol/gDW/h times 1/h."
    )
    coupling: tuple[Coupling, ...] = ()
    growth_without_product_per_h: tuple[float | None, ...] = Field(
        default=(), description="The best growth that needs no product; None if there is no state without it."
    )
    coupling_strength: tuple[float, ...] = Field(
        default=(), description="Fraction of the best growth that cannot be had without the product: 0 to 1."
    )


class Result(ConditionResult):
    """The strains; empty and without counts unless the wild type grows."""

    product_exchange: str
    product: str
    kind: Literal["reactions", "genes"]
    fraction_of_optimum: float
    min_growth_per_h: float | None = Field(default=None, description="That a strain must reach.")
    wild_type_least_secretion_mmol_per_gdw_h: float | None = None
    wild_type_greatest_secretion_mmol_per_gdw_h: float | None = None
    wild_type_coupling: Coupling | None = None
    targets: int | None = Field(default=None, description="Count of what may be knocked out.")
    too_slow: tuple[str, ...] = Field(
        default=(), description="Targets without which the cell is infeasible or grows too slowly."
    )
    pairs: int | None = Field(default=None, description="Count of pairs of the other targets.")
    pairs_to_solve: int | None = Field(
        default=None, description="Count of pairs that no single knock-out settles."
    )
    pairs_solved: int | None = Field(default=None, description="Count, as many as most_pairs allows.")
    is_complete: bool | None = Field(default=None, description="Whether no pair was left out.")
    designs: DesignTable = DesignTable()

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 6)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 25)), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        columns = self.designs.model_dump(mode="json")
        columns |= {
            "knock_outs": [" + ".join(ids) for ids in self.designs.knock_outs],
            "equivalents": [
                " + ".join(map(" ".join, ids)) if any(ids) else "" for ids in self.designs.equivalents
            ],
            "closed_reactions": [" ".join(ids) for ids in self.designs.closed_reactions],
            "gene_rules": ["; ".join(rules) for rules in self.designs.gene_rules],
        }
        return {"designs": pd.DataFrame(columns).astype(dict.fromkeys(_NUMBERS, "float64"))}

    def _display(self, limit: int) -> dict[str, JsonValue]:
        counts = ("min_growth_per_h", "wild_type_least_secretion_mmol_per_gdw_h",
                  "wild_type_greatest_secretion_mmol_per_gdw_h", "targets", "pairs", "pairs_to_solve",
                  "pairs_solved", "is_complete")  # fmt: skip
        return {
            **self.conditions(min(limit, 10)),
            "product_exchange": self.product_exchange,
            "product": cut_text(self.product),
            "kind": self.kind,
            "fraction_of_optimum": self.fraction_of_optimum,
            **{name: getattr(self, name) for name in counts},
            "wild_type_coupling": self.wild_type_coupling and str(self.wild_type_coupling),
            "too_slow": len(self.too_slow),
            "designs_found": len(self.designs.knock_outs),
            "best": self._best(),
            "designs": [self._row(index) for index in range(min(limit, len(self.designs.knock_outs)))],
            "design_columns": "knock-outs, growth 1/h, least and greatest secretion mmol/gDW/h, mol carbon "
            "yield, coupling, coupling strength (fraction)",
        }

    def _best(self) -> dict[str, JsonValue] | None:
        """The first strain; its knock-outs also as `genes` and `reactions`, as `knock_out` takes them."""
        if not self.designs.knock_outs:
            return None
        fields: dict[str, JsonValue] = {
            name: values[0] for name, values in self.designs.model_dump(mode="json", exclude=_LISTS).items()
        }
        ids: list[JsonValue] = [cut_text(name, 60) for name in self.designs.knock_outs[0]]
        is_gene = self.kind == "genes"
        return fields | {
            "knock_outs": ids,
            "genes": ids if is_gene else [],
            "reactions": [] if is_gene else ids,
        }

    def _row(self, index: int) -> list[JsonValue]:
        designs = self.designs
        return [
            " + ".join(cut_text(name, 60) for name in designs.knock_outs[index]),
            round_for_display(designs.growth_per_h[index]),
            round_for_display(designs.least_secretion_mmol_per_gdw_h[index]),
            round_for_display(designs.greatest_secretion_mmol_per_gdw_h[index]),
            round_for_display(designs.carbon_yield_mol_c_per_mol_c[index]),
            str(designs.coupling[index]),
            round_for_display(designs.coupling_strength[index]),
        ]


_LISTS = {"knock_outs", "equivalents", "closed_reactions", "gene_rules"}
_NUMBERS = [name for name in DesignTable.model_fields if name not in {*_LISTS, "coupling"}]


def run(model: Model, args: Args) -> Result:
    """Knock out all single targets and all pairs that may matter; growth in 1/h, fluxes in mmol/gDW/h.

    A knock-out that is infeasible or grows too slowly makes no strain, nor does any pair with it. A strain is
    listed if it must secrete more than the wild type and than each of its knock-outs alone. Facts for a flow:
    `designs_found`, `best.knock_outs` (for `run_production_envelope`), `best.genes` and `best.reactions` (for
    `knock_out`), `best.growth_per_h`, `best.least_secretion_mmol_per_gdw_h`,
    `best.carbon_yield_mol_c_per_mol_c`, `best.coupling`, `best.coupling_strength`, `is_complete`,
    `wild_type_least_secretion_mmol_per_gdw_h`.

    Raises:
        FluxError: `MEDIUM` for a product that is no exchange and no metabolite, with the nearest ids, or for
            conditions that do not fit the model; `UNKNOWN_ID` for a candidate that the model does not have;
            `BAD_ARGUMENT` if the objective is minimised, the wild type has to take the product up, or the
            model makes carbon from nothing; `SOLVER` or `TIMEOUT`.
    """
    with model:
        product = production_target(model, args.product_exchange)
        name = next(iter(product.metabolites)).name or product.id
        report: dict[str, object] = {"product_exchange": product.id, "product": name, "kind": args.kind}
        with hold_conditions(model, args) as conditions:
            intact = WildType(conditions)
            report |= intact.report | {"fraction_of_optimum": args.fraction_of_optimum}
            targets = Targets(model, args.kind, args.candidates, args.excluded)
            if intact.growth_per_h is None:
                return Result.model_validate(report)
            least_growth = intact.growth_per_h * args.min_growth_fraction_of_wild_type
            with CouplingScreen(model, product, least_growth, args.fraction_of_optimum) as screen:
                result = StrainSearch(
                    screen,
                    targets,
                    in_pairs=args.most_knock_outs > 1,
                    max_pairs=args.most_pairs,
                    min_gain=args.min_gain_mmol_per_gdw_h,
                    by_productivity=args.rank_by == "productivity",
                ).search()
                wild_type = screen.profile(frozenset(), screen.wild_type)
                check_is_secreted(product.id, (wild_type.greatest,))
                check_carbon_yield(product.id, (wild_type.carbon_yield,))
                rows = [_row(model, screen, design, intact.growth_per_h) for design in result.designs]
    return Result.model_validate(
        report
        | {
            "min_growth_per_h": least_growth,
            "wild_type_least_secretion_mmol_per_gdw_h": screen.wild_type.least,
            "wild_type_greatest_secretion_mmol_per_gdw_h": wild_type.greatest,
            "wild_type_coupling": wild_type.coupling,
            "targets": sum(1 + len(target.equivalents) for target in targets.items),
            "too_slow": result.too_slow,
            "pairs": result.pairs,
            "pairs_to_solve": result.pairs_to_solve,
            "pairs_solved": min(result.pairs_to_solve, args.most_pairs),
            "is_complete": result.pairs_to_solve <= args.most_pairs,
            "designs": fill_columns(DesignTable, rows),
        }
    )


def _row(model: Model, screen: CouplingScreen, design: Design, wild_growth: float) -> tuple[object, ...]:
    strain, profile = design.strain, screen.profile(design.disabled, design.strain)
    closed = [model.reactions[index] for index in sorted(design.disabled)]
    without = profile.growth_without_product_per_h or 0.0
    return (
        tuple(target.id for target in design.targets),
        tuple(target.equivalents for target in design.targets),
        tuple(reaction.id for reaction in closed),
        tuple(reaction.gene_reaction_rule for reaction in closed),
        strain.growth_per_h,
        strain.growth_per_h / wild_growth,
        strain.least,
        profile.greatest,
        profile.carbon_yield,
        strain.least * strain.growth_per_h,
        profile.coupling,
        profile.growth_without_product_per_h,
        min(max(1.0 - without / strain.growth_per_h, 0.0), 1.0),
    )


TOOL = Tool(
    name="find_growth_coupled_knock_outs",
    purpose="Strain design: knock-outs (one or two) that force a growing cell to secrete a product, ranked.",
    answers=("strain design", "production", "yield", "growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.COMPOUNDS},
    reference="Burgard, Pharkya, Maranas 2003, doi:10.1002/bit.10803 (OptKnock); Tepper, Shlomi 2010, "
    "doi:10.1093/bioinformatics/btp704 (least secretion); Alter, Ebert 2019, doi:10.1186/s12859-019-2946-7",
    example={"product_exchange": "EX_succ_e", "medium_changes": {"EX_o2_e": 0}},
    queue="tools.long",
)
