"""`fluxagents models` reads files when they are added, and shows what reading them left out."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from tests.support.command_calls import simulate_terminal

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers import cli
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.display.warning_lines import print_model_warnings

WILD = Path(__file__).parents[4] / "data/wild"


@pytest.fixture(autouse=True)
def empty_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), captured.out, captured.err


def test_adding_says_what_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    with simulate_terminal(80):
        code, out, _ = call(capsys, "models", "add", str(WILD / "gene_bad.json"))
    assert code == 0
    assert out.splitlines()[0].endswith("1 warning")
    assert "g1 and (g2 or" in " ".join(out.split())
    assert max(map(len, out.splitlines()[1:])) <= 80
    _, out, _ = call(capsys, "models", "show", "gene_bad")
    assert "g1 and (g2 or" in " ".join(out.split())
    _, out, _ = call(capsys, "models", "show", "gene_bad", "--json")
    assert [warning["kind"] for warning in json.loads(out)["warnings"]] == ["gene_rule_left_out"]


def test_a_file_that_is_no_model_is_not_stored(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "models", "add", str(WILD / "nan.json"))
    assert (code, out) == (2, "")
    assert f"error: model file '{WILD / 'nan.json'}'" in err
    assert "--unchecked" in err
    _, out, _ = call(capsys, "models", "list", "--json")
    assert json.loads(out)["stored"] == []
    code, out, _ = call(capsys, "models", "add", str(WILD / "nan.json"), "--unchecked")
    assert code == 0
    assert out.strip().endswith("unread")
    _, out, _ = call(capsys, "models", "list")
    assert "unread" in out


def test_of_several_files_each_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(WILD / name) for name in ("base.json", "nan.json", "gene_bad.json", "dupid.json")]
    code, out, err = call(capsys, "models", "add", *files)
    assert code == 2
    assert [line.split()[0] for line in out.splitlines() if "sha256:" in line] == ["base", "gene_bad"]
    assert err.count("error: ") == 2
    assert "2 of 4 files are not stored" in err
    _, out, _ = call(capsys, "models", "list")
    assert "warnings" in out
    _, out, _ = call(capsys, "models", "add", *files[:2], "--json")
    rows = json.loads(out)
    assert rows[0]["name"] == "base"
    assert "nan.json" in rows[1]["error"]
    code, _, err = call(capsys, "models", "add", *files, "--name", "mine")
    assert code == 2
    assert "--name names one model" in err


def test_elements_that_the_sentence_does_not_name_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    message = "12 charges are no numbers and count as unknown, 'm0' first"
    elements = tuple(f"m{number}" for number in range(10))
    warning = ModelWarning(kind="charge_unknown", message=message, count=12, elements=elements)
    print_model_warnings((warning,))
    assert "(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, 10 of 12 shown)" in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_slow_file_has_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with notice_when_slow("reading x …", after_s=60):
        pass
    assert capsys.readouterr().err == ""
    shown = threading.Event()
    with notice_when_slow("reading x …", after_s=0, show=lambda _: shown.set()):
        assert shown.wait(10)


def test_a_model_is_inspected_as_a_whole_by_part_and_by_search(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "models", "inspect", "e_coli_core")
    assert "95 reactions, 72 metabolites, 137 genes; 20 exchange reactions" in out
    _, out, _ = call(capsys, "models", "inspect", "e_coli_core", "--json")
    held = json.loads(out)
    assert (held["reactions"], held["biomass"], held["warnings"]) == (95, "Biomass_Ecoli_core", [])
    _, out, _ = call(capsys, "models", "inspect", "e_coli_core", "--list", "genes", "--json")
    assert len(json.loads(out)["genes"]) == 137
    _, out, _ = call(capsys, "models", "inspect", "e_coli_core", "--find", "succinate")
    assert "EX_succ_e" in out
    assert "succ_c" in out


def test_inspecting_shows_the_warnings_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    call(capsys, "models", "add", str(WILD / "gene_bad.json"))
    _, out, _ = call(capsys, "models", "inspect", "gene_bad")
    assert "g1 and (g2 or" in " ".join(out.split())


def test_what_is_not_in_a_model_is_not_found(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "models", "inspect", "e_coli_core", "--find", "chlorophyll")
    assert (code, out) == (2, "")
    assert "no reaction, metabolite or gene with 'chlorophyll'" in err
    code, _, err = call(capsys, "models", "inspect", "e_coli_core", "--find", "x", "--list", "genes")
    assert code == 2
    assert "not both" in err


def test_a_terminal_shows_the_first_rows_of_a_long_list(capsys: pytest.CaptureFixture[str]) -> None:
    with simulate_terminal(80):
        _, out, _ = call(capsys, "models", "inspect", "e_coli_core", "--list", "genes")
    assert "… 117 more" in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_suffix_of_a_file_says_its_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, _ = call(
        capsys, "models", "export", "e_coli_core", "--without", "b0720", "--output", "mutant.json"
    )
    assert code == 0
    assert len(json.loads((tmp_path / "mutant.json").read_text())["reactions"]) == 95
    code, _, err = call(capsys, "models", "export", "e_coli_core", "--output", "mutant.txt")
    assert code == 2
    assert "'mutant.txt' does not say in which format" in err
    assert not (tmp_path / "mutant.txt").exists()
