"""`fluxagents frog`: reference results of a model that others can reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fluxagents.workers.commands.artifacts.address import output_path
from fluxagents.workers.commands.display.output import examples, json_option, print_json, print_table

if TYPE_CHECKING:
    from cobra import Model

    from fluxagents.tasks.ports.models import ModelRef
    from fluxagents.workers.models.model_store import ModelFiles


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
    from fluxagents.workers.files.table_file import write_bytes
    from fluxagents.workers.models.model_store import ModelFiles
    from fluxagents.workers.models.parser_process import decode_id
    from fluxagents.workers.reports.frog_archive import Curator, frog_archive, location_of, sbml_names
    from fluxagents.workers.reports.frog_report import frog_report
    from fluxagents.workers.settings import Settings

    path = output_path(output)
    if path is None:
        raise click.UsageError("name a file with --output")
    store = ModelFiles(Settings.load().artifact_url)
    ref = store.resolve(model)
    loaded = store.load(ref)
    sbml = _sbml(store, ref, loaded)
    names = sbml_names(sbml, location_of(loaded.id or ref.name), decode_id)
    report = frog_report(loaded, names, lambda what: click.echo(f"{ref.name}: {what}", err=True))
    people = [
        Curator(given_name=name.rpartition(" ")[0], family_name=name.rpartition(" ")[2]) for name in curators
    ]
    data = frog_archive(report, sbml, names, people)
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
    click.echo(f"{path}: {len(data)} bytes; {objective['status']}, objective {objective['value']}")


def _sbml(store: ModelFiles, ref: ModelRef, model: Model) -> bytes:
    """The model's own SBML file, or one written from it if it came in another format."""
    import tempfile

    from cobra.io import write_sbml_model

    from fluxagents.tasks.ports.models import ModelFormat
    from fluxagents.workers.models.parser_process import decompress
    from fluxagents.workers.models.parsing import ParsingLimits

    record, original = store.show(ref), store.original(ref)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xml"
        if record.format is ModelFormat.SBML and original is not None:
            path.write_bytes(original)
            return decompress(path, record.suffix, ParsingLimits().expanded_bytes)
        write_sbml_model(model, str(path))
        return path.read_bytes()
