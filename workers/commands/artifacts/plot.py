"""`fluxagents artifacts plot`: a result as a picture, which is an artifact too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fluxagents.workers.commands.artifacts.address import addressed, artifact_store, digest_of, output_path
from fluxagents.workers.commands.display.output import examples, json_option, print_json

if TYPE_CHECKING:
    from fluxagents.workers.files.artifact_store import ArtifactFiles
    from fluxagents.workers.reports.plot_figure import ImageFormat


@click.command(
    epilog=examples(
        "fluxagents artifacts plot 3f9a11c02b7e -o envelope.svg",
        "fluxagents artifacts plot --run 01JB… --step 4 -o ranges.png",
        "fluxagents artifacts plot --session nightly -o growth.svg",
    )
)
@addressed
@click.option("--session", help="Instead of ID: growth over the runs of a batch.")
@click.option("--output", "-o", metavar="FILE", help="A .svg or .png file; the plot is stored in any case.")
@json_option
def plot(
    artifact: str | None,
    run_id: str | None,
    step: int | None,
    session: str | None,
    output: str | None,
    as_json: bool,
) -> None:
    """Plot a result: an envelope, flux ranges, essentiality by subsystem, or growth over media.

    The plot is stored as an artifact. Its metadata name the result that it shows.
    """
    from fluxagents.workers.files.table_file import write_bytes

    store = artifact_store()
    path = output_path(output)
    kind = _kind(path)
    if session is not None:
        if artifact is not None or run_id is not None:
            raise click.UsageError("name either an artifact or a --session")
        source, tool, data = f"session {session}", "batch", _of_session(session, kind)
    else:
        source = digest_of(store, artifact, run_id, step)
        tool, data = _of_result(store, source, kind)
    media_type: Any = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    stored = store.put_image(data, media_type, tool=tool)
    if path is not None:
        write_bytes(path, data)
    if as_json:
        shown = {
            "plot": stored.digest,
            "of": source,
            "tool": tool,
            "format": kind,
            "bytes": stored.size_bytes,
        }
        print_json({**shown, "file": str(path) if path else None})
        return
    if path is not None:
        click.echo(f"{path}: {len(data)} bytes")
    click.echo(f"plot {stored.digest} of {source}")


def _kind(path: Path | None) -> ImageFormat:
    from fluxagents.flows.errors import ErrorClass, FluxError
    from fluxagents.workers.reports.plot_figure import IMAGE_FORMATS

    if path is None:
        return "svg"
    suffix = path.suffix.removeprefix(".").lower()
    for kind in IMAGE_FORMATS:
        if suffix == kind:
            return kind
    raise FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"plot '{path}' has no known suffix",
        suggestions=("end it with .svg or .png",),
    )


def _of_result(store: ArtifactFiles, digest: str, kind: ImageFormat) -> tuple[str, bytes]:
    from fluxagents.workers.reports.plots import NEEDS_SUBSYSTEMS, Plottable, plotted

    manifest = store.manifest(digest)
    made = manifest.provenance
    subsystems: dict[str, str] = {}
    if made.tool in NEEDS_SUBSYSTEMS and made.model_digest is not None:
        subsystems = _subsystems(made.model_digest)
    tables = {name: store.table(ref.digest) for name, ref in manifest.tables.items()}
    return made.tool, plotted(Plottable(digest, manifest, tables, subsystems), kind)


def _subsystems(model_digest: str) -> dict[str, str]:
    from fluxagents.tasks.ports.models import ModelRef
    from fluxagents.workers.models.model_store import ModelFiles
    from fluxagents.workers.settings import Settings

    model = ModelFiles(Settings.load().artifact_url).load(ModelRef(digest=model_digest, name=model_digest))
    return {reaction.id: reaction.subsystem or "" for reaction in model.reactions}


def _of_session(session: str, kind: ImageFormat) -> bytes:
    from fluxagents.flows.errors import ErrorClass, FluxError
    from fluxagents.scheduler.batches.batch_tables import summary_rows
    from fluxagents.scheduler.batches.batches import session_states
    from fluxagents.workers.client import Client
    from fluxagents.workers.reports.plot_figure import Caption
    from fluxagents.workers.reports.plots import growth_by_condition, medium_labels

    rows = summary_rows(session_states(Client().store, session).values())
    if not rows:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there are no runs of session '{session}'")
    media = [row.medium for row in rows]
    columns = [
        [row.model for row in rows],
        medium_labels(media) if len(set(media)) > 1 else media,
        [row.question for row in rows],
    ]
    # What all runs have in common stands above the plot, what differs beside its bar.
    same = [column[0] for column in columns if len(set(column)) == 1 and column[0]]
    differ = [column for column in columns if len(set(column)) > 1]
    labels = ["; ".join(parts) for parts in zip(*differ, strict=True)]
    caption = Caption(
        title=f"Growth over {len(rows)} runs",
        conditions="; ".join([f"session {session}", *same])[:115],
        source=f"session {session}",
    )
    return growth_by_condition(
        labels or [row.run_id for row in rows],
        [row.growth_per_h for row in rows],
        [row.status for row in rows],
        caption,
        kind,
    )
