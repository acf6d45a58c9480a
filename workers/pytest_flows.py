"""A pytest plugin for those who write flows; it needs neither Redis nor a solver.

In `conftest.py`: `pytest_plugins = ["fluxagents.workers.pytest_flows"]`. Then

- the fixture `rehearse` simulates a flow with the answers given and returns the run;
- a test marked `scenarios(*targets)` that takes `scenario` runs once for each scenario of these files,
  folders or flows.

The ini option `flow_folders` names folders with flows, relative to the ini file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.testing.scenario import ScenarioError
from fluxagents.flows.testing.scenario_reading import build_scenarios
from fluxagents.flows.testing.scenario_result import simulate_scenario
from fluxagents.flows.testing.simulated_run import SimulatedRun
from fluxagents.scheduler.flow_files.flow_library import SUFFIXES, FlowSnapshot, read_flow
from fluxagents.scheduler.flow_files.scenario_suites import ScenarioCase, load_suite, prepare_flow

FOLDERS = "flow_folders"
MARK = "scenarios"


class Rehearse:
    """Simulates flows; the value of the fixture `rehearse`.

    Args:
        folders: Folders with flows.
        beside: The folder to which files of flows are relative.
    """

    def __init__(self, folders: Sequence[Path], beside: Path) -> None:
        self._library = FlowSnapshot(folders)
        self._beside = beside

    def __call__(
        self,
        flow: str | Path | Mapping[str, Any] | Flow,
        *,
        inputs: Mapping[str, Any] | None = None,
        world: Mapping[str, Any] | None = None,
        tools: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> SimulatedRun:
        """Simulate a flow until it ends, or until the world says `open`.

        Args:
            flow: Its name, its file (relative to the test's folder), or itself.
            inputs: Of the run.
            world: Node -> its answers, as in a file of scenarios.
            tools: Tool -> the answers to its calls.
            more: Further fields of a scenario: `model`, `begins`, `run`.

        Returns:
            The run: `path`, `facts`, `questions`, `calls`, `runs`, `retries`, `state`, `events`.

        Raises:
            FluxError: If the flow is none, or something has no answer, or an answer is never asked for.
        """
        pinned, environment = prepare_flow(self._find(flow), self._library)
        fields = {"inputs": dict(inputs or {}), "world": dict(world or {}), "tools": dict(tools or {})}
        document = {"flow": pinned.flow, "scenarios": [{"name": "rehearse", **fields, **more}]}
        (scenario,) = build_scenarios(document, where="rehearse").scenarios
        run = simulate_scenario(scenario, pinned, environment)
        if run.unused:
            path = f"the path was {' → '.join(run.path)}"
            raise ScenarioError(run.unused[0], suggestions=(*run.unused[1:], path))
        return run

    def _find(self, flow: str | Path | Mapping[str, Any] | Flow) -> Flow:
        if isinstance(flow, Flow):
            return flow
        if isinstance(flow, Mapping):
            return flow_from_mapping(flow)
        if str(flow).endswith(SUFFIXES):
            return read_flow(self._beside / flow)
        return self._library.get(str(flow))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option."""
    parser.addini(FOLDERS, "Folders with flows of fluxagents.", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers", f"{MARK}(*targets): run once for each scenario of these files, folders or flows."
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each scenario."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None or "scenario" not in metafunc.fixturenames:
        return
    folders = _folders(metafunc.config)
    beside = metafunc.definition.path.parent
    targets = [str(target) for target in mark.args or ("",)]
    paths = [str(beside / target) if target and (beside / target).exists() else target for target in targets]
    cases = [case for path in paths for case in load_suite(path, folders=folders).cases]
    metafunc.parametrize("scenario", [pytest.param(case, id=case.name) for case in cases])


@pytest.fixture
def rehearse(request: pytest.FixtureRequest) -> Rehearse:
    """Simulates a flow with stated answers."""
    return Rehearse(_folders(request.config), request.path.parent)


def _folders(config: pytest.Config) -> list[Path]:
    return list(config.getini(FOLDERS))


__all__ = ["Rehearse", "ScenarioCase", "rehearse"]
