"""A pytest plugin for those who write flows; it needs neither Redis nor a solver.

In `conftest.py`: `pytest_plugins = ["fluxagents.workers.pytest_flows"]`. Then

- the fixture `rehearse` plays a flow with the answers given and returns what it did;
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
from fluxagents.flows.testing.rehearsal import Rehearsal
from fluxagents.flows.testing.scenario import ScenarioError
from fluxagents.flows.testing.scenario_reading import scenarios_from_mapping
from fluxagents.flows.testing.verdict import rehearsed
from fluxagents.scheduler.flow_files.flow_library import SUFFIXES
from fluxagents.scheduler.flow_files.scenario_suites import Play, Theatre, programme

FOLDERS = "flow_folders"
MARK = "scenarios"


class Rehearse:
    """Plays flows; what the fixture `rehearse` is.

    Args:
        folders: Folders with flows.
        beside: What files of flows are named relative to.
    """

    def __init__(self, folders: Sequence[Path], beside: Path) -> None:
        self._theatre = Theatre(folders)
        self._beside = beside

    def __call__(
        self,
        flow: str | Path | Mapping[str, Any] | Flow,
        *,
        inputs: Mapping[str, Any] | None = None,
        world: Mapping[str, Any] | None = None,
        tools: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Rehearsal:
        """Play a flow until it ends, or until the world says `open`.

        Args:
            flow: Its name, its file (relative to the test's folder), or itself.
            inputs: Of the run.
            world: Node -> what it is answered, as in a file of scenarios.
            tools: Tool -> what its calls are answered.
            more: Further fields of a scenario: `model`, `begins`, `run`.

        Returns:
            What it did: `path`, `facts`, `questions`, `calls`, `runs`, `retries`, `state`, `events`.

        Raises:
            FluxError: If the flow is none, or something has no answer, or an answer is never asked for.
        """
        played, stage = self._theatre.staged(self._flow(flow))
        document = {
            "name": "rehearse",
            "inputs": dict(inputs or {}),
            "world": dict(world or {}),
            "tools": dict(tools or {}),
            **more,
        }
        file = scenarios_from_mapping({"flow": played.flow, "scenarios": [document]}, where="rehearse")
        found = rehearsed(file.scenarios[0], played, stage)
        if found.unused:
            raise ScenarioError(
                found.unused[0], suggestions=(*found.unused[1:], f"the path was {' → '.join(found.path)}")
            )
        return found

    def _flow(self, flow: str | Path | Mapping[str, Any] | Flow) -> Flow:
        if isinstance(flow, Flow):
            return flow
        if isinstance(flow, Mapping):
            return flow_from_mapping(flow)
        if str(flow).endswith(SUFFIXES):
            return self._theatre.library.get(str(self._beside / flow))
        return self._theatre.flow(str(flow))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option."""
    parser.addini(FOLDERS, "Folders with flows of fluxagents.", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Say what the mark means."""
    config.addinivalue_line(
        "markers", f"{MARK}(*targets): run once for each scenario of these files, folders or flows."
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each scenario."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None or "scenario" not in metafunc.fixturenames:
        return
    folders = _folders(metafunc.config)
    beside = metafunc.definition.path.parent
    plays = [
        play
        for target in mark.args or ("",)
        for play in programme(_target(str(target), beside), folders=folders).plays
    ]
    metafunc.parametrize("scenario", [pytest.param(play, id=play.name) for play in plays])


@pytest.fixture
def rehearse(request: pytest.FixtureRequest) -> Rehearse:
    """Plays a flow with stated answers."""
    return Rehearse(_folders(request.config), request.path.parent)


def _folders(config: pytest.Config) -> list[Path]:
    return list(config.getini(FOLDERS))


def _target(target: str, beside: Path) -> str:
    return str(beside / target) if target and (beside / target).exists() else target


__all__ = ["Play", "Rehearse", "rehearse"]
