"""Growth on media of the library: what a model takes of each, what it cannot, and how fast it grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.media.library.compound_index import CompoundIndex, index_exchanges
from fluxagents.tasks.fba.solving.conditions import (
    ConditionArgs,
    GrowthArgs,
    MediumArgs,
    apply_medium,
    exchanges,
)
from fluxagents.tasks.fba.solving.growth import (
    GrowthResult,
    Optimum,
    hold_conditions,
    report_biomass,
    solve,
)
from fluxagents.tasks.fba.solving.lazy_libraries import pd
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.media import Component, LibraryMedium, Uptake
from fluxagents.tasks.ports.sources import Sources

if TYPE_CHECKING:
    from cobra import Model, Reaction

SAME_GROWTH = 1e-6
"""Media whose growth differs by no more than this fraction are equally good."""


MediumName = Annotated[str, Field(min_length=1, max_length=80)]


class MediaArgs(GrowthArgs):
    """Which media are looked at; the model's own conditions play no part."""

    media: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Names of media of the library or the user's folder; all of them if none is named.",
    )
    own_media: dict[MediumName, dict[str, Uptake]] = Field(
        default_factory=dict,
        description="Further media: name -> exchange reaction id -> most uptake in mmol/gDW/h.",
    )


def gather(sources: Sources, args: MediaArgs) -> tuple[LibraryMedium, ...]:
    """The media that are asked for.

    Raises:
        FluxError: As `MediaLibrary.medium`; `BAD_ARGUMENT` if one of `own_media` has a name of the library.
    """
    library = sources.media
    taken = [name for name in args.own_media if name in library.names()]
    if taken:
        message = f"'{taken[0]}' of own_media is a name of the media library"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("give it another name",))
    own = tuple(_own(name, uptakes) for name, uptakes in args.own_media.items())
    names = args.media
    if names is None:
        names = () if own else library.names()
    return (*(library.medium(name) for name in dict.fromkeys(names)), *own)


class MediumGrowth(BaseModel):
    """One medium on one model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    medium: str
    title: str
    source: str
    status: Outcome
    growth_per_h: float | None = Field(description="1/h; None unless the outcome has growth.")
    growth_fraction_of_best: float | None = Field(description="Fraction of the best growth among the media.")
    components: int = Field(description="Count of compounds in the medium.")
    exchanged: int = Field(description="Count of those that the model exchanges.")
    uptakes_mmol_per_gdw_h: dict[str, float] = Field(
        description="The medium as the model sees it: exchange -> most uptake."
    )
    unmapped: tuple[str, ...] = Field(description="Compounds for which the model has no exchange reaction.")

    @property
    def grows(self) -> bool:
        return self.status is Outcome.OPTIMAL


class MappedCompound(BaseModel):
    """One compound of one medium, and the exchange reaction that it was found to be."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    medium: str
    compound: str
    bigg: str
    seed: str
    uptake_mmol_per_gdw_h: float
    exchange: str | None
    found_by: str | None = Field(description="The evidence: id, an annotation, or name.")


class MediaResult(GrowthResult):
    """Growth on each medium."""

    model_id: str
    objective: str = Field(description="What was optimised: the biomass reaction.")
    media: tuple[MediumGrowth, ...]
    compounds: tuple[MappedCompound, ...]

    def evidence(self) -> dict[str, JsonValue]:
        """Model and objective as a display shows them, and how biomass was found if that needs words."""
        named = {"model": cut_text(self.model_id), "objective": cut_text(self.objective)}
        return {**named, **self.describe_biomass()}

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Growth by medium, uptakes by medium and exchange, and how each compound was found."""
        rows = [{**row.model_dump(mode="json"), "unmapped": len(row.unmapped)} for row in self.media]
        columns = ["medium", "status", "growth_per_h", "growth_fraction_of_best", "components", "exchanged"]
        columns += ["unmapped", "title", "source"]
        numbers = dict.fromkeys(("growth_per_h", "growth_fraction_of_best"), "float64")
        uptakes = [
            (row.medium, exchange, limit)
            for row in self.media
            for exchange, limit in row.uptakes_mmol_per_gdw_h.items()
        ]
        return {
            "media": pd.DataFrame(rows, columns=columns).astype(numbers),
            "uptakes": pd.DataFrame(uptakes, columns=["medium", "exchange", "uptake_mmol_per_gdw_h"]),
            "compounds": pd.DataFrame(
                [row.model_dump() for row in self.compounds], columns=list(MappedCompound.model_fields)
            ),
        }


class MediumTrial:
    """A model whose medium is changed again and again; the model itself stays as it is."""

    def __init__(self, model: Model, program: LinearProgram) -> None:
        self._exchanges: dict[str, tuple[int, Reaction]] = {
            identifier: (model.reactions.index(reaction), reaction)
            for identifier, reaction in exchanges(model).items()
        }
        self._program = program
        self._has_objective = bool(program.objective())
        program.solve()
        program.remember_basis()

    @classmethod
    @contextmanager
    def of(cls, model: Model) -> Iterator[Self]:
        """A trial with a linear program of its own."""
        with LinearProgram(model) as program:
            yield cls(model, program)

    def growth_on(self, uptakes: Mapping[str, float]) -> Optimum:
        """The optimum (1/h) with these uptakes open (mmol/gDW/h) and no others.

        A model that is forced to take up what is not offered is infeasible.
        """
        if not self._has_objective:
            return Optimum(Outcome.NO_OBJECTIVE, None)
        bounds = {
            index: bounds_with_uptake(reaction, uptakes.get(identifier, 0.0))
            for identifier, (index, reaction) in self._exchanges.items()
        }
        if any(lowest > highest for lowest, highest in bounds.values()):
            return Optimum(Outcome.INFEASIBLE, None)
        with self._program.hold_bounds(bounds):
            self._program.restore_basis()
            return solve(self._program)


def bounds_with_uptake(exchange: Reaction, limit: float) -> tuple[float, float]:
    """The bounds of an exchange reaction with another most uptake, mmol/gDW/h."""
    lowest, highest = exchange.bounds
    return (0.0 - limit, highest) if exchange.reactants else (lowest, limit)


@dataclass(frozen=True, slots=True)
class MappedMedium:
    """A medium as a model sees it."""

    medium: LibraryMedium
    rows: tuple[MappedCompound, ...]

    @property
    def uptakes(self) -> dict[str, float]:
        """Exchange -> most uptake, mmol/gDW/h; the larger one where two compounds share an exchange."""
        limits: dict[str, float] = {}
        for row in self.rows:
            if row.exchange is not None:
                limit = row.uptake_mmol_per_gdw_h
                limits[row.exchange] = max(limit, limits.get(row.exchange, 0.0))
        return limits

    @property
    def unmapped(self) -> tuple[str, ...]:
        """The compounds without an exchange reaction."""
        return tuple(row.compound for row in self.rows if row.exchange is None)


def map_medium(medium: LibraryMedium, index: CompoundIndex) -> MappedMedium:
    """Each compound of a medium with its exchange reaction, if there is one."""
    return MappedMedium(medium, tuple(_map_component(medium.name, part, index) for part in medium.components))


def start_from(model: Model, args: MediumArgs, start: LibraryMedium | None) -> tuple[str, ...]:
    """Give the model a medium of the library, or the one of the arguments; call it inside `with model:`.

    Returns:
        The compounds of the library medium that the model does not exchange.

    Raises:
        FluxError: `MEDIUM` as `apply_medium`.
    """
    if start is None:
        apply_medium(model, args)
        return ()
    mapped = map_medium(start, index_exchanges(model))
    apply_medium(model, MediumArgs(medium=mapped.uptakes, medium_changes=args.medium_changes))
    return mapped.unmapped


def grow_on_media(model: Model, media: Sequence[LibraryMedium], biomass: str | None) -> dict[str, object]:
    """The fields of a `MediaResult`; raises as `exchanges` and `hold_conditions`."""
    index = index_exchanges(model)
    mapped_media = [map_medium(medium, index) for medium in media]
    with hold_conditions(model, ConditionArgs(biomass=biomass)) as conditions:
        trial = MediumTrial(model, conditions.program)
        optima = [trial.growth_on(mapped.uptakes) for mapped in mapped_media]
    best = max((optimum.value for optimum in optima if optimum.value), default=None)
    return {
        "model_id": model.id or "",
        "objective": conditions.objective.text,
        **report_biomass(conditions.biomass),
        "media": tuple(
            _growth(mapped, optimum, best) for mapped, optimum in zip(mapped_media, optima, strict=True)
        ),
        "compounds": tuple(row for mapped in mapped_media for row in mapped.rows),
    }


def _growth(mapped: MappedMedium, optimum: Optimum, best: float | None) -> MediumGrowth:
    value = optimum.value
    return MediumGrowth(
        medium=mapped.medium.name,
        title=mapped.medium.title,
        source=mapped.medium.source,
        status=optimum.status,
        growth_per_h=value,
        growth_fraction_of_best=value / best if value is not None and best else None,
        components=len(mapped.rows),
        exchanged=len(mapped.rows) - len(mapped.unmapped),
        uptakes_mmol_per_gdw_h=mapped.uptakes,
        unmapped=mapped.unmapped,
    )


def _map_component(medium: str, part: Component, index: CompoundIndex) -> MappedCompound:
    match = index.find(part)
    return MappedCompound(
        medium=medium,
        compound=part.name,
        bigg=part.bigg,
        seed=part.seed,
        uptake_mmol_per_gdw_h=part.uptake_mmol_per_gdw_h,
        exchange=match and match.id,
        found_by=match and match.by,
    )


def _own(name: str, uptakes: Mapping[str, float]) -> LibraryMedium:
    parts = tuple(
        Component(name=exchange, exchange=exchange, uptake_mmol_per_gdw_h=limit)
        for exchange, limit in uptakes.items()
        if limit > 0
    )
    return LibraryMedium(
        name=name,
        title="given as an argument",
        source="the arguments of the call",
        convention="",
        is_users=True,
        components=parts,
    )
