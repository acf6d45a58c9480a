"""Suites of scenarios on files: which cases there are, which flows they are of, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import JsonValue

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.testing.coverage import Coverage, measure_coverage
from fluxagents.flows.testing.environment import Environment
from fluxagents.flows.testing.recording import record_scenario, write_yaml
from fluxagents.flows.testing.scenario import Scenario, ScenarioFile
from fluxagents.flows.testing.scenario_reading import parse_scenarios
from fluxagents.flows.testing.scenario_result import ScenarioResult, check_scenario
from fluxagents.flows.testing.simulated_run import SimulatedRun
from fluxagents.scheduler.flow_files.flow_library import (
    SCENARIO_SUFFIXES,
    SUFFIXES,
    FlowLibrary,
    FlowSnapshot,
    is_flow_file,
    read_flow,
    read_text,
)
from fluxagents.tasks.registry import TOOLS, tool_facts

TESTS = "tests"
"""The folder beside flows where their scenarios may lie."""


@dataclass(frozen=True)
class ScenarioCase:
    """A scenario with its file and its flow."""

    where: str
    """The file."""
    file: ScenarioFile
    scenario: Scenario
    flow: Flow
    """As its author wrote it."""
    library: FlowLibrary
    """The flows that it may run."""

    @property
    def name(self) -> str:
        return f"{self.flow.flow}: {self.scenario.name}"

    def run(self) -> ScenarioResult:
        """Simulate it and compare.

        Raises:
            FluxError: If the flow cannot run at all.
        """
        flow, environment = prepare_flow(self.flow, self.library)
        return check_scenario(self.scenario, flow, environment, file=self.file)

    def check(self) -> SimulatedRun:
        """Simulate it and return the run.

        Raises:
            AssertionError: If it is not as expected, naming each difference.
        """
        result = self.run()
        if result.run is None or not result.holds:
            raise AssertionError(f"{self.where}: {self.name}\n{result}")
        return result.run


@dataclass(frozen=True)
class ScenarioSuite:
    """The cases to run, and the flows that they should cover."""

    cases: tuple[ScenarioCase, ...]
    flows: tuple[Flow, ...]

    def select(self, text: str) -> ScenarioSuite:
        """Keep only the cases whose name contains a text."""
        cases = tuple(case for case in self.cases if text.casefold() in case.name.casefold())
        return ScenarioSuite(cases, self.flows)

    def measure_coverage(self, results: Iterable[ScenarioResult]) -> list[Coverage]:
        """Measure how far the runs of these results cover each flow."""
        runs = [result.run for result in results if result.run]
        return [
            measure_coverage(flow, [run for run in runs if run.flow.flow == flow.flow]) for flow in self.flows
        ]


def load_suite(target: str = "", *, folders: Sequence[Path] = ()) -> ScenarioSuite:
    """Load the cases of a file of scenarios, of a folder, of a flow (a name or a file), or all there are.

    Args:
        target: The file, folder or flow; empty for the flows of the product and of the folders.
        folders: Folders with the user's flows.

    Raises:
        FluxError: If there is no such flow or file, or one cannot be read.
    """
    path = Path(target)
    if target.endswith(SCENARIO_SUFFIXES):
        return _suite(_load_cases([path], folders))
    if target and path.is_dir():
        return _suite(_load_cases(sorted(path.rglob("*")), folders), _read_flows(path))
    if target.endswith(SUFFIXES):
        return _suite_of(read_flow(path), _load_cases(_list_around(path.parent), folders))
    shipped = Path(str(files("fluxagents.flows"))) / "library" / TESTS
    around = [path for folder in folders for path in _list_around(folder)]
    cases = _load_cases([*_list(shipped), *around], folders)
    library = FlowSnapshot(folders)
    if target:
        return _suite_of(library.get(target), cases)
    return ScenarioSuite(tuple(cases), tuple(library.flows().values()))


def prepare_flow(flow: Flow, library: FlowLibrary) -> tuple[Flow, Environment]:
    """Pin the flows that a flow runs, and build the environment in which it is simulated.

    Raises:
        FluxError: `BAD_FLOW` if something is wrong with one of them.
    """
    pinned, others = pin_subflows(flow, library.get)
    environment = build_environment(others)
    for each in (pinned, *others):
        controller = FlowController(each, tools=environment.tools, flows=library.flows())
        problems = controller.validate_flow()
        if problems:
            raise FluxError(
                ErrorClass.BAD_FLOW, f"flow {each.flow!r}: {problems[0]}", suggestions=problems[1:]
            )
    return pinned, environment


def build_environment(flows: Iterable[Flow]) -> Environment:
    """Build an environment with all tools and these flows, which are pinned."""
    return Environment(tool_facts(TOOLS), {flow.digest: flow for flow in flows}, _check_args)


def _check_args(tool: str, args: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    checked: dict[str, JsonValue] = TOOLS[tool].parse(args).model_dump(mode="json", exclude_unset=True)
    return checked


def record_run(store: RunStore, run_id: str, *, name: str = "") -> str:
    """Record a real run as a file of scenarios, and check that it holds.

    Args:
        store: Holds the run, or its archive.
        run_id: The run.
        name: Of the scenario; the run's id when empty.

    Raises:
        FluxError: If there is no such run, or it cannot be recorded.
    """
    flow = store.flow(store.load(run_id).flow.digest)
    digests = {getattr(node, "digest", "") for node in flow.nodes.values()} - {""}
    environment = build_environment(store.flow(digest) for digest in sorted(digests))
    events = store.events(run_id)
    scenario = record_scenario(flow, events, load=store.load, environment=environment, name=name)
    return write_yaml(flow, scenario)


def _suite(cases: Sequence[ScenarioCase], flows: Iterable[Flow] = ()) -> ScenarioSuite:
    """A suite that covers these flows and those of its cases."""
    distinct = {flow.flow: flow for flow in (*flows, *(case.flow for case in cases))}
    return ScenarioSuite(tuple(cases), tuple(distinct.values()))


def _suite_of(flow: Flow, cases: Sequence[ScenarioCase]) -> ScenarioSuite:
    return ScenarioSuite(tuple(case for case in cases if case.flow.flow == flow.flow), (flow,))


def _load_cases(paths: Iterable[Path], folders: Sequence[Path]) -> list[ScenarioCase]:
    """The cases of the files of scenarios among some files."""
    return [case for path in paths if path.name.endswith(SCENARIO_SUFFIXES) for case in _cases(path, folders)]


def _cases(path: Path, folders: Sequence[Path]) -> Iterator[ScenarioCase]:
    file = parse_scenarios(read_text(path), where=str(path))
    above = (path.parent.parent,) if path.parent.name == TESTS else ()
    library = FlowSnapshot((*folders, *above, path.parent))
    for scenario in file.scenarios:
        name = scenario.flow or file.flow
        flow = read_flow(path.parent / name) if name.endswith(SUFFIXES) else library.get(name)
        yield ScenarioCase(str(path), file, scenario, flow, library)


def _read_flows(folder: Path) -> Iterator[Flow]:
    """The flows of a folder. Other YAML lies in folders too; what has nodes means to be a flow."""
    for path in _list(folder):
        if is_flow_file(path.name) and "\nnodes:" in read_text(path):
            yield read_flow(path)


def _list_around(folder: Path) -> list[Path]:
    return [*_list(folder), *_list(folder / TESTS)]


def _list(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))
