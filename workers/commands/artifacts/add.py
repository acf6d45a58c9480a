"""`fluxagents artifacts add`: store a table of your own, for tools that read one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pandas as pd

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.tasks.ports.artifacts import ArtifactRef
from fluxagents.workers.commands.artifacts.address import artifact_store
from fluxagents.workers.commands.command_client import record_file_act
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples(
        "fluxagents artifacts add keio.tsv",
        "fluxagents tools call analyze_essentiality --model iJO1366 --arg observed_table=3f9a11c02b7e",
    )
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def add(file: Path, as_json: bool) -> None:
    """Store the table FILE (csv, tsv, xlsx, parquet) and print the digest that tools take."""
    ref = store_table(file)
    if as_json:
        print_json(
            {"digest": ref.digest, "rows": ref.rows, "columns": list(ref.columns), "bytes": ref.size_bytes}
        )
    else:
        echo(ref.digest)


def store_table(file: Path) -> ArtifactRef:
    """Store a table of the user's, and record that they did."""
    table = _read(file)
    record_file_act(Settings.load(), Action.ARTIFACT_ADD, Resource(kind="artifact", id=file.name))
    return artifact_store().put_table(table, tool="")


def _read(file: Path) -> pd.DataFrame:
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": pd.read_csv,
        ".tsv": lambda path: pd.read_csv(path, sep="\t"),
        ".xlsx": pd.read_excel,
        ".parquet": pd.read_parquet,
    }
    reader = readers.get(file.suffix.casefold())
    if reader is None:
        message = f"table '{file}' has no known suffix"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, message, suggestions=(f"end its name with {', '.join(readers)}",)
        )
    try:
        table = reader(file)
    except (ValueError, OSError) as error:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"table '{file}' cannot be read: {error}") from error
    return table.rename(columns=str)
