"""`fluxagents models map`: the fluxes of a model on a map, without a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.commands.display.options import examples, parse_pairs
from fluxagents.workers.commands.display.output import echo
from fluxagents.workers.commands.models.exports import strain_options
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings

_KINDS = (".svg", ".png", ".html", ".json")


@click.command(
    "map",
    epilog=examples(
        "fluxagents models map e_coli_core",
        "fluxagents models map e_coli_core --compare-change EX_o2_e=0 --output anaerobic.html",
        'fluxagents models map iJO1366 --pathway "Histidine Metabolism" --output histidine.png',
    ),
)
@click.argument("model")
@click.option("--pathway", help="A subsystem of the model, or a usual name; core metabolism by default.")
@strain_options
@click.option(
    "--compare-change",
    "other_changes",
    multiple=True,
    metavar="EXCHANGE=UPTAKE",
    help="Another state beside this one, with this most uptake, and the difference.",
)
@click.option(
    "--compare-without", "other_without", multiple=True, metavar="ID", help="That state without this."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False),
    help="A .svg, .png, .html (to zoom in) or .json file (for Escher); NAME_map.svg by default.",
)
def flux_map(
    model: str,
    pathway: str | None,
    changes: tuple[str, ...],
    without: tuple[str, ...],
    other_changes: tuple[str, ...],
    other_without: tuple[str, ...],
    output: str | None,
) -> None:
    """Draw the fluxes of MODEL at its best growth (pFBA) on a map.

    Core carbon metabolism is drawn for models with BiGG ids; any pathway of any model is laid out by itself.
    """
    kind = Path(output).suffix.lower() if output else ".svg"
    if kind not in _KINDS:
        message = f"the name '{output}' does not say what is to be written"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, message, suggestions=(f"end it with one of {', '.join(_KINDS)}",)
        )
    # cobra and matplotlib take seconds to import.
    from fluxagents.workers.commands.models.map_files import encode_map  # noqa: PLC0415

    settings = Settings.load()
    store = ModelFiles(settings.artifact_url, hosts=settings.model_hosts)
    ref = store.resolve(model)
    tool = tool_named("draw_flux_map")
    compared = _conditions(other_changes, other_without) if other_changes or other_without else None
    args = tool.parse(_conditions(changes, without) | {"pathway": pathway, "compared_with": compared})
    result: Any = tool.run(store.load(ref), args)
    if result.file is None:
        message = f"there are no fluxes to draw: '{model}' under these conditions is {result.status}"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message)
    path = Path(output or result.file.name.removesuffix(".json") + ".svg")
    path.write_bytes(encode_map(result, args.model_dump(mode="json"), kind))
    echo(f"{path}: {result.reactions} reactions of {result.map}, {result.active_reactions} with a flux")


def _conditions(changes: tuple[str, ...], without: tuple[str, ...]) -> dict[str, Any]:
    return {"medium_changes": parse_pairs(changes) or None, "knock_outs": without}
