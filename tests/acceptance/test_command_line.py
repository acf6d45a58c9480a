"""The command line as a user meets it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import cobra
import pytest
from tests.support.stack import Stack, isolated, run_here

from fluxagents.workers.cli import COMMANDS

QUESTION = "Which genes are essential for growth?"
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
RUN = ("run", "metabolic_analysis", "--model", "e_coli_core")


def test_a_run_prints_one_document_with_all_that_scripts_need(stack: Stack) -> None:
    document = stack.json(*RUN, "--question", QUESTION, "--wait")
    assert {"run_id", "flow", "status", "answer", "findings", "steps", "artifacts"} <= document.keys()
    assert document["status"] == "finished"
    assert "b0720" in document["answer"]
    assert document["artifacts"]
    assert document["steps"] >= 4


def test_a_run_that_waits_exits_with_3_and_goes_on_once_it_is_approved(stack: Stack) -> None:
    document = stack.json(*RUN, "--question", CHANGE, "--wait", status=3)
    request = document["waiting_for"]["id"]
    assert request in {one["id"] for one in stack.json("approvals", "list")}
    assert stack.json("approvals", "show", request)["call"]["tool"] == "apply_medium"
    stack.json("approvals", "approve", request, "--by", "ada")
    watched = stack.command("runs", "watch", document["run_id"])
    assert watched.returncode == 0, watched.stderr
    assert "ApprovalGranted" in watched.stdout
    assert stack.json("runs", "show", document["run_id"])["status"] == "finished"
    late = stack.command("approvals", "approve", request, "--by", "bob")
    assert late.returncode == 2
    assert "was answered already by 'ada'" in late.stderr


def test_a_real_run_becomes_a_scenario_that_is_played_without_workers(stack: Stack, tmp_path: Path) -> None:
    run_id = stack.json(*RUN, "--question", QUESTION, "--wait")["run_id"]
    file = tmp_path / "real.scenarios.yaml"
    written = stack.command("flows", "record", run_id, "-o", str(file), "--name", "essential genes")
    assert written.returncode == 0, written.stderr
    (scenario,) = stack.json("flows", "test", str(file))["scenarios"]
    assert (scenario["scenario"], scenario["holds"]) == ("essential genes", True)
    assert scenario["facts"]["growth_per_h"] == pytest.approx(0.8739215069684, rel=1e-9)
    file.write_text(file.read_text().replace("- grows", "- does not grow"))
    assert stack.command("flows", "test", str(file)).returncode == 1


def test_runs_can_be_listed_and_read(stack: Stack) -> None:
    run_id = stack.json(*RUN, "--question", "How fast does it grow?", "--wait")["run_id"]
    assert run_id in {run["run_id"] for run in stack.json("runs", "list", "--status", "finished")}
    events = stack.json("runs", "events", run_id)
    assert events[0]["type"] == "RunStarted"
    assert events[-1]["type"] == "RunFinished"
    shown = stack.command("runs", "events", run_id).stdout
    assert "ToolSucceeded" in shown
    assert "run_metabolic_fba" in shown


def test_tools_and_flows_describe_themselves(stack: Stack) -> None:
    names = {tool["name"] for tool in stack.json("tools", "list")}
    assert {"analyze_essentiality", "apply_medium", "find_minimal_media"} <= names
    schema = stack.json("tools", "schema", "run_flux_variability_analysis")
    assert "fraction_of_optimum" in schema["parameters"]["properties"]
    assert "metabolic_analysis" in {flow["flow"] for flow in stack.json("flows", "list")}
    assert stack.json("flows", "validate", "metabolic_analysis") == [
        {"file": "metabolic_analysis.yaml", "problems": []}
    ]
    assert stack.command("flows", "graph", "metabolic_analysis").stdout.startswith("flowchart TD")


def test_a_tool_can_be_called_without_a_run(stack: Stack) -> None:
    document = stack.json(
        "tools",
        "call",
        "run_metabolic_fba",
        "--model",
        "e_coli_core",
        "--arg",
        'medium_changes={"EX_o2_e": 0}',
    )
    assert document["result"]["growth_per_h"] == pytest.approx(0.2116629497353, rel=1e-6)


def test_models_are_kept_by_content(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "mine.xml.gz"
    file.write_bytes(shipped("textbook.xml.gz"))
    added = stack.json("models", "add", str(file), "--name", "mine")
    assert added["digest"].startswith("sha256:")
    assert stack.json("models", "show", "mine")["digest"] == added["digest"]
    assert "mine" in {record["name"] for record in stack.json("models", "list")["stored"]}


def shipped(name: str) -> bytes:
    found = find_spec("cobra")
    assert found is not None
    assert found.submodule_search_locations
    return (Path(found.submodule_search_locations[0]) / "data" / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (
            ("run", "metabolic_analyses", "--model", "e_coli_core", "--question", "q"),
            2,
            "nearest: metabolic_analysis",
        ),
        (("run", "metabolic_analysis", "--model", "iJO1367", "--question", "q"), 2, "iJO1366"),
        ((*RUN, "--input", "medim={}", "--question", "q"), 2, "has no input 'medim'"),
        (RUN, 2, "needs the input 'question'"),
        (("tools", "call", "run_fba", "--model", "e_coli_core"), 2, "there is no tool 'run_fba'"),
        (
            ("tools", "call", "analyze_essentiality", "--model", "e_coli_core", "--arg", "genez=[]"),
            2,
            "unknown argument 'genez'",
        ),
        (
            (
                "tools",
                "call",
                "run_metabolic_fba",
                "--model",
                "e_coli_core",
                "--arg",
                'medium={"EX_glc_e": 10}',
            ),
            2,
            "EX_glc__D_e",
        ),
        (("runs", "show", "nobody"), 2, "run 'nobody' does not exist"),
        (("approvals", "approve", "nobody.1"), 2, "there is no request 'nobody.1'"),
        (("flows", "show", "missing.yaml"), 2, "missing.yaml"),
        (("rnu",), 2, "Did you mean: run"),
    ],
)
def test_bad_usage_names_the_thing_and_the_way_out(
    stack: Stack, words: tuple[str, ...], status: int, said: str
) -> None:
    done = stack.command(*words)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_is_json_too(stack: Stack) -> None:
    done = stack.process("runs", "show", "nobody", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["kind"] == "unknown_id"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.xml", b"", "empty.xml"),
        ("text.xml", b"this is no model", "SBML"),
        ("cut.xml", None, ""),
        ("cut.xml.gz", None, ""),
        ("model.docx", b"PK", "docx"),
        ("half.json", b'{"reactions": [', "JSON"),
    ],
)
def test_a_file_that_is_no_model_is_an_error_with_its_reason(
    stack: Stack, tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    whole = shipped("textbook.xml.gz")
    if content is None:
        content = whole[: len(whole) // 2] if name.endswith(".gz") else gzip.decompress(whole)[:60_000]
    file = tmp_path / name
    file.write_bytes(content)
    done = stack.command("run", "metabolic_analysis", "--model", str(file), "--question", QUESTION, "--wait")
    assert done.returncode in {1, 2}, done.stdout
    assert said in done.stdout + done.stderr
    assert "error" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert stack.json(*RUN, "--question", "How fast does it grow?", "--wait")["status"] == "finished"


def test_an_infeasible_model_is_a_result(stack: Stack, tmp_path: Path) -> None:
    model = cobra.io.load_model("textbook")
    model.reactions.ATPM.bounds = (500, 1_000)
    file = tmp_path / "infeasible.json"
    cobra.io.save_json_model(model, str(file))
    document = stack.json(
        "run", "metabolic_analysis", "--model", str(file), "--question", "How fast does it grow?", "--wait"
    )
    assert document["status"] == "finished"
    assert document["facts"]["status"] == "infeasible"
    assert document["facts"]["growth_per_h"] is None
    assert "no fluxes satisfy all its bounds" in document["answer"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://127.0.0.1:1/0", "cannot be reached"),
        ("http://127.0.0.1:1/0", "must start with redis://"),
    ],
)
def test_a_redis_that_is_not_there_is_one_line(tmp_path: Path, url: str, said: str) -> None:
    done = fluxagents(tmp_path, "runs", "list", FLUXAGENTS_REDIS_URL=url)
    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_password_is_one_line_without_the_password(tmp_path: Path, redis_url: str) -> None:
    url = redis_url.replace(urlsplit(redis_url).password or "", "guessed")
    done = fluxagents(tmp_path, "runs", "list", FLUXAGENTS_REDIS_URL=url)
    assert done.returncode == 1
    assert "refuses the password" in done.stderr
    assert "guessed" not in done.stdout + done.stderr


def fluxagents(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fluxagents.workers.cli", *words]
    return subprocess.run(
        command, env=isolated(folder, **variables), capture_output=True, text=True, timeout=60, check=False
    )


def test_help_answers_at_once() -> None:
    """In processor time: a busy machine makes everything slow."""
    command = [sys.executable, "-m", "fluxagents.workers.cli", "--help"]
    times = []
    for _ in range(3):
        began = os.times()
        subprocess.run(command, capture_output=True, check=True)
        ended = os.times()
        times.append(
            ended.children_user + ended.children_system - began.children_user - began.children_system
        )
    assert min(times) < 0.4


@pytest.mark.parametrize(
    "command",
    COMMANDS,
)
def test_every_command_has_help_with_examples(tmp_path: Path, command: str) -> None:
    done = run_here(isolated(tmp_path), command, "--help")
    assert done.returncode == 0, done.stderr
    assert "Examples:" in done.stdout


@pytest.mark.parametrize(
    ("question", "answered", "status"),
    [
        ("How fast does it grow?", "yes", 0),
        ("How fast does it grow? What do you think of Mozart?", "partly", 4),
        ("What do you think of Mozart?", "no", 4),
    ],
)
def test_a_finished_run_says_whether_it_has_answered(
    stack: Stack, question: str, answered: str, status: int
) -> None:
    document = stack.json(*RUN, "--question", question, "--wait", status=status)
    assert (document["status"], document["answered"]) == ("finished", answered)
    assert bool(document["unanswered"]) is (answered != "yes")
    shown = stack.command("runs", "show", document["run_id"])
    assert shown.returncode == 0
    assert f"answered {answered}" in shown.stdout
    assert all(line.partition(":")[0] in shown.stdout for line in document["unanswered"])
    assert stack.command("runs", "watch", document["run_id"]).returncode == status


def test_a_batch_and_the_statistics_count_what_is_answered(stack: Stack) -> None:
    questions = ("--question", "How fast does it grow?", "--question", "What do you think of Mozart?")
    batch = stack.json("batch", "metabolic_analysis", "--model", "e_coli_core", *questions, status=4)
    assert [run["answered"] for run in batch["runs"]] == ["yes", "no"]
    again = stack.command("batch", "metabolic_analysis", "--model", "e_coli_core", *questions,
                          "--session", batch["session"])  # fmt: skip
    assert again.returncode == 4
    assert any({"status", "answered"} <= set(line.split()) for line in again.stdout.splitlines())
    answered = stack.json("stats")["answered"]
    assert answered["yes"] >= 1
    assert answered["no"] >= 1
