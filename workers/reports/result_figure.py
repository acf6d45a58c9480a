"""The plot of a stored result."""

from __future__ import annotations

from fluxagents.tasks.fba.fluxes.subsystems import find_main_subsystem
from fluxagents.tasks.ports.artifacts import ResultReader
from fluxagents.tasks.ports.models import ModelLoader, ModelRef
from fluxagents.workers.reports.plot_figure import PlotFigure
from fluxagents.workers.reports.plots import NEEDS_MODEL, Plottable, draw_plot


def draw_result(
    store: ResultReader, models: ModelLoader | None, digest: str, table: str | None = None
) -> PlotFigure:
    """The plot of a result, drawn from its stored tables; the model is read where a plot asks for it.

    Args:
        store: Where the result is.
        models: Where its model is; without them a plot groups nothing by subsystem, and needs no cobra.
        digest: Of the result.
        table: Which table to draw, where a tool has a plot for each; the main one if None.

    Raises:
        FluxError: If it is not stored, or has no plot.
    """
    manifest = store.manifest(digest)
    provenance = manifest.provenance
    subsystems: dict[str, str] = {}
    gene_names: dict[str, str] = {}
    if models is not None and provenance.tool in NEEDS_MODEL and provenance.model_digest is not None:
        model = models.load(ModelRef(digest=provenance.model_digest, name=provenance.model_digest))
        subsystems = {reaction.id: find_main_subsystem(reaction) for reaction in model.reactions}
        gene_names = {gene.id: gene.name or "" for gene in model.genes}
    tables = {name: store.table(ref.digest) for name, ref in manifest.tables.items()}
    return draw_plot(Plottable(digest, manifest, tables, subsystems, gene_names, table or ""))
