"""`fluxagents frog`: reference results of a model that others can reproduce."""

from __future__ import annotations

import click

from fluxagents.workers.commands.artifacts.address import output_path
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.files.table_file import write_bytes
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples(
        "fluxagents frog iJO1366 -o iJO1366.omex",
        "fluxagents frog my_model.xml -o frog.zip --curator 'Ada Lovelace' --json",
    )
)
@click.argument("model")
@click.option(
    "--output", "-o", required=True, metavar="FILE", help="The archive: .omex or .zip, the same inside."
)
@click.option(
    "--curator", "curators", multiple=True, metavar="NAME", help="Who answers for it; may be repeated."
)
@json_option
def frog(model: str, output: str, curators: tuple[str, ...], as_json: bool) -> None:
    """Write a FROG bundle of MODEL: objective, flux ranges, gene and reaction deletions, and the model.

    The tables and the COMBINE archive are those of FROG version 1. Flux ranges are at the optimum itself
    (fraction 1), as FROG asks; they are ill-conditioned there, so compare them with a tolerance.
    """
    # cobra, libSBML and the tools take seconds to import; the help of the command needs none of them.
    from fluxagents.workers.commands.models.frog_bundle import build_bundle  # noqa: PLC0415

    path = output_path(output)
    if path is None:
        raise click.UsageError("name a file with --output")
    settings = Settings.load()
    store = ModelFiles(settings.artifact_url, hosts=settings.model_hosts)
    ref = store.resolve(model)
    report, data = build_bundle(store, ref, curators, lambda what: echo(f"{ref.name}: {what}", err=True))
    write_bytes(path, data)
    counts = {name: len(rows) for name, rows in report.tables().items()}
    (objective,) = report.objective
    if as_json:
        print_json(
            {
                "model": ref.name,
                "model_digest": ref.digest,
                "status": objective["status"],
                "objective_value": objective["value"],
                "rows": counts,
                "file": str(path),
                "bytes": len(data),
            }
        )
        return
    print_table(("table", "rows"), list(counts.items()))
    echo(f"{path}: {len(data)} bytes; {objective['status']}, objective {objective['value']}")
