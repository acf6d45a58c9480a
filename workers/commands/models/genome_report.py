"""`fluxagents genomes report`: the draft of a run on one page."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, ToolSucceeded
from fluxagents.tasks.fba.genomes.draft_model import BUILD, ModelDraft
from fluxagents.tasks.fba.genomes.reference_set import find_reference
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.composition import build_sources


@click.command(epilog=examples("fluxagents genomes report 01JB… -o draft.html"))
@click.argument("run_id", metavar="RUN")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The page to write (.html).",
)
@json_option
def report(run_id: str, output: Path, as_json: bool) -> None:
    """Write the draft of RUN as a page: evidence, growth, essential genes, auxotrophies, pathways, scores.

    RUN may still wait for its approval: the page is what to read before it.
    """
    if output.suffix.lower() != ".html":
        raise click.UsageError(f"end the name of the file with .html, not '{output.suffix}'")
    client = CommandClient()
    sources = build_sources(client.settings)
    manifest = sources.artifacts.manifest(_find_build(run_id, client.store.events(run_id)))
    universe = manifest.provenance.model_digest
    assert universe is not None
    (file,) = manifest.files.values()
    draft = ModelDraft.model_validate_json(sources.artifacts.get(file.digest))
    # cobra and matplotlib take seconds to import.
    reports = import_module("fluxagents.workers.reports.draft.draft_report")
    pages = import_module("fluxagents.workers.reports.draft.draft_page")
    with notice_when_slow("the draft is analysed, which takes a minute or more …"):
        media = tuple(sources.media.medium(name) for name in sources.media.names())
        universal = sources.models.load(ModelRef(digest=universe, name=universe))
        data = pages.write_draft_page(
            reports.analyze_draft(universal, draft, media, find_reference()), f"Draft of run {run_id}"
        )
    output.write_bytes(data)
    if as_json:
        print_json({"file": str(output), "run": run_id, "draft": file.digest, "bytes": len(data)})
    else:
        echo(f"{output}: draft of run {run_id}, {len(data)} bytes")


def _find_build(run_id: str, events: Iterable[Event]) -> str:
    """The result of the last draft of a run; a run that was rolled back to the step has more than one."""
    built = [
        event.artifact
        for event in events
        if isinstance(event, ToolSucceeded) and event.call.tool == BUILD and event.artifact
    ]
    if not built:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"run {run_id} has made no draft of a model",
            suggestions=("`fluxagents runs list` shows the runs of model_from_genome",
                         f"`fluxagents runs watch {run_id}` waits for it"),
        )  # fmt: skip
    return built[-1]
