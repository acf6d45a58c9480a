"""`fluxagents artifacts plot`: a result as a picture, which is an artifact too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fluxagents.workers.commands.artifacts.address import (
    address_options,
    artifact_store,
    find_digest,
    output_path,
)
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.files.table_file import write_bytes


@click.command(
    epilog=examples(
        "fluxagents artifacts plot 3f9a11c02b7e -o envelope.svg",
        "fluxagents artifacts plot --run 01JB… --step 4 -o ranges.png",
        "fluxagents artifacts plot --run 01JB… --step 4 --table reactions -o subsystems.svg",
        "fluxagents artifacts plot --session nightly -o growth.svg",
        "fluxagents artifacts plot --run 01JB… --step 3 -o map.html",
    )
)
@address_options
@click.option("--session", help="Instead of ID: growth over the runs of a batch.")
@click.option("--table", help="Which table, where a tool has a plot for each: genes or reactions.")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    help="A .svg or .png file; the plot is stored in any case. Or .html for a flux map: a page to zoom in.",
)
@json_option
def plot(
    artifact: str | None,
    run_id: str | None,
    step: int | None,
    session: str | None,
    table: str | None,
    output: str | None,
    as_json: bool,
) -> None:
    """Plot a result: an envelope, flux ranges, growth without genes, essential reactions, and so on.

    The plot is stored as an artifact. Its metadata name the result that it shows.
    """
    # matplotlib takes half a second to import, and of these commands only this one needs it.
    from fluxagents.workers.commands.artifacts import result_plots  # noqa: PLC0415

    store = artifact_store()
    path = output_path(output)
    if path is not None and path.suffix.lower() == ".html":
        source = find_digest(store, artifact, run_id, step)
        _write_page(result_plots.page_of_result(store, source), source, path, as_json=as_json)
        return
    kind = result_plots.image_format(path)
    if session is not None:
        if artifact is not None or run_id is not None:
            raise click.UsageError("name either an artifact or a --session")
        if table is not None:
            raise click.UsageError("--table goes with a result, not with a --session")
        source, tool, data = f"session {session}", "batch", result_plots.plot_session(session, kind)
    else:
        source = find_digest(store, artifact, run_id, step)
        tool, data = result_plots.plot_result(store, source, kind, table)
    media_type: Any = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    stored = store.put_image(data, media_type, tool=tool)
    if path is not None:
        write_bytes(path, data)
    if as_json:
        document = {
            "plot": stored.digest,
            "of": source,
            "tool": tool,
            "format": kind,
            "bytes": stored.size_bytes,
        }
        print_json({**document, "file": str(path) if path else None})
        return
    if path is not None:
        echo(f"{path}: {len(data)} bytes")
    echo(f"plot {stored.digest} of {source}")


def _write_page(data: bytes, source: str, path: Path, *, as_json: bool) -> None:
    """Write a flux map as a page; it holds a program, so that it is no artifact."""
    write_bytes(path, data)
    if as_json:
        print_json({"of": source, "format": "html", "bytes": len(data), "file": str(path)})
    else:
        echo(f"{path}: {len(data)} bytes")
