"""`fluxagents models`: the models that runs can name."""

from __future__ import annotations

import click

from fluxagents.tasks.ports.models import SHIPPED
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import print_json, print_table
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings


@click.group(
    epilog=examples(
        "fluxagents models add my_model.xml.gz --name my_model",
        "fluxagents models list",
        "fluxagents models show my_model",
    )
)
def models() -> None:
    """List, add and inspect metabolic models."""


def _store() -> ModelFiles:
    return ModelFiles(Settings.load().artifact_url)


@models.command("list", epilog=examples("fluxagents models list --json"))
@json_option
def list_models(as_json: bool) -> None:
    """List the stored models and those that come with cobra."""
    stored = _store().list()
    if as_json:
        print_json(
            {"stored": [record.model_dump(mode="json") for record in stored], "shipped": sorted(SHIPPED)}
        )
        return
    print_table(
        ("name", "digest", "format", "bytes", "made from"),
        [
            (
                record.name,
                record.digest[:19],
                record.format.value,
                record.size_bytes,
                (record.parent or "")[:19],
            )
            for record in stored
        ],
        empty="no stored models",
    )
    click.echo(f"shipped with cobra: {', '.join(sorted(SHIPPED))}")


@models.command(epilog=examples("fluxagents models add my_model.xml.gz --name my_model"))
@click.argument("file", type=click.Path())
@click.option("--name", help="Under which runs find it; the file's stem by default.")
@json_option
def add(file: str, name: str | None, as_json: bool) -> None:
    """Store FILE, a path or URL (SBML, JSON, YAML or MAT), under the digest of its content."""
    record = _store().add(file, name)
    if as_json:
        print_json(record.model_dump(mode="json"))
    else:
        click.echo(f"{record.name}  {record.digest}  {record.size_bytes} bytes")


@models.command(epilog=examples("fluxagents models show e_coli_core"))
@click.argument("model")
@json_option
def show(model: str, as_json: bool) -> None:
    """Show what is in MODEL, a name, file or digest."""
    store = _store()
    ref = store.resolve(model)
    tool = tool_named("analyze_metabolic_model")
    analysis = tool.run(store.load(ref), tool.parse({})).summary()
    record = store.show(ref)
    if as_json:
        print_json({**record.model_dump(mode="json"), "analysis": analysis})
        return
    click.echo(f"{record.name}  {record.digest}")
    if record.parent:
        click.echo(f"made from {record.parent} by {record.change.tool if record.change else 'hand'}")
    for warning in record.warnings:
        click.secho(f"warning: {warning.message}", fg="yellow")
    print_table(("what", "value"), [(key, value) for key, value in analysis.items()])


@models.command(
    epilog=examples(
        "fluxagents models export e_coli_core --format mat",
        "fluxagents models export iJO1366+1a2b3c4d --format sbml --output changed.xml.gz",
    )
)
@click.argument("model")
@click.option(
    "--format", "kind", type=click.Choice(["sbml", "json", "yaml", "mat"]), default="sbml", show_default=True
)
@click.option("--output", type=click.Path(dir_okay=False), help="NAME.xml, .json, .yml or .mat by default.")
def export(model: str, kind: str, output: str | None) -> None:
    """Write MODEL, a name, file or digest, as a file that other programs read."""
    # cobra takes seconds to import; of these commands only this one writes models.
    from fluxagents.workers.models import model_export  # noqa: PLC0415

    store = _store()
    ref = store.resolve(model)
    path = output or f"{ref.name}{model_export.SUFFIXES[kind]}"
    model_export.write(store.load(ref), kind, path)
    click.echo(path)


@models.command(epilog=examples("fluxagents models lineage iJO1366+1a2b3c4d"))
@click.argument("model")
@json_option
def lineage(model: str, as_json: bool) -> None:
    """Show what MODEL was made from, step by step, the oldest last."""
    store = _store()
    records = [store.show(store.resolve(model))]
    while records[-1].parent:
        records.append(store.show(store.resolve(records[-1].parent)))
    if as_json:
        print_json([record.model_dump(mode="json") for record in records])
        return
    print_table(
        ("name", "digest", "made by", "with"),
        [
            (
                record.name,
                record.digest[:19],
                record.change.tool if record.change else "",
                record.change.args if record.change else "",
            )
            for record in records
        ],
        empty="no such model",
    )
