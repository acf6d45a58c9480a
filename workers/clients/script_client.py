"""What a script or a notebook does with runs beyond starting and controlling them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fluxagents.flows.events import Lane
from fluxagents.flows.ports.notebook import NotebookBook
from fluxagents.flows.ports.presence import Presence
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.scheduler.collaboration.collaboration import Collaboration
from fluxagents.scheduler.collaboration.feedback import Feedback
from fluxagents.scheduler.collaboration.inbox import Inbox
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.scheduler.sessions.notebooks import Notebooks
from fluxagents.scheduler.sessions.session_archive import RunArchive
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.client_run import ClientRun
from fluxagents.workers.clients.completion import RunLike, list_run_ids, look_until_complete
from fluxagents.workers.clients.genomes import Genomes
from fluxagents.workers.clients.results import Results
from fluxagents.workers.clients.run_group import Batch, Session, gather_runs
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from fluxagents.workers.archive.run_bundle import BundleStores
    from fluxagents.workers.chat_models.planner.flow_choice import FlowChoice


class ScriptClient(RunClient, ABC):
    """Starts, awaits and controls runs, and reads their results as tables."""

    results: Results
    """Where results lie; set by the client of each kind."""
    _remedies: RemedyBook
    """What helped against which error; set as `results`."""
    _presence: Presence
    """Who looks at which run; set as `results`."""
    _notebook_book: NotebookBook
    """Where notebooks are kept; set as `results`."""

    def start(
        self,
        flow: str,
        *,
        model: str,
        session: str = "",
        lane: Lane = "interactive",
        run_id: str | None = None,
        stepwise: bool = False,
        **inputs: Any,
    ) -> ClientRun:
        """Start a run and return at once.

        Args:
            flow: The name of a flow, or the path of its YAML file.
            model: A model's name, file or content digest.
            session: Runs that belong together share one; by default the run is its own session.
            lane: `bulk` for work that nobody waits for; it never delays interactive runs.
            run_id: With an id of your own, the same start again starts nothing.
            stepwise: Pause before every command; `ClientRun.resume` lets one go on.
            inputs: The inputs of the flow, `question` for instance.

        Raises:
            FluxError: If the flow, the model or an input is not known or does not fit, or a run that began
                otherwise has the id.
        """
        spec = RunSpec(model=model, inputs=inputs, run_id=run_id)
        return next(self.batch(flow, [spec], session=session, lane=lane, stepwise=stepwise))

    def ask(
        self,
        question: str,
        *,
        model: str,
        session: str = "",
        lane: Lane = "interactive",
        run_id: str | None = None,
        **inputs: Any,
    ) -> ClientRun:
        """Start a run of the flow that answers a question, and return at once.

        The flow is the one of the library whose example questions are like this one, such as `strain_design`
        for "design a strain that overproduces succinate", or else `metabolic_analysis`.

        Args:
            question: What you want to know, in plain language.
            model: A model's name, file or content digest.
            session: Runs that belong together share one; by default the run is its own session.
            lane: `bulk` for work that nobody waits for.
            run_id: With an id of your own, the same start again starts nothing.
            inputs: Further inputs of the flow, such as `medium`; they replace those of the question.

        Raises:
            FluxError: If the model or an input is not known or does not fit.
        """
        # It brings the vocabulary of the planner, which nobody needs who names a flow.
        planner = import_module("fluxagents.workers.chat_models.planner.flow_choice")
        choice: FlowChoice = planner.choose_flow(question)
        return self.start(
            choice.flow,
            model=model,
            session=session,
            lane=lane,
            run_id=run_id,
            **{**choice.inputs, **inputs},
        )

    def batch(
        self,
        flow: str,
        specs: Iterable[RunSpec],
        *,
        session: str = "",
        lane: Lane = "bulk",
        stepwise: bool = False,
    ) -> Batch:
        """Start many runs of one flow while the batch is iterated; each model is looked up once.

        Raises:
            FluxError: As `start`, while it is iterated; runs before the one that does not fit have been
                started then.
        """
        started = self.starter.start_many(flow, specs, session=session, lane=lane, stepwise=stepwise)
        return Batch(self.control, self.results, started)

    def get(self, run_id: str) -> ClientRun:
        """The run of this id.

        Raises:
            FluxError: If there is no such run.
        """
        self.store.load(run_id)
        return self.hold(run_id)

    @property
    def feedback(self) -> Feedback:
        """Rates and corrects answers and decisions."""
        return Feedback(self, self._remedies)

    @property
    def collaboration(self) -> Collaboration:
        """Comments on runs, watches them, and claims, releases and assigns requests."""
        return Collaboration(self, self._presence)

    @property
    def inbox(self) -> Inbox:
        """What waits for you."""
        return Inbox(self)

    @property
    def sessions(self) -> Sessions:
        """Makes sessions, lists, limits, shares, archives and forks them."""
        return Sessions(self, self._open_archive)

    @property
    def notebooks(self) -> Notebooks:
        """Writes notebooks of sessions, puts them in order and shares them."""
        return Notebooks(self, self._notebook_book)

    @property
    def genomes(self) -> Genomes:
        """Stores genomes, so that runs can name them."""
        return Genomes(self.authority, self._open_artifacts)

    def session(self, name: str) -> Session:
        """The runs of a session: to look at, wait for, steer or compare all of them."""
        return Session(self.control, self.results, self.sessions, name)

    def report_session(self, name: str, kind: Literal["html", "pdf"] = "html") -> bytes:
        """A session on one page: questions, answers, growth, disagreements and costs.

        Args:
            name: The session.
            kind: PDF needs the extra `pdf` (fpdf2).

        Raises:
            FluxError: If there is no such session.
        """
        report = import_module("fluxagents.workers.reports.session.report_file")
        prices, now_ms = load_prices(Settings.load()), self.runs.clock.now_ms()
        page: bytes = report.write_report(
            self.sessions, self.store.remarks, name, kind, prices=prices, now_ms=now_ms
        )
        return page

    def export_session(self, name: str, path: Path, *, with_models: bool = False) -> None:
        """Write a session with its runs as one signed file.

        Raises:
            FluxError: If there is no such session, or it is too large for one file.
        """
        files = import_module("fluxagents.workers.archive.session_bundle")
        files.export_session(self.sessions, self.bundle_stores(), name, path, with_models=with_models)

    def import_session(self, path: Path, *, name: str = "") -> str:
        """Take in a session that `export_session` wrote; what it is called here.

        Args:
            path: The file; every digest is checked before anything is written.
            name: What it is called here, if it has to have another name.

        Raises:
            FluxError: If anything in the file is not what it says, or another session has the name.
        """
        files = import_module("fluxagents.workers.archive.session_bundle")
        session, _ = files.import_session(self, self.bundle_stores(), path, new_name=name)
        return str(session.name)

    def export_run(self, run_id: str, path: Path, *, with_models: bool = False) -> None:
        """Write a run as one signed file, with all that is needed to look at it elsewhere.

        Raises:
            FluxError: If there is no such run.
        """
        files = import_module("fluxagents.workers.archive.run_export")
        files.export_run(self.bundle_stores(), run_id, path, with_models=with_models)

    def artifact(self, digest: str) -> Artifact:
        """The full data of a result, by its digest or the beginning of it (six hex digits at least).

        Raises:
            FluxError: If none is stored under it, or more than one.
        """
        return self.results.artifact(digest)

    def gather(
        self, runs: Iterable[RunLike | str], *, timeout: float | None = None, progress: bool = False
    ) -> list[ClientRun]:
        """Wait until each of the runs has ended or needs somebody; returns them in their order.

        Args:
            runs: Runs or their ids.
            timeout: Seconds; None waits for as long as it takes.
            progress: Show a bar in a terminal or a notebook, and lines elsewhere.

        Raises:
            TimeoutError: If some still run then; they go on.
        """
        run_ids = list_run_ids(runs)
        gather_runs(self.results, run_ids, timeout, progress)
        return [self.hold(run_id) for run_id in run_ids]

    def as_completed(
        self, runs: Iterable[RunLike | str], *, timeout: float | None = None
    ) -> Iterator[ClientRun]:
        """Each of the runs as soon as it has ended or needs somebody; each comes once.

        Raises:
            TimeoutError: If some still run after so many seconds; they go on.
        """
        for look in look_until_complete(self.store, list_run_ids(runs), timeout_s=timeout):
            yield from (self.hold(state.run_id) for state in look.completed)
            time.sleep(look.pause_s)

    def hold(self, run_id: str) -> ClientRun:
        """The run of this id, without a look whether there is one."""
        return ClientRun(self.control, run_id, self.results)

    @abstractmethod
    def _open_archive(self) -> RunArchive:
        """Where runs and sessions go that leave the store."""

    @abstractmethod
    def _open_artifacts(self) -> ArtifactStore:
        """Where files and results are kept."""

    @abstractmethod
    def bundle_stores(self) -> BundleStores:
        """Where the parts of runs lie, for exporting and importing them."""
