"""Scenarios on files: which there are, which flows they are of, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from pydantic import JsonValue

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.testing.coverage import Coverage, coverage
from fluxagents.flows.testing.recording import as_yaml, verified
from fluxagents.flows.testing.rehearsal import Rehearsal
from fluxagents.flows.testing.scenario import Scenario, ScenarioFile
from fluxagents.flows.testing.scenario_reading import scenarios_from_yaml
from fluxagents.flows.testing.stage import Stage
from fluxagents.flows.testing.verdict import Verdict, judged
from fluxagents.scheduler.flow_files.flow_library import (
    SCENARIO_SUFFIXES,
    SUFFIXES,
    FlowLibrary,
    is_flow_file,
    text_of,
)
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.tasks.tool import Tool

TESTS = "tests"
"""The folder beside flows where their scenarios may lie."""


@dataclass(frozen=True)
class Play:
    """A scenario that is ready to be played."""

    where: str
    """The file."""
    file: ScenarioFile
    scenario: Scenario
    flow: Flow
    """As its author wrote it."""
    theatre: Theatre

    @property
    def name(self) -> str:
        return f"{self.flow.flow}: {self.scenario.name}"

    def judged(self) -> Verdict:
        """What comes of it.

        Raises:
            FluxError: If the flow cannot run at all.
        """
        flow, stage = self.theatre.staged(self.flow)
        return judged(self.scenario, flow, stage, common=self.file)

    def check(self) -> Rehearsal:
        """What it did.

        Raises:
            AssertionError: If it is not as expected, naming each difference.
        """
        verdict = self.judged()
        if verdict.rehearsal is None or not verdict.holds:
            raise AssertionError(f"{self.where}: {self.name}\n{verdict}")
        return verdict.rehearsal


class Theatre:
    """Finds flows and what they need, for files of one folder.

    Args:
        folders: Folders with flows, the last one first in a case of doubt.
        tools: The tools that exist.
    """

    def __init__(self, folders: Sequence[Path] = (), tools: Mapping[str, Tool] = TOOLS) -> None:
        self.library = FlowLibrary(folders)
        self._tools = tools

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """All flows by name."""
        return self.library.flows()

    def flow(self, name: str, *, beside: Path | None = None) -> Flow:
        """The flow of this name, or of this file beside another.

        Raises:
            FluxError: If there is no such flow.
        """
        if beside is not None and name.endswith(SUFFIXES):
            return self.library.get(str(beside.parent / name))
        return self.flows[name] if name in self.flows else self.library.get(name)

    def staged(self, flow: Flow) -> tuple[Flow, Stage]:
        """The flow with its subflows pinned, and all that exists where it is played.

        Raises:
            FluxError: `BAD_FLOW` if something is wrong with it.
        """
        pinned, others = pin_subflows(flow, self.flow)
        tools = tool_facts(self._tools)
        for one in (pinned, *others):
            problems = FlowController(one, tools=tools, flows=self.flows).validate_flow()
            if problems:
                raise FluxError(
                    ErrorClass.BAD_FLOW, f"flow {one.flow!r}: {problems[0]}", suggestions=problems[1:]
                )
        return pinned, self.stage(others)

    def stage(self, flows: Iterable[Flow]) -> Stage:
        """All that exists where a flow is played.

        Args:
            flows: Those that it runs, pinned.
        """
        return Stage(tool_facts(self._tools), {one.digest: one for one in flows}, self._args)

    def _args(self, tool: str, args: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = (
            self._tools[tool].parse(args).model_dump(mode="json", exclude_unset=True)
        )
        return found


@dataclass(frozen=True)
class Programme:
    """What is to be played, and the flows that it should cover."""

    plays: tuple[Play, ...]
    flows: tuple[Flow, ...]

    def named(self, part: str) -> Programme:
        """Only the scenarios whose name contains this."""
        kept = tuple(play for play in self.plays if part.casefold() in play.name.casefold())
        return Programme(kept, self.flows)


def programme(target: str = "", *, folders: Sequence[Path] = ()) -> Programme:
    """The scenarios of a file of scenarios, of a folder, of a flow (a name or a file), or all there are.

    Args:
        target: What to look at; empty for the flows of the product and of the folders.
        folders: Folders with the user's flows.

    Raises:
        FluxError: If there is no such flow or file, or one cannot be read.
    """
    path = Path(target)
    if target.endswith(SCENARIO_SUFFIXES):
        plays = _plays(path, folders)
        return Programme(tuple(plays), _distinct(play.flow for play in plays))
    if target and path.is_dir():
        return _of_folder(path, folders)
    if target.endswith(SUFFIXES):
        theatre = Theatre((*folders, path.parent))
        around = [*_scenario_files(path.parent), *_scenario_files(path.parent / TESTS)]
        return _of_flow(theatre.library.get(target), around, folders)
    theatre = Theatre(folders)
    around = [*_shipped(), *(one for folder in folders for one in _beside(folder))]
    if target:
        return _of_flow(theatre.flow(target), around, folders)
    plays = [play for file in around for play in _plays(file, folders)]
    return Programme(tuple(plays), tuple(theatre.flows.values()))


def recorded(store: RunStore, run_id: str, *, name: str = "", tools: Mapping[str, Tool] = TOOLS) -> str:
    """A real run as a file of scenarios, which was played once and holds.

    Args:
        store: Where the run is, or its archive.
        run_id: The run.
        name: Of the scenario; the run's id when empty.
        tools: The tools that exist.

    Raises:
        FluxError: If there is no such run, or it cannot be recorded.
    """
    flow = store.flow(store.load(run_id).flow.digest)
    digests = {getattr(node, "digest", "") for node in flow.nodes.values()} - {""}
    stage = Theatre(tools=tools).stage(store.flow(digest) for digest in sorted(digests))
    scenario = verified(flow, store.events(run_id), load=store.load, stage=stage, name=name)
    return as_yaml(flow, scenario)


def covered(flows: Iterable[Flow], verdicts: Iterable[Verdict]) -> list[Coverage]:
    """How far rehearsals walked flows."""
    played = [verdict.rehearsal for verdict in verdicts if verdict.rehearsal]
    return [coverage(flow, [one for one in played if one.flow.flow == flow.flow]) for flow in flows]


def _of_folder(folder: Path, folders: Sequence[Path]) -> Programme:
    found = (path for path in sorted(folder.rglob("*")) if _is_scenarios(path))
    plays = [play for path in found for play in _plays(path, folders)]
    return Programme(tuple(plays), _distinct([*_lying_in(folder), *(play.flow for play in plays)]))


def _lying_in(folder: Path) -> Iterator[Flow]:
    """The flows of a folder. Other YAML lies in folders too; what has nodes means to be a flow."""
    for path in sorted(folder.glob("*")):
        if is_flow_file(path.name) and "\nnodes:" in text_of(path):
            yield flow_from_yaml(text_of(path), where=str(path))


def _of_flow(flow: Flow, around: Iterable[Path], folders: Sequence[Path]) -> Programme:
    plays = [play for file in around for play in _plays(file, folders) if play.flow.flow == flow.flow]
    return Programme(tuple(plays), (flow,))


def _plays(path: Path, folders: Sequence[Path]) -> list[Play]:
    """The scenarios of a file, each with its flow."""
    file = scenarios_from_yaml(text_of(path), where=str(path))
    above = (path.parent.parent,) if path.parent.name == TESTS else ()
    theatre = Theatre((*folders, *above, path.parent))
    return [
        Play(str(path), file, one, theatre.flow(one.flow or file.flow, beside=path), theatre)
        for one in file.scenarios
    ]


def _distinct(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    return tuple({flow.flow: flow for flow in flows}.values())


def _shipped() -> Iterator[Path]:
    return _scenario_files(Path(str(files("fluxagents.flows"))) / "library" / TESTS)


def _beside(folder: Path) -> Iterator[Path]:
    yield from _scenario_files(folder)
    yield from _scenario_files(folder / TESTS)


def _scenario_files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*")) if _is_scenarios(path))


def _is_scenarios(path: Path) -> bool:
    return path.name.endswith(SCENARIO_SUFFIXES) and path.is_file()
