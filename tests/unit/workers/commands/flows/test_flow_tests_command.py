"""`fluxagents flows test` and `flows record`: what people see, what scripts read, and how they end."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from fluxagents.workers import cli

FLOW = """
flow: mine
version: 3
purpose: p
facts: {growth: {type: number}}
start: grow
nodes:
  grow: {kind: tool, tool: run_metabolic_fba, facts: {growth: growth_per_h}, next: grows}
  grows: {kind: branch, cases: [{when: growth > 0.1, to: end}], otherwise: starves}
  starves: {kind: end, message: it starves}
  end: {kind: end, message: it grows}
"""
SCENARIOS = """
flow: mine
scenarios:
  - name: it grows
    world: {grow: {summary: {growth_per_h: 0.8}}}
    expect: {path: [grow, grows, end]}
  - name: it starves
    world: {grow: {summary: {growth_per_h: 0.05}}}
    expect: {path: [grow, grows, end], answer: it grows}
  - name: nobody knows
    expect: {status: finished}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.yaml").write_text(FLOW)
    (tmp_path / "mine.scenarios.yaml").write_text(SCENARIOS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["flows", "test", *arguments])
    shown = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, shown.out, shown.err


def test_the_first_difference_is_shown_with_the_values_that_led_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(capsys, str(folder))
    assert code == 1
    assert out.splitlines()[:8] == [
        "mine v3  mine.scenarios.yaml",
        "  ✓ it grows",
        "  ✗ it starves",
        "      the path is another from place 3 on",
        "        expected  grow → grows → end",
        "        found     grow → grows → starves",
        "        grows —otherwise→ starves; saw growth = 0.05",
        "      and 1 more, with --json",
    ]
    assert "node 'grow' calls run_metabolic_fba(), and the scenario has no answer to it" in out
    assert "            growth_per_h: …" in out
    assert out.splitlines()[-1] == "3 scenarios, 2 failed"


@pytest.mark.usefixtures("folder")
def test_scenarios_are_chosen_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "mine.yaml", "-k", "it GROWS", "--coverage")
    assert code == 0
    assert "1 scenario as expected" in out
    assert "mine  3 of 4  2 of 3  71.4 %" in out
    assert "starves: grow → grows —otherwise→ starves" in out
    assert call(capsys, "mine.yaml", "-k", "it grows", "--fail-under", "71")[0] == 0
    code, out, _ = call(capsys, "mine.yaml", "-k", "it grows", "--fail-under", "72")
    assert code == 1
    assert out.endswith("mine is covered by 71.4 %, less than 72 %\n")
    code, out, _ = call(capsys, "mine.yaml", "-k", "nothing of the kind")
    assert (code, "no scenarios" in out) == (1, True)


@pytest.mark.usefixtures("folder")
def test_scripts_read_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "mine.scenarios.yaml", "--json")
    document = json.loads(out)
    assert code == 1
    assert [one["holds"] for one in document["scenarios"]] == [True, False, False]
    starves, unknown = document["scenarios"][1:]
    assert [one["what"] for one in starves["differences"]] == [
        "the path is another from place 3 on",
        "the answer is another",
    ]
    assert (starves["path"], starves["facts"]) == (["grow", "grows", "starves"], {"growth": 0.05})
    assert unknown["path"] is None
    assert "has no answer" in unknown["error"]["message"]
    (coverage,) = document["coverage"]
    assert (coverage["flow"], coverage["percent"], coverage["missing_edges"]) == ("mine", 100.0, [])


def test_ci_reads_junit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(capsys, str(folder), "--junit", "out.xml")
    (suite,) = fromstring((folder / "out.xml").read_text())
    assert suite.attrib == {"name": "mine", "tests": "3", "failures": "2"}
    failures = [case.find("failure") for case in suite]
    assert failures[0] is None
    assert failures[1] is not None
    assert failures[1].get("message") == "the path is another from place 3 on"


def test_flows_of_the_users_folder_are_tested_too(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUXAGENTS_FLOWS_DIR", str(folder))
    code, out, _ = call(capsys, "--json")
    assert code == 1
    assert {one["flow"] for one in json.loads(out)["scenarios"]} >= {"metabolic_analysis", "mine"}
    assert [one["flow"] for one in json.loads(call(capsys, "mine", "--json")[1])["coverage"]] == ["mine"]


def test_a_file_with_a_mistake_is_bad_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenarios = folder / "mine.scenarios.yaml"
    scenarios.write_text(SCENARIOS.replace("summary", "sumary"))
    code, _, err = call(capsys, str(scenarios))
    assert code == 2
    assert "mine.scenarios.yaml:5: scenario 'it grows'.world.grow.sumary: there is no such field" in err
    assert "also" in err
    code, _, err = call(capsys, "metabolic_analysi")
    assert (code, "nearest: metabolic_analysis" in err) == (2, True)
