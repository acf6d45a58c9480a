"""Of several runs on a model the newest result counts, and whatever has begun since is told."""

from __future__ import annotations

from typing import Any

from fluxagents.flows.engine.tool_flows import build_call_flow
from fluxagents.flows.events import FlowRef
from fluxagents.flows.state import Finding, RunState
from fluxagents.scheduler.runs.model_analyses import find_analysis

MODEL, CHANGED = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
TOOL = "score_model"


def run(run_id: str, *findings: Finding, flow: str = "metabolic_analysis", **changes: Any) -> RunState:
    return RunState(
        run_id=run_id,
        session=run_id,
        flow=FlowRef(name=flow, version=1, digest="f" * 64),
        node="done",
        status=changes.pop("status", "finished"),
        model_name="m",
        model=changes.pop("model", MODEL),
        inputs={},
        lane="interactive",
        seq=1,
        started_ms=0,
        updated_ms=0,
        findings=findings,
        **changes,
    )


def finding(tool: str = TOOL, model: str | None = None, **args: Any) -> Finding:
    return Finding(id="F1", tool=tool, args=args, key_findings={}, model=model)


def call(run_id: str, status: str) -> RunState:
    return run(run_id, flow=build_call_flow(TOOL, {}).flow, status=status)


def test_the_newest_result_on_exactly_this_model_counts() -> None:
    runs = [
        run("other-tool", finding("run_metabolic_fba")),
        run("after-a-change", finding(model=CHANGED), model=CHANGED),
        run("before-a-change", finding(model=MODEL), model=CHANGED),
        run("older", finding()),
    ]
    found = find_analysis(runs, MODEL, TOOL)
    assert found.run is not None
    assert (found.run.run_id, found.begun, found.goes_on) == ("before-a-change", None, False)


def test_a_result_of_another_kind_is_passed_over() -> None:
    runs = [run("one", finding(media=["M9_glucose"])), run("all", finding())]
    found = find_analysis(runs, MODEL, TOOL, lambda args: not args.get("media"))
    assert found.run is not None
    assert found.run.run_id == "all"


def test_what_has_begun_since_the_result_is_told_and_what_was_before_is_not() -> None:
    running, failed, result = call("new", "running"), call("bad", "failed"), run("result", finding())
    since = find_analysis([running, failed, result], MODEL, TOOL)
    assert (since.begun, since.run, since.goes_on) == (running, result, True)
    assert not find_analysis([failed, result], MODEL, TOOL).goes_on
    assert find_analysis([result, running], MODEL, TOOL).begun is None
    assert find_analysis([call("else", "running")], CHANGED, TOOL).begun is None
