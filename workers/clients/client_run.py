"""A run as a script or a notebook holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.batches.batch_tables import all_findings
from fluxagents.scheduler.runs.run import Run, RunActs
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.frames import frame_findings
from fluxagents.workers.clients.results import Results
from fluxagents.workers.reports.html.run_card import draw_run
from fluxagents.workers.reports.notebook_view import NotebookView
from fluxagents.workers.reports.plain_cards import write_run

if TYPE_CHECKING:
    import pandas as pd


class ClientRun(Run, NotebookView):
    """One run, with its results as tables; every property asks the store."""

    def __init__(self, control: RunActs, run_id: str, results: Results) -> None:
        super().__init__(control, run_id)
        self.results = results

    def _repr_html_(self) -> str:
        return draw_run(self.state)

    def _repr_text_(self) -> str:
        return write_run(self.state)

    def table(self) -> pd.DataFrame:
        """One row per value that a tool found, with its unit; the full data are in `artifacts`."""
        return frame_findings(self.results.runs, [self.state])

    def artifacts(self) -> tuple[Artifact, ...]:
        """The full data of every result, in the order in which tools were called."""
        findings = all_findings(self.events())
        return tuple(
            self.results.artifact(finding.artifact, self.id) for finding in findings if finding.artifact
        )

    def artifact(self, tool: str) -> Artifact:
        """The full data of the last result of a tool.

        Raises:
            FluxError: If this run has none of it.
        """
        findings = [finding for finding in all_findings(self.events()) if finding.artifact]
        for finding in reversed(findings):
            if finding.tool == tool and finding.artifact:
                return self.results.artifact(finding.artifact, self.id)
        tools = ", ".join(dict.fromkeys(finding.tool for finding in findings)) or "none"
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"run {self.id} has no result of '{tool}'",
            suggestions=(f"tools with a result: {tools}",),
        )
