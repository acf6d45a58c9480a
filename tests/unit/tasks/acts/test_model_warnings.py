"""What was remarked on when a model's file was parsed stays with every result."""

from __future__ import annotations

from pathlib import Path

from cobra import Model, Reaction
from cobra.io import to_json
from tests.support.recorded_run import acts_in

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.reducer import reduce
from fluxagents.tasks.dispatch import TOOL
from fluxagents.tasks.registry import TOOLS, tool_facts
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
