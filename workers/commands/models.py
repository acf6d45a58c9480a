"""`fluxagents models`: the models that runs can name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fluxagents.workers.commands.output import examples, json_option, print_json, print_table

if TYPE_CHECKING:
    from fluxagents.workers.model_files import ModelFiles


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
    from fluxagents.workers.model_files import ModelFiles
    from fluxagents.workers.settings import Settings

    return ModelFiles(Settings.load().artifact_url)


@models.command("list", epilog=examples("fluxagents models list --json"))
@json_option
def list_models(as_json: bool) -> None:
    """List the stored models and those that come with cobra."""
    from fluxagents.tasks.models import SHIPPED

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
    """Store FILE (SBML, JSON, YAML or MAT) under the digest of its content."""
    from pathlib import Path

    record = _store().add(Path(file), name)
    if as_json:
        print_json(record.model_dump(mode="json"))
    else:
        click.echo(f"{record.name}  {record.digest}  {record.size_bytes} bytes")


@models.command(epilog=examples("fluxagents models show e_coli_core"))
@click.argument("model")
@json_option
def show(model: str, as_json: bool) -> None:
    """Show what is in MODEL, a name, file or digest."""
    from fluxagents.tasks.fba.registry import tool_named, validated

    store = _store()
    ref = store.resolve(model)
    tool = tool_named("analyze_metabolic_model")
    found = tool.run(store.load(ref), validated(tool, {})).summary()
    record = store.show(ref)
    if as_json:
        print_json({**record.model_dump(mode="json"), "analysis": found})
        return
    click.echo(f"{record.name}  {record.digest}")
    if record.parent:
        click.echo(f"made from {record.parent} by {record.change.tool if record.change else 'hand'}")
    for warning in record.warnings:
        click.secho(f"warning: {warning}", fg="yellow")
    print_table(("what", "value"), [(key, value) for key, value in found.items()])
