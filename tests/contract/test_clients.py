"""What holds for a client of runs, whether it reaches Redis or only the API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.stack import Stack

from fluxagents import AsyncHttpClient, FluxError, HttpClient, RunSpec
from fluxagents.flows.errors import ConflictError, ErrorClass
from fluxagents.flows.ports.session import PersonQuota, SessionBudget
from fluxagents.scheduler.sessions.notebook_blocks import (
    insert_block,
    move_block,
    read_run,
    read_text,
    remove_block,
)

QUESTION = "How fast does it grow?"
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
GROWTH_PER_H = 0.8739215069684303


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    return str(stack.json("api-keys", "create")["key"])


@pytest.fixture(params=["redis", "http"])
def client(request: pytest.FixtureRequest, stack: Stack, key: str) -> Iterator[Any]:
    if request.param == "redis":
        yield stack.client()
        return
    with HttpClient(stack.command("url", "api").stdout.strip(), key) as http:
        yield http


def test_a_run_is_started_awaited_and_read(client: Any) -> None:
    run = client.start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    assert run.wait(120) == "finished"
    assert run.state.facts["growth_per_h"] == pytest.approx(GROWTH_PER_H, rel=1e-6)
    assert run.answer
    log = run.events()
    assert (log[0].type, log[-1].type) == ("RunStarted", "RunFinished")
    assert client.get(run.id).state == run.state
    assert [event.type for event in run.watch()] == [event.type for event in log]


def test_an_id_stands_for_one_start(client: Any) -> None:
    name = f"contract-{type(client).__name__}"
    runs = {
        client.start("metabolic_analysis", model="e_coli_core", run_id=name, question=QUESTION).id
        for _ in range(2)
    }
    assert runs == {name}
    with pytest.raises(FluxError, match="there is a run"):
        client.start("metabolic_analysis", model="e_coli_core", run_id=name, question="Does it?")


def test_errors_are_the_same(client: Any) -> None:
    with pytest.raises(FluxError) as unknown:
        client.get("NOTHING")
    assert unknown.value.kind is ErrorClass.UNKNOWN_ID
    with pytest.raises(FluxError) as model:
        client.start("metabolic_analysis", model="e_coli_cor", question=QUESTION)
    assert model.value.kind is ErrorClass.UNKNOWN_ID
    assert any("e_coli_core" in hint for hint in model.value.suggestions)
    with pytest.raises(FluxError) as missing:
        client.start("metabolic_analysis", model="e_coli_core")
    assert missing.value.kind is ErrorClass.BAD_ARGUMENT
    assert "question" in missing.value.message


def test_a_run_is_paused_forked_rolled_back_and_cancelled(client: Any) -> None:
    run = client.start("metabolic_analysis", model="e_coli_core", stepwise=True, question=QUESTION)
    assert run.wait(60) == "paused"
    run.resume()
    assert run.wait(60) == "paused"
    fork = client.fork(run.id, at=1)
    assert fork.origin == run.id
    rolled = client.rollback(run.id, to=0, reason="again", confirmed=True)
    assert rolled.node == run.events()[0].start_node
    client.cancel(run.id, reason="enough")
    client.cancel(fork.run_id, reason="enough")
    with pytest.raises(FluxError, match="it has ended"):
        client.pause(run.id)


def test_a_change_waits_for_its_approval(client: Any) -> None:
    run = client.ask(CHANGE, model="e_coli_core")
    assert run.wait(120) == "waiting"
    request = client.request(run.state.waiting_for.id)
    assert request.kind == "approval"
    client.approve(request.id)
    assert run.wait(120) == "finished"
    with pytest.raises(FluxError, match="answered already"):
        client.approve(request.id)
    other = client.ask(CHANGE, model="e_coli_core")
    other.wait(120)
    client.reject(other.state.waiting_for.id, reason="not now")
    assert "not now" in str(other.events())


def test_a_batch_is_started_and_gathered(client: Any) -> None:
    session = f"contract/{type(client).__name__}"
    specs = [RunSpec(model="e_coli_core", inputs={"question": QUESTION}) for _ in range(3)]
    runs = list(client.batch("metabolic_analysis", specs, session=session))
    gathered = client.gather(runs, timeout=120)
    assert [run.id for run in gathered] == [run.id for run in runs]
    assert {run.status for run in gathered} == {"finished"}


def test_runs_come_as_they_complete_with_their_results(client: Any) -> None:
    specs = [RunSpec(model="e_coli_core", inputs={"question": QUESTION}) for _ in range(2)]
    batch = client.batch("metabolic_analysis", specs)
    started = [run.id for run in batch]
    completed = list(client.as_completed(started, timeout=120))
    assert sorted(run.id for run in completed) == sorted(started)
    assert batch.tally.finished == 2
    growth = batch.table()["growth_per_h"]
    assert list(growth) == pytest.approx([GROWTH_PER_H] * 2, rel=1e-6)
    artifact = completed[0].artifact("run_metabolic_fba")
    assert artifact.result["growth_per_h"] == pytest.approx(GROWTH_PER_H, rel=1e-6)
    fluxes = artifact.table("fluxes")
    assert len(fluxes) == 95
    same = client.artifact(artifact.digest[:16])
    assert same.digest == artifact.digest
    assert same.table("fluxes").equals(fluxes)
    with pytest.raises(FluxError, match="has no result of 'run_fva'"):
        completed[0].artifact("run_fva")


def test_what_a_run_does_next_is_computed_from_its_flow(client: Any) -> None:
    run = client.start("metabolic_analysis", model="e_coli_core", stepwise=True, question=QUESTION)
    run.wait(60)
    state = run.state
    assert client.check_flow(state.flow.digest).flow.flow == "metabolic_analysis"
    assert client.check_flow("metabolic_analysis").flow.digest == state.flow.digest
    first = client.next_command(state)
    run.resume()
    run.wait(60)
    # A call of a tool or a decision: what was said to come next has been done.
    assert first is not None
    assert client.next_command(run.state) != first
    client.cancel_all([run.id, run.id], reason="enough")
    assert run.status == "cancelled"


def test_a_session_is_made_limited_steered_and_moved(client: Any, tmp_path: Path) -> None:
    name = f"contract/session {type(client).__name__}"
    sessions, session = client.sessions, client.session(name)
    made = sessions.create(name, label="Growth", budget=SessionBudget(runs=5))
    with pytest.raises(ConflictError, match="there is a session"):
        sessions.create(name)
    assert sessions.describe(name, description="How fast").label == "Growth"
    assert sessions.limit(name, weight=2.0).budget == made.budget
    run = client.ask(QUESTION, model="e_coli_core", session=name)
    waiting = client.start(
        "metabolic_analysis", model="e_coli_core", session=name, stepwise=True, question="?"
    )
    tally = session.wait(120)
    assert (tally.finished, tally.waiting) == (1, 1)
    assert [state.run_id for state in session.states()] == [run.id, waiting.id]
    assert session.entry.usage.runs == 2
    assert name in {entry.session.name for entry in sessions.page(limit=200)}
    assert sessions.counts()["open"] >= 1
    assert session.resume() == [waiting.id]
    assert waiting.wait(60) == "paused"
    assert session.cancel(reason="enough") == [waiting.id]
    clusters = sessions.clusters(name)
    assert run.id in {each for cluster in clusters for each in cluster.runs}
    (fork, *_) = session.fork(f"{name} 2", model="textbook")
    assert client.get(fork).state.model_name == "textbook"
    client.cancel(fork, reason="enough")
    page, file = client.report_session(name), tmp_path / "s.session.zip"
    assert b"Growth" in page
    client.export_session(name, file)
    assert client.import_session(file) == name
    client.export_run(run.id, tmp_path / "r.run.zip")
    assert (tmp_path / "r.run.zip").read_bytes()[:2] == b"PK"
    assert sessions.archive(name).runs == (run.id, waiting.id)
    assert sessions.restore(name).session.status == "archived"
    assert session.entry.session.status == "open"
    assert sessions.close(name).status == "closed"
    assert sessions.open(name).status == "open"


def test_a_notebook_is_written_read_and_shared(client: Any) -> None:
    name = f"contract/notebook {type(client).__name__}"
    run = client.ask(QUESTION, model="e_coli_core", session=name)
    run.wait(120)
    notebooks = client.notebooks
    assert notebooks.show(name).blocks == ()
    notebooks.write(name, insert_block(read_run(run.id)))
    first = notebooks.write(name, insert_block(read_text("On glucose."), 1))
    assert first.version == 2
    text, state = notebooks.read(name)
    assert (text.text, state) == ("On glucose.", run.state)
    notebooks.write(name, move_block(1, 2), version=2)
    with pytest.raises(ConflictError, match="version 3 now, not 2"):
        notebooks.write(name, remove_block(1), version=2)
    with pytest.raises(FluxError, match="has no run 'NOTHING'"):
        notebooks.write(name, insert_block(read_run("NOTHING")))
    link, path = notebooks.share(name, days=2)
    assert path.startswith("/shared/")
    assert list(notebooks.list_links(name)) == [link]
    assert notebooks.revoke(name, link.id) == link
    with pytest.raises(FluxError, match="there is no link"):
        notebooks.revoke(name, link.id)


def test_a_quota_is_set_and_read(client: Any, stack: Stack) -> None:
    me = stack.json("people", "me")["name"]
    quota = PersonQuota(runs_per_day=100_000)
    assert client.sessions.set_quota(me, quota) == quota
    assert client.sessions.quota(me) == quota
    assert client.sessions.quotas()[me] == quota
    assert client.sessions.set_quota(me, PersonQuota()) == PersonQuota()


def test_what_has_a_name_is_kept_changed_and_removed_over_http(stack: Stack, key: str) -> None:
    with HttpClient(stack.command("url", "api").stdout.strip(), key) as client:
        content: dict[str, Any] = {
            "flow": "metabolic_analysis",
            "model": "e_coli_core",
            "inputs": {"question": QUESTION},
            "timing": {"kind": "every", "seconds": 86_400},
        }
        made = client.schedules.add("contract", **content)
        assert made["schedule"]["name"] == "contract"
        assert client.schedules.act("contract", "pause")["paused_by"]
        changed = client.schedules.replace("contract", **{**content, "model": "textbook"})
        assert changed["schedule"]["model"] == "textbook"
        assert client.schedules.read("contract", "history", limit=5) == []
        assert "contract" in {each["schedule"]["name"] for each in client.schedules.list()}
        client.schedules.remove("contract")
        with pytest.raises(FluxError, match="there is no schedule"):
            client.schedules.show("contract")
        source = {"kind": "run", "ends": ["failed"]}
        client.triggers.add("contract", source=source, flow="metabolic_analysis", inputs={"question": "q"})
        client.triggers.remove("contract")
        hook = client.webhooks.add("contract", url="https://receiver.invalid/x", events=["run.*"])
        assert hook["secret"].startswith("whsec_")
        client.webhooks.remove("contract")
        assert "contract" not in {each["name"] for each in client.webhooks.list()}


def test_the_asynchronous_client_does_the_same(stack: Stack, key: str) -> None:
    async def work() -> None:
        address = stack.command("url", "api").stdout.strip()
        async with AsyncHttpClient(address, key) as client:
            specs = [RunSpec(model="e_coli_core", inputs={"question": QUESTION}) for _ in range(3)]
            runs = [run async for run in client.batch("metabolic_analysis", specs, session="contract/async")]
            await client.gather(runs, timeout=120)
            assert {await run.status for run in runs} == {"finished"}
            session = client.session("contract/async")
            assert {state.run_id for state in await session.states()} == {run.id for run in runs}
            artifact = await runs[0].artifact("run_metabolic_fba")
            assert len(artifact.table("fluxes")) == 95
            completed = {run.id async for run in client.as_completed(runs, timeout=60)}
            assert completed == {run.id for run in runs}
            assert "contract" not in {each["schedule"]["name"] for each in await client.schedules.list()}
            words = insert_block(read_text("Three times the same."))
            assert (await client.notebooks.write("contract/async", words)).version == 1
            with pytest.raises(FluxError, match="nobody acts as"):
                await client.pause(runs[0].id, by="somebody")

    asyncio.run(work())


def test_an_api_that_is_away_is_said_to_be_away() -> None:
    with HttpClient("http://127.0.0.1:1", "flux_x") as client, pytest.raises(FluxError) as away:
        client.get("any")
    assert away.value.kind is ErrorClass.PROVIDER_OUTAGE


def test_an_address_and_a_key_are_needed() -> None:
    with pytest.raises(FluxError, match="no address of the API"):
        HttpClient()
