"""The plot of a stored result."""

from __future__ import annotations

from fluxagents.tasks.fba.solving.subsystems import find_main_subsystem
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.workers.reports.plot_figure import PlotFigure
from fluxagents.workers.reports.plots import NEEDS_SUBSYSTEMS, Plottable, draw_plot


def draw_result(store: ArtifactStore, models: ModelStore, digest: str) -> PlotFigure:
    """The plot of a result, drawn from its stored tables; the model is read where a plot asks for it.

    Raises:
        FluxError: If it is not stored, or has no plot.
    """
    manifest = store.manifest(digest)
    provenance = manifest.provenance
    subsystems: dict[str, str] = {}
    if provenance.tool in NEEDS_SUBSYSTEMS and provenance.model_digest is not None:
        model = models.load(ModelRef(digest=provenance.model_digest, name=provenance.model_digest))
        subsystems = {reaction.id: find_main_subsystem(reaction) for reaction in model.reactions}
    tables = {name: store.table(ref.digest) for name, ref in manifest.tables.items()}
    return draw_plot(Plottable(digest, manifest, tables, subsystems))
