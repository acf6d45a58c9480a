"""The asynchronous client: the methods of the other one, awaited, and the event loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.unit.workers.clients.test_local import Desk
from tests.unit.workers.clients.test_script_client import GROWTH_PER_H, ask, start_timed

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.collaboration.collaboration import Collaboration
from fluxagents.scheduler.collaboration.feedback import Feedback
from fluxagents.scheduler.collaboration.inbox import Inbox
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.workers.clients.awaited.async_client import AsyncClient
from fluxagents.workers.clients.awaited.async_genomes import AsyncGenomes
from fluxagents.workers.clients.awaited.async_http_client import AsyncHttpBook, AsyncHttpClient
from fluxagents.workers.clients.awaited.async_notebooks import AsyncNotebooks
from fluxagents.workers.clients.awaited.async_people import AsyncCollaboration, AsyncFeedback, AsyncInbox
from fluxagents.workers.clients.awaited.async_runs import AsyncBatch, AsyncRun, AsyncSession, AsyncSessions
from fluxagents.workers.clients.client import Client
from fluxagents.workers.clients.client_run import ClientRun
from fluxagents.workers.clients.genomes import Genomes
from fluxagents.workers.clients.http.http_book import HttpBook
from fluxagents.workers.clients.http.http_client import HttpClient
from fluxagents.workers.clients.http.http_genomes import HttpGenomes
from fluxagents.workers.clients.http.http_notebooks import HttpNotebooks
from fluxagents.workers.clients.http.http_people import HttpCollaboration, HttpFeedback, HttpInbox
from fluxagents.workers.clients.http.http_sessions import HttpSessions
from fluxagents.workers.clients.run_group import Batch, Session

PAIRS = (
    (Client, AsyncClient),
    (ClientRun, AsyncRun),
    (Batch, AsyncBatch),
    (Session, AsyncSession),
    (Sessions, AsyncSessions),
    (HttpSessions, AsyncSessions),
    (Feedback, AsyncFeedback),
    (HttpFeedback, AsyncFeedback),
    (Collaboration, AsyncCollaboration),
    (HttpCollaboration, AsyncCollaboration),
    (Inbox, AsyncInbox),
    (HttpInbox, AsyncInbox),
    (HttpNotebooks, AsyncNotebooks),
    (Genomes, AsyncGenomes),
    (HttpGenomes, AsyncGenomes),
    (HttpClient, AsyncHttpClient),
    (HttpBook, AsyncHttpBook),
)
"""What scripts hold, and what asynchronous scripts hold instead."""


PEOPLE = {"feedback", "collaboration", "inbox", "notebooks", "genomes"}

BOOKS = {"schedules", "triggers", "webhooks"}
"""That only clients over HTTP have."""

NOT_OVER_HTTP = {
    "acting_as",
    "may_see",
    "record",
    "adopt",
    "plan_rewind",
    "rewind",
    "way_back",
    "go_back",
    "migration",
    "bundle_stores",
}
"""They name the actor, which the key does, or hand out what the store is made of."""


def public_methods(cls: type) -> dict[str, Callable[..., Any]]:
    members = {name: member for name, member in inspect.getmembers(cls) if not name.startswith("_")}
    return {name: getattr(member, "fget", member) for name, member in members.items()}


def describe_signature(method: Callable[..., Any]) -> tuple[list[tuple[str, str, str, str]], str]:
    """The parameters, and what is returned, without what is asynchronous about it."""
    signature = inspect.signature(method)
    parameters = [
        (
            name,
            str(parameter.kind),
            str(parameter.default),
            str(parameter.annotation).replace("e.Lane", "Lane"),
        )
        for name, parameter in signature.parameters.items()
    ]
    returned = re.sub(r"Async|Http|builtins\.", "", str(signature.return_annotation))
    return parameters, returned.replace("ClientRun", "Run").replace("e.HumanRequest", "HumanRequest")


@pytest.mark.parametrize(("plain", "asynchronous"), PAIRS, ids=lambda cls: cls.__name__)
def test_both_have_the_same_methods_with_the_same_signatures(plain: type, asynchronous: type) -> None:
    methods, awaited = public_methods(plain), public_methods(asynchronous)
    assert sorted(awaited) == sorted(methods)
    for name, method in methods.items():
        assert describe_signature(awaited[name]) == describe_signature(method), name


def test_a_client_over_http_has_the_methods_of_the_client() -> None:
    over_http, methods = public_methods(HttpClient), public_methods(Client)
    assert set(over_http) - {"close"} - BOOKS == set(methods) - NOT_OVER_HTTP
    for name in set(over_http) & set(methods) - {"sessions"}:
        assert describe_signature(over_http[name]) == describe_signature(methods[name]), name


@pytest.mark.parametrize(("plain", "asynchronous"), PAIRS, ids=lambda cls: cls.__name__)
def test_each_method_that_asks_the_store_is_awaited(plain: type, asynchronous: type) -> None:
    assert plain is not asynchronous
    at_once = {
        name
        for name, method in public_methods(asynchronous).items()
        if not inspect.iscoroutinefunction(method) and not inspect.isasyncgenfunction(method)
    }
    assert at_once <= {"batch", "session", "sessions", "hold", "acting_as", *BOOKS, *PEOPLE}, (
        "they only name runs, or who acts"
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def run_script(script: Callable[[AsyncClient], Coroutine[Any, Any, None]], desk: Desk) -> None:
    asyncio.run(script(AsyncClient(client=desk.client)))


def test_a_run_is_started_awaited_and_read(desk: Desk) -> None:
    async def script(client: AsyncClient) -> None:
        run = await client.start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
        assert await run.wait(timeout=60) == "finished"
        assert "0.87" in (await run.answer or "")
        table = await run.table()
        assert pytest.approx(table[table["key"] == "growth_per_h"]["number"].iloc[0]) == GROWTH_PER_H
        assert len((await run.artifact("run_metabolic_fba")).table_names) > 0
        assert [event.seq async for event in run.watch()] == [event.seq for event in await run.events()]

    run_script(script, desk)


def test_a_batch_is_iterated_gathered_and_a_table(desk: Desk) -> None:
    async def script(client: AsyncClient) -> None:
        batch = client.batch("metabolic_analysis", ask("Growth rate?", "Mass balance?"), session="nightly")
        runs = [run async for run in batch]
        gathered = await client.gather(runs, progress=True)
        assert [run.id for run in gathered] == [run.id for run in runs]
        assert {run.id async for run in client.as_completed(runs)} == {run.id for run in runs}
        assert list((await batch.table())["run_id"]) == [
            run.id for run in await client.session("nightly").runs
        ]
        assert (await batch.tally).finished == 2

    run_script(script, desk)


def test_other_tasks_go_on_while_runs_are_awaited(desk: Desk) -> None:
    async def script(client: AsyncClient) -> None:
        runs = [run.id for run in start_timed(desk, 2)]
        waiting = asyncio.create_task(client.gather(runs, timeout=60))
        assert await client.cancel_all(runs, by="ada", reason="a test") == runs
        assert [await run.status for run in await waiting] == ["cancelled", "cancelled"]
        with pytest.raises(FluxError, match="has ended"):
            await client.hold(runs[0]).cancel()

    run_script(script, desk)


def test_waiting_can_be_given_up(desk: Desk) -> None:
    async def script(client: AsyncClient) -> None:
        (run,) = [run.id for run in start_timed(desk, 1)]
        with pytest.raises(TimeoutError, match="1 of 1 runs still run after 0 s"):
            await client.hold(run).wait(timeout=0)
        waiting = asyncio.create_task(client.gather([run]))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run_script(script, desk)


def test_importing_the_clients_brings_no_library_of_numbers() -> None:
    """They start in a moment: pandas, matplotlib and cobra come when a table, a plot or a model is read."""
    heavy = ("cobra", "pandas", "matplotlib", "pyarrow", "numpy", "IPython")
    script = (
        "import sys; from fluxagents import AsyncClient, Client, FluxError, RunSpec; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
