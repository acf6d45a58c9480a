"""The plots of `fluxagents artifacts plot`: of one result, or of the runs of a session."""

from __future__ import annotations

from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.batches.batches import session_states
from fluxagents.scheduler.pages.drawings.flux_map_page import write_map_page
from fluxagents.tasks.fba.maps.stored_map import read_map
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.reports.plot_figure import IMAGE_FORMATS, ImageFormat
from fluxagents.workers.reports.result_figure import draw_result
from fluxagents.workers.reports.session.growth_figure import draw_session
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
        suggestions=("end it with .svg or .png, or .html for a flux map",),
    )


def plot_result(
    store: ArtifactFiles, digest: str, kind: ImageFormat, table: str | None = None
) -> tuple[str, bytes]:
    models = ModelFiles(Settings.load().artifact_url)
    return store.manifest(digest).provenance.tool, draw_result(store, models, digest, table).encode(kind)


def page_of_result(store: ArtifactFiles, digest: str) -> bytes:
    """A flux map as a page.

    Raises:
        FluxError: `BAD_ARGUMENT` for a result that is none.
    """
    return write_map_page(read_map(store, digest), is_file=True).encode()


def plot_session(session: str, kind: ImageFormat) -> bytes:
    states = session_states(CommandClient().store, session).values()
    if not states:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there are no runs of session '{session}'")
    return draw_session(session, list(states)).encode(kind)
