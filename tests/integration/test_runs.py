"""Runs on real workers and a real Redis."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen
from uuid import uuid4

import psutil
import pytest
from celery import Celery
from tests.support.stack import Stack
from tests.support.waiting import eventually

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.reducer import fold
from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.redis.connection import connect, redis_url

QUESTION = "Which genes are essential for growth?"
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"


def foreign(stack: Stack) -> Celery:
    """A program that has Celery and nothing of this project."""
    return Celery(broker=redis_url(stack.settings))


def test_a_question_is_answered_with_the_published_genes(stack: Stack) -> None:
    run = stack.client().start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    assert run.wait(120) == "finished"
    found = next(finding for finding in run.findings if finding.tool == "analyze_essentiality")
    for gene in ("b0720", "b1136", "b1779", "b2415", "b2416", "b2779", "b2926"):
        assert gene in json.dumps(found.key_findings)
        assert gene in (run.answer or "")
    assert run.state.facts["growth_per_h"] == pytest.approx(0.8739215069684, rel=1e-6)
    assert fold(run.events()) == run.state


def test_the_log_says_which_prompt_and_which_model_decided(stack: Stack) -> None:
    run = stack.client().start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
    run.wait(120)
    decisions = [event for event in run.events() if isinstance(event, e.DecisionMade)]
    assert decisions
    assert all(event.prompt.digest and event.prompt.chat_model for event in decisions)


def test_an_approval_holds_no_message_and_no_worker(stack: Stack) -> None:
    client = stack.client()
    run = client.start("metabolic_analysis", model="e_coli_core", question=CHANGE)
    assert run.wait(120) == "waiting"
    request = run.state.waiting_for
    assert request is not None
    assert request.call is not None
    assert request.call.tool == "apply_medium"
    eventually(lambda: run.state.notified)
    redis = connect(stack.settings, decode_responses=False)
    assert not any(redis.llen(queue) for queue in QUEUES if queue != "control")
    client.approve(request.id, by="ada")
    assert run.wait(120) == "finished"
    assert run.state.model != run.events()[0].model  # type: ignore[union-attr]
    assert "1.65" in (run.answer or "")
    with pytest.raises(FluxError, match="answered already by 'ada'"):
        client.approve(request.id, by="bob")


def test_a_rejection_is_taken_into_account(stack: Stack) -> None:
    client = stack.client()
    run = client.start("metabolic_analysis", model="e_coli_core", question=CHANGE)
    assert run.wait(120) == "waiting"
    request = run.state.waiting_for
    assert request is not None
    client.reject(request.id, by="ada", reason="the medium is fixed by the protocol")
    assert run.wait(120) == "finished"
    assert run.state.model == run.events()[0].model  # type: ignore[union-attr]
    assert not any(
        isinstance(event, e.ToolSucceeded) and event.call.tool == "apply_medium" for event in run.events()
    )
    assert "the medium is fixed by the protocol" in (run.answer or "")


def test_an_edited_approval_runs_with_the_edited_arguments(stack: Stack) -> None:
    client = stack.client()
    run = client.start("metabolic_analysis", model="e_coli_core", question=CHANGE)
    assert run.wait(120) == "waiting"
    request = run.state.waiting_for
    assert request is not None
    with pytest.raises(FluxError, match="unknown argument 'medum_changes'"):
        client.approve(request.id, by="ada", args={"medum_changes": {}})
    client.approve(request.id, by="ada", args={"medium_changes": {"EX_glc__D_e": 5.0}})
    assert run.wait(120) == "finished"
    ran = [
        event.call.args
        for event in run.events()
        if isinstance(event, e.ToolSucceeded) and event.call.tool == "apply_medium"
    ]
    assert [args["medium_changes"] for args in ran] == [{"EX_glc__D_e": 5.0}]


def test_the_same_id_starts_once(stack: Stack) -> None:
    client = stack.client()
    run_id = f"mine-{uuid4().hex}"
    first = client.start("metabolic_analysis", model="e_coli_core", question=QUESTION, run_id=run_id)
    second = client.start("metabolic_analysis", model="e_coli_core", question=QUESTION, run_id=run_id)
    assert first.id == second.id
    with pytest.raises(
        FluxError, match=r"model e_coli_core .*, not iJO1366 .*; question 'Which .*, not 'another'"
    ):
        client.start("metabolic_analysis", model="iJO1366", question="another", run_id=run_id)
    assert second.wait(120) == "finished"


def test_a_program_that_knows_only_celery_starts_a_run(stack: Stack) -> None:
    run_id = f"foreign-{uuid4().hex}"
    order = {"flow": "metabolic_analysis", "model": "e_coli_core", "inputs": {"question": QUESTION}}
    for _ in range(2):
        foreign(stack).send_task("run.start", kwargs=order, queue="control", task_id=run_id)
    store = stack.client().store
    eventually(lambda: any(state.run_id == run_id for state in store.runs()))
    assert stack.client().get(run_id).wait(120) == "finished"


@pytest.mark.parametrize(
    ("run", "seq"),
    [("nobody", 1), ("known", 99), ("known", 0)],
    ids=["unknown run", "future step", "past step"],
)
def test_a_forged_message_changes_nothing(stack: Stack, run: str, seq: int) -> None:
    client = stack.client()
    known = client.start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
    known.wait(120)
    before = known.events()
    message = {"run": known.id if run == "known" else run, "seq": seq, "state": "{}"}
    app = foreign(stack)
    for task, queue in (("step.decide", "decide"), ("tool.run_metabolic_fba", "tools")):
        app.send_task(task, kwargs=message, queue=queue)
    again = client.start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
    assert again.wait(120) == "finished"
    assert known.events() == before


def test_pause_and_resume(stack: Stack) -> None:
    client = stack.client()
    run = client.start("metabolic_analysis", model="iJO1366", question=QUESTION)
    run.pause(by="ada")
    assert run.wait(120) == "paused"
    at = run.state.seq
    run.resume(by="ada")
    assert run.wait(240) == "finished"
    assert run.state.seq > at
    kinds = [event.type for event in run.events()]
    assert kinds.index("RunPaused") < kinds.index("RunResumed")


def test_a_cancelled_run_is_at_its_end(stack: Stack) -> None:
    client = stack.client()
    run = client.start("metabolic_analysis", model="iJO1366", question=QUESTION)
    run.cancel(by="ada", reason="the wrong model")
    assert run.status == "cancelled"
    with pytest.raises(FluxError, match="is cancelled; it has ended"):
        run.resume(by="ada")


def test_flower_saw_the_steps_of_the_run(stack: Stack) -> None:
    run = stack.client().start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
    assert run.wait(120) == "finished"

    def steps() -> dict[str, str]:
        """What the page of tasks shows for this search: name -> arguments."""
        query = {
            "draw": 1,
            "start": 0,
            "length": 100,
            "search[value]": f"kwargs:run={run.id}",
            "order[0][column]": 0,
            "order[0][dir]": "asc",
            "columns[0][data]": "name",
        }
        with urlopen(stack.ask_flower("/tasks/datatable", urlencode(query).encode())) as response:
            return {task["name"]: task["kwargs"] for task in json.load(response)["data"]}

    wanted = {"tool.analyze_metabolic_model", "tool.run_metabolic_fba", "step.decide"}
    eventually(lambda: wanted <= steps().keys())
    assert steps()["tool.run_metabolic_fba"] == repr({"run": run.id, "step": 2, "tool": "run_metabolic_fba"})


def test_flower_starts_nothing(stack: Stack) -> None:
    request = stack.ask_flower("/api/task/send-task/run.start", b'{"kwargs": {}}')
    with pytest.raises(HTTPError) as refused:
        urlopen(request)
    assert refused.value.code in {401, 403, 404, 405}
    refused.value.close()


def test_a_step_whose_worker_is_killed_goes_on_elsewhere(stack: Stack) -> None:
    client = stack.client()
    run = client.start("metabolic_analysis", model="salmonella", question=QUESTION)
    redis = client.store._redis  # type: ignore[attr-defined]
    key = f"flux:run:{run.id}"
    eventually(lambda: redis.hget(key, "owner") is not None and run.state.seq >= 2)
    owner = redis.hget(key, "owner")
    assert owner is not None
    psutil.Process(int(owner.decode().rpartition("|")[2])).kill()
    assert run.wait(240) == "finished"
    assert fold(run.events()) == run.state
    assert len({(event.seq, event.type) for event in run.events() if event.type == "ToolSucceeded"}) == len(
        [event for event in run.events() if event.type == "ToolSucceeded"]
    )


def test_a_cancelled_tool_is_stopped_and_its_worker_goes_on(stack: Stack) -> None:
    client = stack.client()
    run = client.start("metabolic_analysis", model="salmonella", question="Which reactions are blocked?")
    redis = client.store._redis  # type: ignore[attr-defined]

    def owners() -> list[bytes]:
        """Processes that compute a shard; the run's own step only splits the call and may end at once."""
        shards = [state.run_id for state in client.store.runs(session=run.id) if state.run_id != run.id]
        return [owner for shard in shards if (owner := redis.hget(f"flux:run:{shard}", "owner"))]

    eventually(lambda: bool(owners()))
    process = psutil.Process(int(owners()[0].decode().rpartition("|")[2]))
    run.cancel(by="ada", reason="not needed any more")
    eventually(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    assert run.status == "cancelled"
    other = client.start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
    assert other.wait(120) == "finished"


def test_only_dead_letters_are_retried_and_discarded(stack: Stack) -> None:
    client = stack.client()
    run = client.start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
    for act in (client.retry, client.discard):
        with pytest.raises(FluxError, match=r"not among the dead letters|it has ended"):
            act(run.id, by="ada")
    assert run.wait(120) == "finished"
    assert stack.json("runs", "dead") == []
