"""Server-sent events from a server that listens on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from tests.support.event_stream import STREAM, next_named, read_events
from tests.support.http_api import Api

from fluxagents.flows.people.roles import Role

START: dict[str, Any] = {"question": "How fast does it grow?", "model": "e_coli_core"}


def test_a_run_is_followed_to_its_end_and_from_where_one_left_off(served: tuple[Api, str]) -> None:
    api, address = served
    rob = api.bearer("rob", Role.RUNNER)

    async def follow() -> None:
        async with httpx2.AsyncClient(base_url=address, headers=rob, timeout=30) as client:
            run = (await client.post("/v1/runs", json=START)).json()["run_id"]
            url = f"/v1/runs/{run}/events"
            async with client.stream("GET", url, headers=STREAM) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                events = read_events(response)
                first = await next_named(events)
                assert (first["id"], first["event"]) == ("0", "RunStarted")
                await client.post(f"/v1/runs/{run}/pause")
                assert (await next_named(events))["event"] == "RunPaused"
                await client.post(f"/v1/runs/{run}/cancel", json={"reason": "seen enough"})
                last = await next_named(events)
                assert last["event"] == "RunCancelled"
                assert json.loads(last["data"])["reason"] == "seen enough"
                assert [event async for event in events if event] == []
            async with client.stream("GET", url, headers={**STREAM, "Last-Event-ID": "0"}) as response:
                names = [event["event"] async for event in read_events(response) if event]
                assert names == ["RunPaused", "RunCancelled"]
            done = await client.get(url, headers={**STREAM, "Last-Event-ID": last["id"]})
            assert done.status_code == 204

    asyncio.run(follow())


def test_what_was_missed_comes_first_and_nothing_twice(served: tuple[Api, str]) -> None:
    api, address = served
    rob = api.bearer("rob", Role.RUNNER)

    async def follow() -> None:
        async with httpx2.AsyncClient(base_url=address, headers=rob, timeout=30) as client:
            async with client.stream("GET", "/v1/sessions/mine/events") as response:
                events = read_events(response)
                await anext(events)
                await client.post("/v1/runs", json={**START, "session": "mine", "run_id": "a"})
                await client.post("/v1/runs", json={**START, "session": "other", "run_id": "x"})
                seen = await next_named(events)
                assert json.loads(seen["data"])["run_id"] == "a"
            for run in ("b", "c"):
                await client.post("/v1/runs", json={**START, "session": "mine", "run_id": run})
            resumed = {"Last-Event-ID": seen["id"]}
            async with client.stream("GET", "/v1/sessions/mine/events", headers=resumed) as response:
                events = read_events(response)
                await client.post("/v1/runs", json={**START, "session": "mine", "run_id": "d"})
                runs = [json.loads((await next_named(events))["data"])["run_id"] for _ in range(3)]
                assert runs == ["b", "c", "d"]

    asyncio.run(follow())


def test_a_listener_is_told_that_events_are_gone(served: tuple[Api, str]) -> None:
    api, address = served
    rob = api.bearer("rob", Role.RUNNER)
    for number in range(3):
        api.client.post("/v1/runs", json={**START, "run_id": f"r{number}"}, headers=rob)
    live: Any = api.ports.live
    store: Any = api.ports.client.store
    store._redis.xtrim(live._name, maxlen=1, approximate=False)

    async def follow() -> None:
        async with (
            httpx2.AsyncClient(base_url=address, headers=rob, timeout=30) as client,
            client.stream("GET", "/v1/events", headers={"Last-Event-ID": "1-0.0"}) as response,
        ):
            assert (await next_named(read_events(response)))["event"] == "gap"

    asyncio.run(follow())


def test_one_sees_only_the_sessions_that_one_may_see(served: tuple[Api, str]) -> None:
    api, address = served
    rob = api.bearer("rob", Role.RUNNER)
    guest = api.bearer("guest", Role.VIEWER, place="session:shared")

    async def follow() -> None:
        async with httpx2.AsyncClient(base_url=address, timeout=30) as client:
            hidden = await client.get("/v1/sessions/private/events", headers=guest)
            assert hidden.status_code == 404
            async with client.stream("GET", "/v1/events", headers=guest) as response:
                events = read_events(response)
                await anext(events)
                for session, run in (("private", "p"), ("shared", "s")):
                    body = {**START, "session": session, "run_id": run}
                    await client.post("/v1/runs", json=body, headers=rob)
                assert json.loads((await next_named(events))["data"])["run_id"] == "s"

    asyncio.run(follow())


def test_five_hundred_listen_to_one_process(served: tuple[Api, str]) -> None:
    api, address = served
    rob = api.bearer("rob", Role.RUNNER)
    limits = httpx2.Limits(max_connections=600, max_keepalive_connections=600)

    async def follow() -> None:
        async with httpx2.AsyncClient(base_url=address, headers=rob, timeout=60, limits=limits) as client:
            listening, heard = asyncio.Semaphore(0), []

            async def listen() -> None:
                async with client.stream("GET", "/v1/events") as response:
                    events = read_events(response)
                    await anext(events)
                    listening.release()
                    heard.append(await next_named(events))

            tasks = [asyncio.create_task(listen()) for _ in range(500)]
            for _ in tasks:
                await listening.acquire()
            started = await client.post("/v1/runs", json=START)
            assert started.status_code == 201
            await asyncio.gather(*tasks)
            runs = {json.loads(event["data"])["run_id"] for event in heard}
            assert (len(heard), runs) == (500, {started.json()["run_id"]})

    asyncio.run(follow())


@pytest.mark.long
def test_a_thousand_requests_at_once_are_all_answered(served: tuple[Api, str]) -> None:
    api, address = served
    rob = api.bearer("rob", Role.RUNNER)
    limits = httpx2.Limits(max_connections=1_000)

    async def ask() -> None:
        async with httpx2.AsyncClient(base_url=address, headers=rob, timeout=120, limits=limits) as client:
            answers = await asyncio.gather(*(client.get("/v1/runs?limit=1") for _ in range(1_000)))
            assert {answer.status_code for answer in answers} == {200}

    asyncio.run(ask())
