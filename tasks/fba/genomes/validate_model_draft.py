"""What a draft does before it becomes a model: growth where it should and should not, soundness, needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import list_names, list_values
from fluxagents.tasks.fba.changes.growth_change import hold_change
from fluxagents.tasks.fba.genomes.draft_model import ModelDraft, reduce_to_draft
from fluxagents.tasks.fba.genomes.selection.flux_network import FluxNetwork, find_made_from_nothing
from fluxagents.tasks.fba.genomes.stored_draft import DraftArgs, read_draft
from fluxagents.tasks.fba.media import predict_auxotrophies
from fluxagents.tasks.fba.media.media_growth import MediaResult, grow_on_media
from fluxagents.tasks.fba.models.energy_cycles import energy_cycles
from fluxagents.tasks.fba.models.validate_model import report_balance
from fluxagents.tasks.fba.solving.biomass import find_biomass
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model

MAX_NAMED = 5
"""Of each finding, in the sentence for whoever decides."""


class Args(DraftArgs):
    """The draft, and what is known of the organism."""

    media: tuple[str, ...] = Field(
        default=("M9_glucose",), max_length=100, description="Names of media of the library where it grows."
    )
    no_growth_media: tuple[str, ...] = Field(
        default=(), max_length=100, description="Names of media of the library where it does not grow."
    )
    min_growth_per_h: float = Field(default=0.05, gt=0, description="Less is no growth, 1/h.")


class GrowthTest(BaseModel):
    """Growth of the draft on one medium, beside what is expected."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    medium: str
    is_growth_expected: bool
    growth_per_h: float | None = Field(description="1/h; None if it does not grow.")
    is_as_expected: bool


class ChargedCarrier(BaseModel):
    """A carrier of energy that is charged with all exchanges closed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    carrier: str
    reactions: tuple[str, ...] = Field(description="The shortest set of reactions that charges it.")


class Result(ToolResult):
    """The tests of a draft."""

    draft: str
    growths: tuple[GrowthTest, ...]
    charged_carriers: tuple[ChargedCarrier, ...]
    made_from_nothing: tuple[str, ...] = Field(description="Metabolites given off with nothing taken up.")
    mass_imbalanced_reactions: tuple[str, ...]
    charge_imbalanced_reactions: tuple[str, ...]
    auxotrophies: tuple[str, ...] = Field(description="Needed, and not made in its own medium.")

    @property
    def evidence(self) -> str:
        """All of it in one sentence, for whoever decides whether the draft becomes a model."""
        growing = [row for row in self.growths if row.is_growth_expected]
        others = [row for row in self.growths if not row.is_growth_expected]
        missed = [row.medium for row in growing if not row.is_as_expected]
        right = len(growing) - len(missed)
        parts = [f"grows on {right} of {len(growing)} media where it should{_name(missed, 'not on ')}"]
        if others:
            wrong = [row.medium for row in others if not row.is_as_expected]
            parts.append(f"grows on {len(wrong)} of {len(others)} media where it should not{_name(wrong)}")
        parts += [
            f"{what}: {len(ids)}{_name(ids)}"
            for what, ids in (
                ("energy carriers charged out of nothing", [row.carrier for row in self.charged_carriers]),
                ("metabolites made out of nothing", self.made_from_nothing),
                ("reactions without mass balance", self.mass_imbalanced_reactions),
                ("auxotrophies", self.auxotrophies),
            )
        ]
        return "; ".join(parts)

    def display(self, limit: int) -> dict[str, JsonValue]:
        carriers = {row.carrier: list_names(row.reactions, limit) for row in self.charged_carriers}
        return {
            "draft": self.draft,
            "growth_per_h": list_values({row.medium: row.growth_per_h for row in self.growths}, limit),
            "unexpected_growth": list_names(
                [row.medium for row in self.growths if not row.is_as_expected], limit
            ),
            "energy_carriers_charged": len(carriers),
            "energy_generating_cycles": dict(list(carriers.items())[:limit]),
            "made_from_nothing": list_names(self.made_from_nothing, limit),
            "mass_imbalanced_reactions": list_names(self.mass_imbalanced_reactions, limit),
            "charge_imbalanced_reactions": list_names(self.charge_imbalanced_reactions, limit),
            "auxotrophies": list_names(self.auxotrophies, limit),
            "evidence": self.evidence,
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        growths = pd.DataFrame(
            [row.model_dump() for row in self.growths], columns=list(GrowthTest.model_fields)
        )
        lists = {
            "energy carrier": [row.carrier for row in self.charged_carriers],
            "made from nothing": self.made_from_nothing,
            "mass imbalanced": self.mass_imbalanced_reactions,
            "charge imbalanced": self.charge_imbalanced_reactions,
            "auxotrophy": self.auxotrophies,
        }
        findings = [(check, name) for check, names in lists.items() for name in names]
        return {
            "media": growths.astype({"growth_per_h": "float64"}),
            "findings": pd.DataFrame(findings, columns=["check", "id"]),
        }


@dataclass(frozen=True, slots=True)
class Subject:
    """The draft, and the media that it is tested on."""

    draft: ModelDraft
    media: tuple[LibraryMedium, ...]


def gather(sources: Sources, args: Args) -> Subject:
    """The draft and the media; raises as `read_draft` and `MediaCatalog.medium`."""
    both = [name for name in args.media if name in args.no_growth_media]
    if both:
        message = f"medium '{both[0]}' stands in 'media' and in 'no_growth_media'"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("name it in one of them",))
    names = dict.fromkeys((*args.media, *args.no_growth_media))
    return Subject(read_draft(sources, args), tuple(sources.media.medium(name) for name in names))


def run(model: Model, args: Args, subject: Subject) -> Result:
    """Test the draft that was made from the universal model `model`; growth in 1/h.

    Facts for flows: `unexpected_growth.count`, `energy_carriers_charged`, `made_from_nothing.count`,
    `mass_imbalanced_reactions.count`, `auxotrophies.count`, `evidence`.

    Raises:
        FluxError: As `reduce_to_draft`; `SOLVER` or `TIMEOUT`.
    """
    with hold_change(model, lambda held: reduce_to_draft(held, subject.draft)) as (changed, _):
        biomass = find_biomass(changed, args.biomass).reaction
        balance = report_balance(changed, [biomass] if biomass is not None else [])
        inner = [reaction for reaction in changed.reactions if not reaction.boundary]
        _, cycles = energy_cycles(changed)
        needs = predict_auxotrophies.run(changed, predict_auxotrophies.Args(biomass=args.biomass))
        return Result.model_validate(
            {
                "draft": subject.draft.file.digest,
                "growths": tuple(_test_growth(changed, args, subject.media)),
                "charged_carriers": tuple(
                    ChargedCarrier(carrier=cycle.carrier, reactions=cycle.reactions) for cycle in cycles
                ),
                "made_from_nothing": find_made_from_nothing(FluxNetwork.of(inner)),
                "mass_imbalanced_reactions": balance["mass_imbalanced_reactions"],
                "charge_imbalanced_reactions": balance["charge_imbalanced_reactions"],
                "auxotrophies": needs.auxotrophies,
            }
        )


def _test_growth(model: Model, args: Args, media: Sequence[LibraryMedium]) -> list[GrowthTest]:
    rows = []
    for row in MediaResult.model_validate(grow_on_media(model, media, args.biomass)).media:
        grows = row.growth_per_h is not None and row.growth_per_h >= args.min_growth_per_h
        is_expected = row.medium in args.media
        rows.append(
            GrowthTest(
                medium=row.medium,
                is_growth_expected=is_expected,
                growth_per_h=row.growth_per_h,
                is_as_expected=grows is is_expected,
            )
        )
    return rows


def _name(names: Sequence[str], before: str = "") -> str:
    """The first names in brackets; nothing where there are none."""
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f" ({before}{', '.join(names[:MAX_NAMED])}{more})" if names else ""


TOOL = Tool(
    name="validate_model_draft",
    purpose="Test a draft before it becomes a model: growth, energy and mass from nothing, auxotrophies.",
    answers=("models from genomes",),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    rests_on=EVERYTHING,
    reference="Lieven et al. 2020, doi:10.1038/s41587-020-0446-y; see energy_cycles",
    example={
        "no_growth_media": ["M9_xylose"],
        "draft": "sha256:360bd85cb448820ca871d45ebd309ef9fe3cffe9d8443edda7b5380510a685a9",
    },
    queue="tools.long",
    soft_time_limit_s=1_800,
)
