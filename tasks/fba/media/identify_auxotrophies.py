"""Auxotrophies by growth: nutrients that the cell cannot do without, each taken away and given alone.

All amino acids, vitamins and nucleobases that the model exchanges are offered together; whatever stops
growth when it alone is taken away, the cell cannot make. Where nothing alone is required and there still is
no growth without any of them, one of several nutrients is needed: the smallest sets say which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from fluxagents.tasks.display import fit_display, list_names
from fluxagents.tasks.fba.media.library.compound_index import index_exchanges
from fluxagents.tasks.fba.media.library.compounds import Compound, classes_by_name, compounds_in
from fluxagents.tasks.fba.media.media_growth import MediumTrial
from fluxagents.tasks.fba.media.restoration import Restoration, restoration
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, exchanges, medium_of, set_uptake
from fluxagents.tasks.fba.solving.growth import ConditionResult, Optimum, hold_conditions, optimise
from fluxagents.tasks.fba.solving.optlang_program import IntegerArgs
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

CLASSES = ("amino acids", "vitamins", "nucleobases")

_ALTERNATIVES = 20


class AuxotrophyArgs(ConditionArgs):
    """The medium is the one around the nutrients that are tested."""

    compound_classes: tuple[str, ...] = Field(
        default=CLASSES, min_length=1, description="Classes of compounds that are tested."
    )
    supplement_uptake_mmol_per_gdw_h: float = Field(
        default=1.0, gt=0, le=1000, description="Most uptake of each tested nutrient, mmol/gDW/h."
    )
    threshold_fraction_of_wild_type: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="No growth is less than this fraction of the growth with all tested nutrients.",
    )

    @field_validator("compound_classes")
    @classmethod
    def _check_classes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = classes_by_name()
        for name in names:
            if name.lower() not in known:
                raise ValueError(
                    f"'{name}' is no class of compounds: {', '.join(dict.fromkeys(known.values()))}"
                )
        return tuple(dict.fromkeys(known[name.lower()] for name in names))

    @property
    def compounds(self) -> tuple[Compound, ...]:
        """All compounds of the classes."""
        chosen = (compound for name in self.compound_classes for compound in compounds_in(name))
        return tuple({compound.bigg: compound for compound in chosen}.values())


class Args(IntegerArgs, AuxotrophyArgs):
    """Which nutrients are tested, and what counts as no growth."""


class NutrientTest(BaseModel):
    """One nutrient, taken away and given alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    exchange: str
    compound: str
    compound_class: str
    status_without: Outcome
    growth_without_per_h: float | None = Field(
        description="All tested nutrients but this one; None if infeasible."
    )
    status_alone: Outcome
    growth_alone_per_h: float | None = Field(
        description="This one and no other tested nutrient; None if infeasible."
    )
    is_required: bool
    restores_growth: bool
    """Whether it alone is enough, and something is needed."""


@dataclass(frozen=True, slots=True)
class NutrientTests:
    """Tests of several nutrients around one medium."""

    with_all: Optimum
    without_any: Optimum
    threshold_per_h: float | None
    rows: tuple[NutrientTest, ...]
    absent: tuple[str, ...]
    """Compounds that the model does not exchange."""

    @property
    def needs_any(self) -> bool:
        """Whether the cell grows with all tested nutrients and does not grow with none of them."""
        return self.threshold_per_h is not None and not _grows(self.without_any, self.threshold_per_h)


class Result(ConditionResult):
    """The nutrients that the cell cannot make, as growth shows it."""

    threshold_fraction_of_wild_type: float
    growth_with_all_per_h: float | None = Field(description="With every tested nutrient; None if infeasible.")
    growth_without_any_per_h: float | None = Field(description="With no tested nutrient; None if infeasible.")
    auxotrophies: tuple[str, ...] = Field(description="Compounds without which, alone, there is no growth.")
    is_prototroph: bool | None = Field(
        description="Whether it grows without any tested nutrient; None if it does not grow with all either."
    )
    nutrients: tuple[NutrientTest, ...]
    not_exchanged: tuple[str, ...] = Field(
        description="Compounds of the classes for which the model has no exchange reaction: not tested."
    )
    supplements: Restoration | None = Field(
        description="The smallest sets of tested nutrients on which it grows; None for a prototroph."
    )

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, min(limit, 8)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, limit), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        numbers = dict.fromkeys(("growth_without_per_h", "growth_alone_per_h"), "float64")
        rows = [row.model_dump(mode="json") for row in self.nutrients]
        sets = [
            (number, exchange, needed)
            for number, nutrients in enumerate(self.supplements.sets if self.supplements else (), start=1)
            for exchange, needed in nutrients.needed_uptakes_mmol_per_gdw_h.items()
        ]
        return {
            "nutrients": pd.DataFrame(rows, columns=list(NutrientTest.model_fields)).astype(numbers),
            "supplements": pd.DataFrame(sets, columns=["set", "exchange", "needed_uptake_mmol_per_gdw_h"]),
        }

    def _display(self, limit: int, set_limit: int) -> dict[str, JsonValue]:
        display: dict[str, JsonValue] = {
            **self.conditions(min(limit, 8)),
            "nutrients_tested": len(self.nutrients),
            "growth_with_all_per_h": self.growth_with_all_per_h,
            "growth_without_any_per_h": self.growth_without_any_per_h,
            "is_prototroph": self.is_prototroph,
            "auxotrophies": list_names(self.auxotrophies, limit),
            "restore_growth_alone": list_names(
                [row.compound for row in self.nutrients if row.restores_growth], limit
            ),
            "not_exchanged": list_names(self.not_exchanged, set_limit),
        }
        if self.supplements is not None:
            sets = [" + ".join(nutrients.exchanges) for nutrients in self.supplements.sets]
            display["smallest_supplements"] = list_names(sets, set_limit)
            display["smallest_supplements_are_all"] = self.supplements.is_complete
        return display


def run(model: Model, args: Args) -> Result:
    """Test each nutrient by growth (1/h), all other uptakes as in the medium.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model; `SOLVER` or `TIMEOUT`.
    """
    with hold_conditions(model, args) as conditions:
        report = conditions.report(optimise(conditions.program))
        tests = nutrient_tests(model, args)
        supplements = _supplements(model, args, tests) if tests.needs_any else None
    return Result.model_validate(
        report
        | {
            "threshold_fraction_of_wild_type": args.threshold_fraction_of_wild_type,
            "growth_with_all_per_h": tests.with_all.value,
            "growth_without_any_per_h": tests.without_any.value,
            "auxotrophies": tuple(row.compound for row in tests.rows if row.is_required),
            "is_prototroph": None if tests.threshold_per_h is None else not tests.needs_any,
            "nutrients": tests.rows,
            "not_exchanged": tests.absent,
            "supplements": supplements,
        }
    )


def nutrient_tests(model: Model, args: AuxotrophyArgs) -> NutrientTests:
    """Test growth without each nutrient and with it alone; the model keeps its conditions."""
    index = index_exchanges(model)
    matches = {compound: index.find(compound) for compound in args.compounds}
    tested = {match.id: compound for compound, match in matches.items() if match is not None}
    around = {name: limit for name, limit in medium_of(model).items() if name not in tested}
    offered = dict.fromkeys(tested, args.supplement_uptake_mmol_per_gdw_h)
    with MediumTrial.of(model) as trial:
        with_all, without_any = trial.growth_on({**around, **offered}), trial.growth_on(around)
        threshold = None
        if with_all.status is Outcome.OPTIMAL and with_all.value:
            threshold = with_all.value * args.threshold_fraction_of_wild_type
        needs_any = threshold is not None and not _grows(without_any, threshold)
        rows = []
        for exchange, compound in tested.items() if threshold is not None else ():
            rest = {name: limit for name, limit in offered.items() if name != exchange}
            without = trial.growth_on({**around, **rest})
            alone = trial.growth_on({**around, exchange: offered[exchange]})
            rows.append(
                NutrientTest(
                    exchange=exchange,
                    compound=compound.names[0],
                    compound_class=compound.group,
                    status_without=without.status,
                    growth_without_per_h=without.value,
                    status_alone=alone.status,
                    growth_alone_per_h=alone.value,
                    is_required=not _grows(without, threshold or 0.0),
                    restores_growth=needs_any and _grows(alone, threshold or 0.0),
                )
            )
    absent = tuple(compound.names[0] for compound, match in matches.items() if match is None)
    return NutrientTests(with_all, without_any, threshold, tuple(rows), absent)


def _supplements(model: Model, args: Args, tests: NutrientTests) -> Restoration:
    """The smallest sets of tested nutrients on which the model grows; call it inside `with model:`."""
    tested = _close_uptakes(model, [row.exchange for row in tests.rows])
    uptake, least = args.supplement_uptake_mmol_per_gdw_h, tests.threshold_per_h or 0.0
    return restoration(model, least, uptake, _ALTERNATIVES, among=tested, solver=args.integer_solver)


def _close_uptakes(model: Model, identifiers: Sequence[str]) -> Sequence[str]:
    known = exchanges(model)
    for identifier in identifiers:
        set_uptake(known[identifier], 0.0)
    return identifiers


def _grows(optimum: Optimum, least_per_h: float) -> bool:
    return optimum.value is not None and optimum.value >= least_per_h


TOOL = Tool(
    name="identify_auxotrophies",
    purpose="Amino acids, vitamins and nucleobases without which the cell does not grow, tested one by one.",
    answers=("auxotrophies", "needed nutrients", "growth"),
    args=Args,
    result=Result,
    run=run,
    reference="Seif et al. 2020, doi:10.1073/pnas.1910499117",
    example={"compound_classes": ["amino acids"]},
)
