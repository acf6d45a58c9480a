"""The plots of `fluxagents artifacts plot`: of one result, or of the runs of a session."""

from __future__ import annotations

from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.batches.batch_tables import medium_key, summary_rows
from fluxagents.scheduler.batches.batches import session_states
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.reports.medium_labels import medium_labels
from fluxagents.workers.reports.plot_figure import IMAGE_FORMATS, Caption, ImageFormat
from fluxagents.workers.reports.plots import growth_by_condition
from fluxagents.workers.reports.result_figure import draw_result
from fluxagents.workers.settings import Settings


def image_format(path: Path | None) -> ImageFormat:
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


def plot_result(
    store: ArtifactFiles, digest: str, kind: ImageFormat, table: str | None = None
) -> tuple[str, bytes]:
    models = ModelFiles(Settings.load().artifact_url)
    return store.manifest(digest).provenance.tool, draw_result(store, models, digest, table).encode(kind)


def plot_session(session: str, kind: ImageFormat) -> bytes:
    states = session_states(CommandClient().store, session).values()
    if not states:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there are no runs of session '{session}'")
    media = [medium_key(state.inputs.get("medium")) for state in states]
    labels = medium_labels(media) if len(set(media)) > 1 else media
    rows = summary_rows(states, dict(zip(media, labels, strict=True)))
    columns = [
        [row.model for row in rows],
        [row.condition for row in rows],
        [row.question for row in rows],
    ]
    # What all runs have in common stands above the plot, what differs beside its bar.
    same = [column[0] for column in columns if len(set(column)) == 1 and column[0]]
    differ = [column for column in columns if len(set(column)) > 1]
    beside = ["; ".join(parts) for parts in zip(*differ, strict=True)]
    caption = Caption(
        title=f"Growth over {len(states)} runs",
        conditions="; ".join([f"session {session}", *same])[:115],
        source=f"session {session}",
    )
    return growth_by_condition(
        beside or [row.run_id for row in rows],
        [row.growth_per_h for row in rows],
        [row.status for row in rows],
        caption,
    ).encode(kind)
