"""`fluxagents models export` and `fluxes`: files for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.commands.display.options import examples, parse_pairs
from fluxagents.workers.commands.display.output import echo
from fluxagents.workers.models.model_export import write_data
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def strain_options(command: Command) -> Command:
    """Give a command the options of what is changed in the file."""
    for decorate in (
        click.option(
            "--change",
            "changes",
            multiple=True,
            metavar="EXCHANGE=UPTAKE",
            help="Another most uptake, mmol/gDW/h, such as EX_o2_e=0.",
        ),
        click.option("--without", multiple=True, metavar="ID", help="A gene or reaction to knock out."),
    ):
        command = decorate(command)
    return command


@click.command(
    epilog=examples(
        "fluxagents models export e_coli_core --format mat",
        "fluxagents models export e_coli_core --without b0720 --output mutant.xml.gz",
        "fluxagents models export e_coli_core --change EX_o2_e=0 --output anaerobic.json",
        "fluxagents models export iJO1366+1a2b3c4d --format sbml --output changed.xml.gz",
    )
)
@click.argument("model")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["sbml", "json", "yaml", "mat"]),
    help="By the suffix of --output if absent, else sbml.",
)
@strain_options
@click.option("--output", type=click.Path(dir_okay=False), help="NAME.xml, .json, .yml or .mat by default.")
def export(
    model: str, kind: str | None, without: tuple[str, ...], changes: tuple[str, ...], output: str | None
) -> None:
    """Write MODEL, a name, file or digest, as a file that other programs read.

    The file is read again; what does not come back as it was is listed.
    """
    result = _call("export_model", model, kind or _format_by_suffix(output), without, changes, output)
    for _, identifier, field, before, after in result.differences[:_MAX_SHOWN]:
        change = f"{field} of {identifier}: {before} -> {after}"
        echo(f"changed in the file: {change}", fg="yellow", err=True)
    if len(result.differences) > _MAX_SHOWN:
        echo(f"{len(result.differences)} differences in all", fg="yellow", err=True)


_FORMATS = {".xml": "sbml", ".sbml": "sbml", ".json": "json", ".yml": "yaml", ".yaml": "yaml", ".mat": "mat"}


def _format_by_suffix(output: str | None) -> str:
    """The format that the name of a file says, packed or not; SBML without a name.

    Raises:
        FluxError: `BAD_ARGUMENT` for a name that says none: no program would know what the file is.
    """
    if output is None:
        return "sbml"
    suffix = Path(output.lower().removesuffix(".gz")).suffix
    if suffix not in _FORMATS:
        message = f"the name '{output}' does not say in which format the model is to be written"
        hints = (f"end it with one of {', '.join(_FORMATS)}", "or name the format with --format")
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=hints)
    return _FORMATS[suffix]


@click.command(
    epilog=examples(
        "fluxagents models fluxes e_coli_core --format escher",
        "fluxagents models fluxes e_coli_core --change EX_o2_e=0 --format csv --output anaerobic.csv",
    )
)
@click.argument("model")
@click.option("--format", "kind", type=click.Choice(["escher", "csv"]), default="escher", show_default=True)
@strain_options
@click.option("--output", type=click.Path(dir_okay=False), help="NAME_fluxes.json or .csv by default.")
def fluxes(
    model: str, kind: str, without: tuple[str, ...], changes: tuple[str, ...], output: str | None
) -> None:
    """Write the fluxes of MODEL at its best growth (pFBA), for a map of Escher or as a table."""
    _call("export_fluxes", model, kind, without, changes, output)


_MAX_SHOWN = 10


def _call(
    name: str, model: str, kind: str, without: tuple[str, ...], changes: tuple[str, ...], output: str | None
) -> Any:
    settings = Settings.load()
    store = ModelFiles(settings.artifact_url, hosts=settings.model_hosts)
    ref = store.resolve(model)
    tool = tool_named(name)
    conditions = {"knock_outs": without, "medium_changes": parse_pairs(changes) or None}
    result: Any = tool.run(store.load(ref), tool.parse({"format": kind, **conditions}))
    if not result.files():
        message = f"there are no fluxes to write: '{model}' under these conditions is {result.status}"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message)
    for file in result.files():
        path = output or file.name
        write_data(file.content, path)
        echo(path)
    return result
