"""What holds for a client of runs, whether it reaches Redis or only the API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.stack import Stack

from fluxagents import AsyncHttpClient, FluxError, HttpClient, RunSpec
from fluxagents.flows.errors import ErrorClass

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


def test_the_asynchronous_client_does_the_same(stack: Stack, key: str) -> None:
    async def work() -> None:
        async with AsyncHttpClient(stack.command("url", "api").stdout.strip(), key) as client:
            specs = [RunSpec(model="e_coli_core", inputs={"question": QUESTION}) for _ in range(3)]
            runs = [run async for run in client.batch("metabolic_analysis", specs, session="contract/async")]
            await client.gather(runs, timeout=120)
            assert {await run.status for run in runs} == {"finished"}
            states = await client.session_states("contract/async")
            assert {state.run_id for state in states} == {run.id for run in runs}
            (artifact,) = {
                finding.artifact for finding in states[0].findings if finding.tool == "run_metabolic_fba"
            }
            table = await client.table(states[0].run_id, str(artifact), "fluxes")
            assert len(table) == 95
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
