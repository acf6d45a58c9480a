"""The media of runs: what people named, as the uptakes of each model, checked before the first run starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.batches.batch_tables import medium_key
from fluxagents.scheduler.runs.checked_batch import join_errors
from fluxagents.tasks.fba.media.medium_gaps import explain_no_growth
from fluxagents.tasks.fba.media.medium_request import MediumRequest, resolve_medium
from fluxagents.tasks.ports.models import ModelStore


@dataclass(frozen=True, slots=True)
class RunMedia:
    """The media in which one model is run.

    Attributes:
        media: In the order of the requests, exchange -> most uptake in mmol/gDW/h; None for the model's own.
        notes: What a reader should know before anything runs: no growth and why, compounds that are left out.
    """

    media: tuple[dict[str, JsonValue] | None, ...]
    notes: tuple[str, ...]


def resolve_media(
    models: ModelStore,
    names: Iterable[str],
    requests: Sequence[MediumRequest],
    *,
    biomass: str | None = None,
) -> dict[str, RunMedia]:
    """The media of each model; a model is read only if a request is not for its own medium.

    Raises:
        FluxError: For all models and all names at once that cannot be found, with the nearest ones.
    """
    found: dict[str, RunMedia] = {}
    errors: list[FluxError] = []
    for name in dict.fromkeys(names):
        try:
            found[name] = _resolve(models, name, requests, biomass)
        except FluxError as error:
            errors.append(error)
    if errors:
        raise join_errors(errors, "models cannot be run so")
    return found


def name_media(requests: Sequence[MediumRequest], found: Iterable[RunMedia]) -> dict[str, str]:
    """What each medium is called in tables: its JSON -> how it was named."""
    return {
        medium_key(medium): request.label
        for run_media in found
        for request, medium in zip(requests, run_media.media, strict=True)
        if medium is not None
    }


def _resolve(
    models: ModelStore, name: str, requests: Sequence[MediumRequest], biomass: str | None
) -> RunMedia:
    media: list[dict[str, JsonValue] | None] = []
    notes: list[str] = []
    ref = models.resolve(name)
    for request in requests:
        if request.is_own:
            media.append(None)
            continue
        model = models.load(ref)
        medium = resolve_medium(model, request)
        media.append(dict(medium.uptakes))
        why = explain_no_growth(model, medium.uptakes, biomass)
        if why is not None:
            notes.append(f"{ref.name} on {request.label}: {why}")
        if medium.unmapped:
            left_out = ", ".join(medium.unmapped)
            notes.append(f"{ref.name} on {request.label}: the model does not exchange {left_out}")
    return RunMedia(tuple(media), tuple(notes))
