"""An artifact as a script holds it: the full data of a result."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.ports.artifacts import Manifest, ResultReader
from fluxagents.tasks.ports.models import ModelLoader
from fluxagents.workers.reports.html.result_card import draw_result
from fluxagents.workers.reports.notebook_view import NotebookView
from fluxagents.workers.reports.plain_cards import write_result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class Artifact(NotebookView):
    """The full data of one result of a tool; read when asked for, and the same for ever.

    Args:
        store: Where artifacts are kept.
        models: Where models live; some plots group reactions by subsystem.
        digest: Of the result.
    """

    def __init__(self, store: ResultReader, models: ModelLoader, digest: str) -> None:
        self._store = store
        self._models = models
        self.digest = digest

    def __repr__(self) -> str:
        return f"Artifact({self.digest!r})"

    def _repr_html_(self) -> str:
        return draw_result(self.digest, self.manifest)

    def _repr_text_(self) -> str:
        return write_result(self.digest, self.manifest)

    @cached_property
    def manifest(self) -> Manifest:
        """The result with its tables and where it comes from.

        Raises:
            FluxError: If it is not stored, or is no result of a tool.
        """
        return self._store.manifest(self.digest)

    @property
    def tool(self) -> str:
        """The tool that computed it."""
        return self.manifest.provenance.tool

    @property
    def result(self) -> dict[str, JsonValue]:
        """The result without its tables; units are in the names."""
        return self.manifest.result

    @property
    def table_names(self) -> tuple[str, ...]:
        """The names of its tables, the main one first."""
        return tuple(self.manifest.tables)

    def table(self, name: str | None = None) -> pd.DataFrame:
        """One of its tables; units are in the names of the columns.

        Args:
            name: One of `table_names`; may be left out where there is only one.

        Raises:
            FluxError: If it has no such table, or several and none is named.
        """
        tables = self.manifest.tables
        known = f"tables: {', '.join(tables) or 'none'}"
        if name is None:
            if len(tables) != 1:
                raise FluxError(
                    ErrorClass.BAD_ARGUMENT,
                    f"this result of '{self.tool}' has {len(tables)} tables",
                    suggestions=(f"name one of them; {known}",),
                )
            name = next(iter(tables))
        if name not in tables:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"this result of '{self.tool}' has no table '{name}'",
                suggestions=(*nearest(name, tables), known),
            )
        return self._store.table(tables[name].digest)

    def plot(self, table: str | None = None) -> Figure:
        """A figure of the result, which a notebook shows and whose axes can be changed.

        Args:
            table: Which table to draw, where a tool has a plot for each: `reactions` of an
                `analyze_essentiality` of genes and reactions. The main one if None.

        Raises:
            FluxError: If results of this tool have no plot, or there is nothing to plot.
        """
        # A script that draws nothing does not wait for matplotlib.
        reports = import_module("fluxagents.workers.reports.result_figure")
        figure: Figure = reports.draw_result(self._store, self._models, self.digest, table)
        return figure
