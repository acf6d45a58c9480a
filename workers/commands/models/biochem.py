"""`fluxagents biochem`: names and ids of compounds and reactions, from ModelSEEDDatabase."""

from __future__ import annotations

from pathlib import Path

import click

from fluxagents.tasks.ports.biochem import Kind
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import print_json, print_table
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.files.biochem_file import BiochemFile
from fluxagents.workers.settings import Settings


@click.group(
    epilog=examples(
        "fluxagents biochem import compounds.tsv reactions.tsv",
        "fluxagents biochem status",
        "fluxagents tools call search_biochem --model e_coli_core --arg words=glucose",
    )
)
def biochem() -> None:
    """Import ModelSEED's tables of compounds and reactions, for the tools that translate ids.

    The files are Biochemistry/compounds.tsv and reactions.tsv of
    https://github.com/ModelSEED/ModelSEEDDatabase. Each machine that runs workers imports its own.
    """


def _library() -> BiochemFile:
    return BiochemFile(Settings.load().biochem_file)


@biochem.command("import", epilog=examples("fluxagents biochem import compounds.tsv reactions.tsv"))
@click.argument("compounds", type=click.Path())
@click.argument("reactions", type=click.Path(), required=False)
@json_option
def import_tables(compounds: str, reactions: str | None, as_json: bool) -> None:
    """Import COMPOUNDS and REACTIONS instead of what was imported before: whole, or not at all."""
    files: dict[Kind, Path] = {"compound": Path(compounds)}
    if reactions is not None:
        files["reaction"] = Path(reactions)
    with notice_when_slow("reading the tables …"):
        rows = _library().replace(files)
    _print(rows, as_json=as_json)


@biochem.command(epilog=examples("fluxagents biochem status --json"))
@json_option
def status(as_json: bool) -> None:
    """Show what was imported."""
    _print(_library().status(), as_json=as_json)


def _print(rows: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    print_table(
        ("kind", "entities", "file"),
        [(row["kind"], row["entities"], row["file"]) for row in rows],
        empty="nothing was imported; `fluxagents biochem import --help` says where the files are",
    )
