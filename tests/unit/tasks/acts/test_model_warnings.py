"""What was left out of a model's file stands beside every result and in every answer that it can change."""

from __future__ import annotations

from pathlib import Path

import pytest
from cobra import Model, Reaction
from cobra.io import to_json
from tests.support.recorded_run import acts_in

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.batch_tables import summary_rows
from fluxagents.tasks.dispatch import TOOL
from fluxagents.tasks.model_warnings import list_concerning
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.registry import TOOLS, tool_facts, tool_named
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_store import ModelFiles

FLOW = """
flow: inspect
version: 1
purpose: Look at a model.
start: work
nodes:
  work: {kind: tool, tool: analyze_metabolic_model, next: done}
  done: {kind: end, message: seen}
"""


def test_warnings_of_a_model_are_in_the_provenance(tmp_path: Path) -> None:
    idle = Model("idle")
    idle.add_reactions([Reaction("nothing")])
    models, artifacts = ModelFiles(str(tmp_path)), ArtifactFiles(str(tmp_path))
    ref = models.add(to_json(idle).encode(), "idle", suffix=".json").ref
    acts = acts_in(str(tmp_path), models=models, artifacts=artifacts)
    controller = FlowController(flow_from_yaml(FLOW), tools=tool_facts(TOOLS))
    started = e.RunStarted(
        seq=0,
        at_ms=0,
        run_id="r",
        session="s",
        flow=e.FlowRef(name="inspect", version=1, digest=controller.flow.digest),
        start_node="work",
        inputs={},
        model=ref.digest,
        model_name=ref.name,
    )
    state = reduce(None, started)
    (done,) = acts[TOOL](controller, state, CallTool(tool="analyze_metabolic_model", args={}))
    assert isinstance(done, e.ToolSucceeded)
    assert done.artifact is not None
    warnings = artifacts.manifest(done.artifact).provenance.model_warnings
    assert warnings == tuple(warning.message for warning in models.show(ref).warnings)
    assert warnings[0].startswith("the model has no objective")


GENE_BAD = Path(__file__).parents[3] / "data/wild/gene_bad.json"
RULE = "g1 and (g2 or"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> LocalClient:
    return LocalClient(tmp_path_factory.mktemp("store"))


def ask(client: LocalClient, question: str) -> RunState:
    return client.start("metabolic_analysis", model=str(GENE_BAD), question=question).state


def test_an_answer_about_genes_says_which_rule_was_left_out(client: LocalClient) -> None:
    state = ask(client, "Which genes are essential?")
    assert state.answer is not None
    note = state.answer.splitlines()[-1]
    assert note.startswith("Note on the model: ")
    assert RULE in note
    finding = state.findings[-1]
    assert finding.tool == "analyze_essentiality"
    cell = finding.key_findings["model_warnings"]
    assert isinstance(cell, dict)
    assert cell["count"] == cell["shown"] == 1
    (row,) = summary_rows([state])
    assert len(row.model_warnings) == 1


@pytest.mark.parametrize("question", ["What does it take up?", "How fast does it grow?"])
def test_an_answer_that_rests_on_no_genes_does_not(client: LocalClient, question: str) -> None:
    state = ask(client, question)
    assert "Note on the model" not in str(state.answer)
    assert summary_rows([state])[0].model_warnings == ()
    baseline = next(finding for finding in state.findings if finding.tool == "run_metabolic_fba")
    assert "model_warnings" not in baseline.key_findings


AUDIT = """
flow: audit
version: 1
purpose: Compute a run again.
inputs: {of: {type: string, required: true}}
start: work
nodes:
  work: {kind: tool, tool: validate_tool_audit, args: {run_id: =of}, next: done}
  done: {kind: end, message: computed}
"""


def test_an_audit_computes_the_same_beside_the_warnings(client: LocalClient, tmp_path: Path) -> None:
    state = ask(client, "Which genes are essential?")
    (tmp_path / "audit.yaml").write_text(AUDIT)
    audit = client.start(str(tmp_path / "audit.yaml"), model=str(GENE_BAD), of=state.run_id).state
    assert audit.findings[-1].key_findings["passed"]


@pytest.mark.parametrize(
    ("tool", "args", "concerned"),
    [
        ("run_metabolic_fba", {}, False),
        ("run_metabolic_fba", {"knock_outs": ["g1"]}, True),
        ("analyze_essentiality", {"what": "reactions"}, False),
        ("analyze_essentiality", {"what": "genes"}, True),
        ("find_growth_coupled_knock_outs", {"product_exchange": "EX_A_e", "kind": "genes"}, True),
        ("find_growth_coupled_knock_outs", {"product_exchange": "EX_A_e"}, False),
        ("validate_model", {}, True),
        ("find_minimal_media", {}, False),
        ("resolve_biochem_entity", {"query": "A"}, False),
    ],
)
def test_a_call_rests_on_genes_by_its_tool_and_arguments(
    client: LocalClient, tool: str, args: dict[str, object], *, concerned: bool
) -> None:
    ref = client.models.resolve(str(GENE_BAD))
    found = tool_named(tool)
    messages = list_concerning(client.models, ref, found, found.parse(args))
    assert [RULE in message for message in messages] == [True] * concerned


def test_other_models_of_a_call_are_named_with_their_warnings(client: LocalClient) -> None:
    client.models.add(GENE_BAD, "odd")
    tool = tool_named("compare_models")
    args = tool.parse({"models": ["odd"]})
    (message,) = list_concerning(client.models, client.models.resolve("e_coli_core"), tool, args)
    assert message.startswith("model 'odd': ")


def test_predictions_rest_on_no_formulas_and_genes() -> None:
    assert tool_named("find_minimal_media").rests_on == {Concern.GROWTH, Concern.FLUXES, Concern.MEDIUM}
