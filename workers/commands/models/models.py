"""`fluxagents models`: the models that runs can name."""

from __future__ import annotations

import click
from pydantic import JsonValue

from fluxagents.flows.errors import FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.tasks.ports.models import SHIPPED, ModelRecord
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.commands.command_client import record_file_act
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json, print_table
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.display.warning_lines import print_model_warnings
from fluxagents.workers.commands.models.exports import export, fluxes
from fluxagents.workers.commands.models.flux_map import flux_map
from fluxagents.workers.commands.models.inspect import inspect
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings

NOT_STORED = 2
"""Exit status if a file of several is no model, as for a single one."""


@click.group(
    epilog=examples(
        "fluxagents models add my_model.xml.gz --name my_model",
        "fluxagents models list",
        "fluxagents models inspect my_model",
    )
)
def models() -> None:
    """List, add and inspect metabolic models."""


models.add_command(export)
models.add_command(fluxes)
models.add_command(flux_map)
models.add_command(inspect)


def _store() -> ModelFiles:
    settings = Settings.load()
    return ModelFiles(settings.artifact_url, hosts=settings.model_hosts)


@models.command("list", epilog=examples("fluxagents models list --json"))
@json_option
def list_models(as_json: bool) -> None:
    """List the stored models and those that come with cobra."""
    store = _store()
    stored = store.list()
    if as_json:
        print_json(
            {"stored": [record.model_dump(mode="json") for record in stored], "shipped": sorted(SHIPPED)}
        )
        return
    print_table(
        ("name", "digest", "format", "bytes", "warnings", "made from"),
        [
            (
                record.name,
                record.digest[:19],
                record.format.value,
                record.size_bytes,
                len(record.warnings) if store.is_read(record.ref) else "unread",
                (record.parent or "")[:19],
            )
            for record in stored
        ],
        empty="no stored models",
    )
    echo(f"shipped with cobra: {', '.join(sorted(SHIPPED))}")


@models.command(
    epilog=examples(
        "fluxagents models add my_model.xml.gz --name my_model",
        "fluxagents models add models/*.xml",
        "fluxagents models add half_done.json --unchecked",
    )
)
@click.argument("files", type=click.Path(), nargs=-1, required=True, metavar="FILE...")
@click.option("--name", help="Under which runs find it; the file's stem by default.")
@click.option("--unchecked", is_flag=True, help="Store it unread; a fault then shows at first use.")
@json_option
def add(files: tuple[str, ...], name: str | None, unchecked: bool, as_json: bool) -> int:
    """Read each FILE, a path or URL (SBML, JSON, YAML or MAT), and store it under the digest of its content.

    A file that is no model is not stored. Exit status: 0 all are stored, 2 some are not.
    """
    if len(files) == 1:
        record = _add(files[0], name, unchecked=unchecked)
        if as_json:
            print_json(record.model_dump(mode="json"))
        else:
            _print_added(record, unchecked=unchecked)
        return 0
    if name is not None:
        raise click.UsageError(f"--name names one model, and there are {len(files)} files")
    return _add_several(files, unchecked=unchecked, as_json=as_json)


def _add_several(files: tuple[str, ...], *, unchecked: bool, as_json: bool) -> int:
    """Add what can be read, with a line for each file."""
    rows: list[dict[str, JsonValue]] = []
    for file in files:
        try:
            record = _add(file, None, unchecked=unchecked)
        except FluxError as error:
            rows.append({"file": file, "error": error.message, "suggestions": list(error.suggestions)})
            echo(f"error: {error.message}", fg="red", err=True)
        else:
            rows.append({"file": file, **record.model_dump(mode="json")})
            if not as_json:
                _print_added(record, unchecked=unchecked)
    refused = sum("error" in row for row in rows)
    if as_json:
        print_json(rows)
    if refused:
        echo(f"{refused} of {len(files)} files are not stored", err=True)
        echo("  → correct them, or keep them unread with --unchecked", err=True)
    return NOT_STORED if refused else 0


def _add(file: str, name: str | None, *, unchecked: bool) -> ModelRecord:
    on = Resource(kind="model", id=name or hide_secrets(file))
    record_file_act(Settings.load(), Action.MODEL_ADD, on)
    with notice_when_slow(f"reading {hide_secrets(file)} …"):
        return _store().add(file, name, unchecked=unchecked)


def _print_added(record: ModelRecord, *, unchecked: bool) -> None:
    note = "  unread" if unchecked and not record.warnings else ""
    if record.warnings:
        note = f"  {count_text(len(record.warnings), 'warning')}"
    echo(f"{record.name}  {record.digest}  {record.size_bytes} bytes{note}")
    print_model_warnings(record.warnings, indent="  ")


@models.command(epilog=examples("fluxagents models show e_coli_core"))
@click.argument("model")
@json_option
def show(model: str, as_json: bool) -> None:
    """Show what is in MODEL, a name, file or digest."""
    store = _store()
    tool = tool_named("analyze_metabolic_model")
    with notice_when_slow(f"reading {hide_secrets(model)} …"):
        ref = store.resolve(model)
    analysis = tool.run(store.load(ref), tool.parse({})).summary()
    record = store.show(ref)
    if as_json:
        print_json({**record.model_dump(mode="json"), "analysis": analysis})
        return
    echo(f"{record.name}  {record.digest}")
    if record.parent:
        echo(f"made from {record.parent} by {record.change.tool if record.change else 'hand'}")
    print_model_warnings(record.warnings)
    print_table(("what", "value"), [(key, value) for key, value in analysis.items()])


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
