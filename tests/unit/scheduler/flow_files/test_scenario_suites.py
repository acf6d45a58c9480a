"""Every flow of the product is tested, every node and edge of it; files of scenarios are found and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.flow_files.scenario_suites import ScenarioCase, load_suite

LIBRARY = FlowLibrary().flows()
SHIPPED = load_suite()

FLOW = """
flow: mine
version: 1
purpose: p
start: look
nodes:
  look: {kind: tool, tool: analyze_metabolic_model, next: end}
  end: {kind: end, message: seen}
"""
SCENARIOS = """
flow: FLOW
scenarios:
  - name: it looks
    world: {look: {summary: {}}}
    expect: {answer: seen}
"""


@pytest.mark.parametrize("case", SHIPPED.cases, ids=lambda case: case.name)
def test_the_scenarios_of_the_library_hold(case: ScenarioCase) -> None:
    case.check()


@pytest.mark.parametrize("name", LIBRARY)
def test_every_node_and_edge_of_the_library_is_walked(name: str) -> None:
    suite = load_suite(name)
    (coverage,) = suite.measure_coverage(case.run() for case in suite.cases)
    assert [str(missing) for missing in (*coverage.missing_nodes, *coverage.missing_edges)] == []
    assert coverage.percent == 100
    assert coverage.flow == name
    assert coverage.nodes == len(LIBRARY[name].nodes)


def test_scenarios_are_no_flows(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    (tmp_path / "mine.scenarios.yaml").write_text(SCENARIOS)
    library = FlowLibrary([tmp_path])
    assert set(library.flows()) == {*LIBRARY, "mine"}
    assert library.errors() == []


@pytest.mark.parametrize("named", ["mine", "./mine.yaml"])
def test_scenarios_name_their_flow_by_name_or_file(tmp_path: Path, named: str) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    (tmp_path / "mine.scenarios.yaml").write_text(SCENARIOS.replace("FLOW", named))
    for target in (tmp_path, tmp_path / "mine.yaml", tmp_path / "mine.scenarios.yaml"):
        suite = load_suite(str(target))
        assert [case.name for case in suite.cases] == ["mine: it looks"]
        assert [flow.flow for flow in suite.flows] == ["mine"]
        suite.cases[0].check()
    suite = load_suite("mine", folders=[tmp_path])
    assert [case.run().holds for case in suite.cases] == [True]


def test_scenarios_may_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "mine.scenarios.yaml").write_text(SCENARIOS.replace("FLOW", "mine"))
    for suite in (
        load_suite(str(tmp_path)),
        load_suite(str(tmp_path / "mine.yaml")),
        load_suite(str(tmp_path / "tests")),
        load_suite("", folders=[tmp_path]).select("IT LOOKS"),
    ):
        assert [case.name for case in suite.cases] == ["mine: it looks"]


def test_a_flow_without_scenarios_is_covered_by_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    suite = load_suite(str(tmp_path))
    (none,) = suite.measure_coverage([])
    assert (suite.cases, none.percent) == ((), 0)
    assert [str(missing) for missing in none.missing_nodes] == [
        "look: where the flow starts",
        "end: look → end",
    ]


def test_a_flow_that_cannot_run_is_not_played(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW.replace("analyze_metabolic_model", "analyse_metabolic_model"))
    (tmp_path / "mine.scenarios.yaml").write_text(SCENARIOS.replace("FLOW", "mine"))
    with pytest.raises(FluxError, match="'analyse_metabolic_model', which does not exist"):
        load_suite(str(tmp_path)).cases[0].check()


def test_what_does_not_hold_says_where(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    scenarios = tmp_path / "mine.scenarios.yaml"
    scenarios.write_text(SCENARIOS.replace("FLOW", "mine").replace("seen", "blind"))
    with pytest.raises(
        AssertionError, match="the answer is another\n  expected  'blind'\n  found     'seen'"
    ):
        load_suite(str(scenarios)).cases[0].check()


def test_a_flow_that_does_not_exist_is_met_with_the_nearest(tmp_path: Path) -> None:
    scenarios = tmp_path / "x.scenarios.yaml"
    scenarios.write_text(SCENARIOS.replace("FLOW", "metabolic_analysi"))
    with pytest.raises(FluxError, match="no flow 'metabolic_analysi'") as refused:
        load_suite(str(scenarios))
    assert any(each.startswith("nearest: metabolic_analysis") for each in refused.value.suggestions)
