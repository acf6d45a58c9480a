"""The plots of `fluxagents artifacts plot`: of one result, or of the runs of a session."""

from __future__ import annotations

import json
from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.batches.batches import session_states
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.reports.maps.escher_page import draw_page, list_states
from fluxagents.workers.reports.maps.flux_map_plot import name_state
from fluxagents.workers.reports.plot_figure import IMAGE_FORMATS, Caption, ImageFormat
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
    manifest = store.manifest(digest)
    tool, args = manifest.provenance.tool, manifest.provenance.args
    if tool != "draw_flux_map" or not manifest.files:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"only a flux map can be a page, not a result of '{tool}'",
            suggestions=("end the name with .svg or .png",),
        )
    (file,) = manifest.files.values()
    compared = args.get("compared_with")
    titles = name_state(args), name_state(compared) if isinstance(compared, dict) else ""
    reactions = store.table(manifest.tables["reactions"].digest)
    caption = Caption(
        title=f"Fluxes: {manifest.result['map']}",
        conditions=f"model {manifest.provenance.model_id}",
        source=f"result {digest}",
    )
    content = json.loads(store.get(file.digest))
    return draw_page(content, list_states(reactions, titles), caption).encode()


def plot_session(session: str, kind: ImageFormat) -> bytes:
    states = session_states(CommandClient().store, session).values()
    if not states:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there are no runs of session '{session}'")
    return draw_session(session, list(states)).encode(kind)
