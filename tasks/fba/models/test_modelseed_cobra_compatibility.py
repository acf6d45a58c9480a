"""Whether a model is unchanged after writing and reading it as SBML and JSON, and has ModelSEED ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.models.model_difference import differences
from fluxagents.tasks.fba.models.model_file import decode_model, encode_model
from fluxagents.tasks.fba.solving.conditions import GrowthArgs
from fluxagents.tasks.fba.solving.growth import GrowthResult, measure_growth, report_biomass
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model

Format = Literal["sbml", "json"]

SAME_GROWTH = 1e-6
"""Relative difference of growth that counts as none."""

_SEED_ID = re.compile(r"(cpd|rxn)\d{5}")


class Args(GrowthArgs):
    """Through which formats the model goes."""

    formats: tuple[Format, ...] = Field(
        default=("sbml", "json"), min_length=1, description="Formats to write and read again."
    )


class FormatRow(BaseModel):
    """How the model came back from one format."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    format: Format
    size_bytes: int = Field(description="Count of bytes written.")
    is_unchanged: bool
    status_after: Outcome
    growth_after_per_h: float | None
    growth_is_unchanged: bool
    differences: int = Field(description="Count of all differences.")
    differences_by_field: dict[str, int] = Field(description="Counts, as `reaction bounds`.")


class RoundTripDifferenceTable(BaseModel):
    """One row per difference, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    field: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class Result(GrowthResult):
    """What changed on the way; growth under the model's own medium."""

    model_id: str
    status: Outcome
    growth_per_h: float | None
    is_compatible: bool = Field(
        description="Nothing that a solver sees changed in any format, and growth is the same."
    )
    round_trips: tuple[FormatRow, ...]
    metabolites_with_modelseed_id_fraction: float | None = Field(description="As id or as annotation.")
    reactions_with_modelseed_id_fraction: float | None = Field(description="As id or as annotation.")
    table: RoundTripDifferenceTable

    max_findings: ClassVar[int | None] = 6

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"differences": pd.DataFrame(self.table.model_dump())}

    def display(self, limit: int) -> dict[str, JsonValue]:
        rows = list(zip(*self.table.model_dump().values(), strict=True))[:limit]
        return {
            "model": cut_text(self.model_id),
            "status": str(self.status),
            "growth_per_h": self.growth_per_h,
            **self.describe_biomass(),
            "is_compatible": self.is_compatible,
            "round_trips": [row.model_dump(mode="json") for row in self.round_trips],
            "metabolites_with_modelseed_id_fraction": self.metabolites_with_modelseed_id_fraction,
            "reactions_with_modelseed_id_fraction": self.reactions_with_modelseed_id_fraction,
            "first_differences": [[cut_text(str(value), 60) for value in row] for row in rows],
        }


_SEEN_BY_A_SOLVER = {"reaction id", "reaction bounds", "reaction stoichiometry", "metabolite id", "gene id",
                     "reaction gene rule", "objective objective"}  # fmt: skip


def run(model: Model, args: Args) -> Result:
    """Write and read the model, and list every difference; growth in 1/h.

    Raises:
        FluxError: `SOLVER` or `TIMEOUT`.
    """
    before, biomass = measure_growth(model, args.biomass)
    rows, listed = [], []
    for name in dict.fromkeys(args.formats):
        size, copy = _through_sbml(model) if name == "sbml" else _through_json(model)
        changes = differences(model, copy)
        after, _ = measure_growth(copy, args.biomass)
        counts = Counter(f"{difference.kind} {difference.field}" for difference in changes)
        same = before.status is after.status and _close(before.value, after.value)
        rows.append(
            FormatRow(
                format=name,
                size_bytes=size,
                is_unchanged=not changes,
                status_after=after.status,
                growth_after_per_h=after.value,
                growth_is_unchanged=same,
                differences=len(changes),
                differences_by_field=dict(counts.most_common()),
            )
        )
        listed += [(name, *difference) for difference in changes]
    columns = zip(*listed, strict=True) if listed else ((),) * len(RoundTripDifferenceTable.model_fields)
    return Result.model_validate(
        report_biomass(biomass)
        | {
            "model_id": model.id or "",
            "status": before.status,
            "growth_per_h": before.value,
            "is_compatible": all(
                row.growth_is_unchanged and not row.differences_by_field.keys() & _SEEN_BY_A_SOLVER
                for row in rows
            ),
            "round_trips": tuple(rows),
            "metabolites_with_modelseed_id_fraction": _seed_fraction(model.metabolites, "seed.compound"),
            "reactions_with_modelseed_id_fraction": _seed_fraction(model.reactions, "seed.reaction"),
            "table": RoundTripDifferenceTable.model_validate(
                dict(zip(RoundTripDifferenceTable.model_fields, columns, strict=True))
            ),
        }
    )


def _close(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is after
    return abs(before - after) <= SAME_GROWTH * max(abs(before), 1.0)


def _through_json(model: Model) -> tuple[int, Model]:
    written = cobra.io.to_json(model)
    return len(written.encode()), cobra.io.from_json(written)


def _through_sbml(model: Model) -> tuple[int, Model]:
    data = encode_model(model, "sbml")
    return len(data), decode_model(data, "sbml")


def _seed_fraction(items: Iterable[Any], key: str) -> float | None:
    known = [bool(_SEED_ID.match(item.id)) or key in item.annotation for item in items]
    return sum(known) / len(known) if known else None


TOOL = Tool(
    name="test_modelseed_cobra_compatibility",
    purpose="Does the model survive SBML and JSON unchanged, with its growth; which ids are ModelSEED's.",
    questions=(
        "Does a round trip change it?",
        "roundtrip",
        "round trip through SBML",
        "Rundreise",
        "aller-retour",
        "ida y vuelta",
    ),
    answers=("round trip", "model file", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=EVERYTHING,
    reference="SBML: Keating et al. 2020, doi:10.15252/msb.20199110; "
    "ModelSEED: Seaver et al. 2021, doi:10.1093/nar/gkaa746",
    example={"formats": ["json"]},
)
