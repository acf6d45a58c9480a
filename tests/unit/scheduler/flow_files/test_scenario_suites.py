"""Every flow of the product is tested, every node and edge of it; files of scenarios are found and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.flow_files.scenario_suites import Play, covered, programme

LIBRARY = FlowLibrary().flows()
SHIPPED = programme()

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


@pytest.mark.parametrize("play", SHIPPED.plays, ids=lambda play: play.name)
def test_the_scenarios_of_the_library_hold(play: Play) -> None:
    play.check()


@pytest.mark.parametrize("name", LIBRARY)
def test_every_node_and_edge_of_the_library_is_walked(name: str) -> None:
    shown = programme(name)
    (found,) = covered([LIBRARY[name]], [play.judged() for play in shown.plays])
    assert [str(one) for one in (*found.missing_nodes, *found.missing_edges)] == []
    assert found.percent == 100
    assert found.nodes == len(LIBRARY[name].nodes)


def test_scenarios_are_no_flows(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    (tmp_path / "mine.scenarios.yaml").write_text(SCENARIOS)
    library = FlowLibrary([tmp_path])
    assert set(library.flows()) == {*LIBRARY, "mine"}
    assert library.broken() == []


@pytest.mark.parametrize("named", ["mine", "./mine.yaml"])
def test_scenarios_name_their_flow_by_name_or_file(tmp_path: Path, named: str) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    (tmp_path / "mine.scenarios.yaml").write_text(SCENARIOS.replace("FLOW", named))
    for target in (tmp_path, tmp_path / "mine.yaml", tmp_path / "mine.scenarios.yaml"):
        found = programme(str(target))
        assert [play.name for play in found.plays] == ["mine: it looks"]
        assert [flow.flow for flow in found.flows] == ["mine"]
        found.plays[0].check()
    found = programme("mine", folders=[tmp_path])
    assert [play.judged().holds for play in found.plays] == [True]


def test_scenarios_may_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "mine.scenarios.yaml").write_text(SCENARIOS.replace("FLOW", "mine"))
    for found in (
        programme(str(tmp_path)),
        programme(str(tmp_path / "mine.yaml")),
        programme(str(tmp_path / "tests")),
        programme("", folders=[tmp_path]).named("IT LOOKS"),
    ):
        assert [play.name for play in found.plays] == ["mine: it looks"]


def test_a_flow_without_scenarios_is_covered_by_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    found = programme(str(tmp_path))
    (none,) = covered(found.flows, [])
    assert (found.plays, none.percent) == ((), 0)
    assert [str(one) for one in none.missing_nodes] == ["look: where the flow starts", "end: look → end"]


def test_a_flow_that_cannot_run_is_not_played(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW.replace("analyze_metabolic_model", "analyse_metabolic_model"))
    (tmp_path / "mine.scenarios.yaml").write_text(SCENARIOS.replace("FLOW", "mine"))
    with pytest.raises(FluxError, match="'analyse_metabolic_model', which does not exist"):
        programme(str(tmp_path)).plays[0].check()


def test_what_does_not_hold_says_where(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FLOW)
    scenarios = tmp_path / "mine.scenarios.yaml"
    scenarios.write_text(SCENARIOS.replace("FLOW", "mine").replace("seen", "blind"))
    with pytest.raises(
        AssertionError, match="the answer is another\n  expected  'blind'\n  found     'seen'"
    ):
        programme(str(scenarios)).plays[0].check()


def test_a_flow_that_does_not_exist_is_met_with_the_nearest(tmp_path: Path) -> None:
    scenarios = tmp_path / "x.scenarios.yaml"
    scenarios.write_text(SCENARIOS.replace("FLOW", "metabolic_analysi"))
    with pytest.raises(FluxError, match="no flow 'metabolic_analysi'") as refused:
        programme(str(scenarios))
    assert "nearest: metabolic_analysis" in refused.value.suggestions
