"""`fluxagents models inspect`: what a model holds, and a search in it."""

from __future__ import annotations

from typing import cast

import click
from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.models.model_inventory import (
    Inventory,
    Part,
    Row,
    find_entries,
    list_part,
    take_inventory,
)
from fluxagents.tasks.ports.models import ModelRecord
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import (
    count_text,
    echo,
    fold,
    print_json,
    print_table,
    screen_width,
)
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.display.warning_lines import print_model_warnings, print_warning
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings

PARTS = ("reactions", "metabolites", "genes", "exchanges")

MAX_SHOWN = 20
"""Rows of a kind, on a terminal."""

_UNITS = {"lower": "mmol/gDW/h", "upper": "mmol/gDW/h", "uptake": "mmol/gDW/h", "secretion": "mmol/gDW/h"}


@click.command(
    epilog=examples(
        "fluxagents models inspect e_coli_core",
        "fluxagents models inspect e_coli_core --find glutamate",
        "fluxagents models inspect iJO1366 --list genes > genes.txt",
        "fluxagents models inspect my_model.xml.gz --list exchanges --json",
    )
)
@click.argument("model")
@click.option("--list", "part", type=click.Choice(PARTS), help="All entries of this kind.")
@click.option(
    "--find",
    "text",
    metavar="TEXT",
    help="Reactions, metabolites and genes by a part of their id, name, EC number or another database's id.",
)
@json_option
def inspect(model: str, part: str | None, text: str | None, as_json: bool) -> None:
    """Show what MODEL, a name, file or digest, holds: parts, compartments, biomass, medium and warnings.

    Nothing is computed; `models show` adds growth and the structure's faults.
    """
    if part is not None and text is not None:
        raise click.UsageError("give --list or --find, not both")
    settings = Settings.load()
    store = ModelFiles(settings.artifact_url, hosts=settings.model_hosts)
    with notice_when_slow(f"reading {hide_secrets(model)} …"):
        ref = store.resolve(model)
        read = store.load(ref)
    if part is not None:
        _print_rows({cast("Part", part): list_part(read, cast("Part", part))}, as_json=as_json)
    elif text is not None:
        matches = find_entries(read, text)
        if not matches:
            message = f"model '{model}' has no reaction, metabolite or gene with {text!r} in an id or name"
            hint = "a shorter part of the name finds more; --list prints all"
            raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=(hint,))
        _print_rows(matches, as_json=as_json)
    else:
        _print_inventory(store.show(ref), take_inventory(read), as_json=as_json)


def _print_rows(rows_by_part: dict[Part, list[Row]], *, as_json: bool) -> None:
    if as_json:
        print_json(rows_by_part)
        return
    for at, (part, rows) in enumerate(rows_by_part.items()):
        if at:
            echo()
        echo(count_text(len(rows), part.removesuffix("s")), bold=True)
        shown = rows if screen_width() is None else rows[:MAX_SHOWN]
        columns = list(rows[0]) if rows else []
        print_table(
            [f"{name} ({_UNITS[name]})" if name in _UNITS else name for name in columns],
            [[_write(row[name]) for name in columns] for row in shown],
            empty=f"the model has no {part}",
        )
        if len(shown) < len(rows):
            echo(f"… {len(rows) - len(shown):,} more; in a pipe or a file all are written")


def _write(value: JsonValue) -> str:
    if value is None:
        return "no limit"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _print_inventory(record: ModelRecord, held: Inventory, *, as_json: bool) -> None:
    if as_json:
        warnings = [warning.model_dump(mode="json") for warning in record.warnings]
        print_json({"digest": record.digest, **held.model_dump(mode="json"), "warnings": warnings})
        return
    echo(f"{held.id}{f' ({held.name})' if held.name not in {'', held.id} else ''}  {record.digest[:19]}")
    if record.parent:
        echo(f"made from {record.parent} by {record.change.tool if record.change else 'hand'}")
    parts = ((held.reactions, "reaction"), (held.metabolites, "metabolite"), (held.genes, "gene"))
    counts = ", ".join(count_text(number, noun) for number, noun in parts)
    echo(fold(f"{counts}; {count_text(held.exchanges, 'exchange reaction')}"))
    if held.biomass is not None:
        named = f" ({held.biomass_name})" if held.biomass_name not in {"", held.biomass} else ""
        echo(fold(f"biomass: {held.biomass}{named}; objective: {held.objective}"))
    else:
        echo(fold(f"objective: {held.objective}"))
        print_warning(str(held.biomass_problem))
    print_model_warnings(record.warnings)
    echo()
    print_table(
        ("compartment", "name", "metabolites", "reactions"),
        [(one.id, one.name, one.metabolites, one.reactions) for one in held.compartments],
        empty="no compartments",
    )
    echo()
    print_table(
        ("medium", "compound", "largest uptake (mmol/gDW/h)"),
        [[_write(value) for value in row.values()] for row in held.medium],
        empty="no uptake is open",
    )
    echo()
    subsystems = list(held.subsystem_reactions.items())
    shown = subsystems if screen_width() is None else subsystems[:MAX_SHOWN]
    print_table(("subsystem", "reactions"), shown, empty="the file names no subsystems")
    if len(shown) < len(subsystems):
        echo(f"… {len(subsystems) - len(shown):,} more; in a pipe or a file all are written")
