"""`fluxagents media`: the media that tools can name."""

from __future__ import annotations

import click

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.media.library.compound_index import index_exchanges
from fluxagents.tasks.fba.media.library.media_library import SUFFIXES, MediaLibrary
from fluxagents.tasks.fba.media.media_growth import map_medium
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, fold, print_json, print_table
from fluxagents.workers.commands.display.warning_lines import print_warning
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings


@click.group(
    epilog=examples(
        "fluxagents media list",
        "fluxagents media show M9_glucose",
        "fluxagents media show LB --model iJO1366",
    )
)
def media() -> None:
    """List and show media of the library and of your folder, with their sources."""


@media.command("list", epilog=examples("fluxagents media list --json"))
@json_option
def list_media(as_json: bool) -> None:
    """List the media; your own lie in FLUXAGENTS_MEDIA_DIR or in `media` of the data folder."""
    library = MediaLibrary(Settings.load().media_folder)
    all_media: list[LibraryMedium] = []
    warnings = [
        f"'{path}' is no medium: media are files of {', '.join(SUFFIXES)}" for path in library.strangers()
    ]
    for name in library.names():
        try:
            all_media.append(library.medium(name))
        except FluxError as error:
            warnings.append(str(error))
    for warning in warnings:
        print_warning(warning, err=True)
    if as_json:
        print_json([medium.model_dump(exclude={"components"}) for medium in all_media])
        return
    rows = [
        (medium.name, len(medium.components), "yours" if medium.is_users else "library", medium.title)
        for medium in all_media
    ]
    print_table(("name", "compounds", "from", "title"), rows)


@media.command(epilog=examples("fluxagents media show LB --model iJO1366 --json"))
@click.argument("name")
@click.option("--model", help="Show which exchange reaction of this model each compound is.")
@json_option
def show(name: str, model: str | None, as_json: bool) -> None:
    """Show the medium NAME: its compounds, their largest uptake, and its source."""
    settings = Settings.load()
    medium = MediaLibrary(settings.media_folder).medium(name)
    if model is not None:
        _show_on(model, medium, settings, as_json=as_json)
        return
    if as_json:
        print_json(medium.model_dump())
        return
    _print_source(medium)
    rows = [
        (part.name, part.bigg, part.seed, f"{part.uptake_mmol_per_gdw_h:g}") for part in medium.components
    ]
    print_table(("compound", "BiGG", "ModelSEED", "largest uptake, mmol/gDW/h"), rows)


def _show_on(model: str, medium: LibraryMedium, settings: Settings, *, as_json: bool) -> None:
    store = ModelFiles(settings.artifact_url, hosts=settings.model_hosts)
    mapping = map_medium(medium, index_exchanges(store.load(store.resolve(model))))
    if as_json:
        print_json(
            {
                **medium.model_dump(exclude={"components"}),
                "model": model,
                "uptakes_mmol_per_gdw_h": mapping.uptakes,
                "unmapped": mapping.unmapped,
                "compounds": [row.model_dump() for row in mapping.rows],
            }
        )
        return
    _print_source(medium)
    rows = [
        (row.compound, row.exchange or "-", row.found_by or "-", f"{row.uptake_mmol_per_gdw_h:g}")
        for row in mapping.rows
    ]
    print_table(("compound", f"exchange of {model}", "found by", "largest uptake, mmol/gDW/h"), rows)
    if mapping.unmapped:
        sentence = (
            f"{len(mapping.unmapped)} of {len(rows)} compounds have no exchange in {model}: "
            f"{', '.join(mapping.unmapped)}"
        )
        echo(fold(sentence), fg="yellow")


def _print_source(medium: LibraryMedium) -> None:
    echo(fold(f"{medium.name}: {medium.title}"))
    echo(fold(f"source: {medium.source}"))
    if medium.convention:
        echo(fold(f"convention: {medium.convention}"))
    for warning in medium.warnings:
        print_warning(warning)
