"""Requests per second of one API process with 100,000 runs in the store, and its listeners, all on loopback.

The client shares the machine with the server and takes about as much of it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from pydantic import SecretStr
from redis import Redis
from tests.bench.noops import TOOLS, first, flow

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.workers.host.api.api_ports import build_api_ports
from fluxagents.workers.host.api.process import SERVER, answers
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.settings import Settings

RUNS = 100_000
CHUNK = 500
CLIENTS = 16
SECONDS = 6.0
LISTENERS = 500

Ask = Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]


def lines(url: str, folder: Path) -> Iterator[str]:
    """What was measured, a line each."""
    settings = Settings(redis_url=SecretStr(url), data_dir=folder)
    last = fill(Redis.from_url(url), settings.key_prefix)
    headers = {"Authorization": f"Bearer {create_key(settings)}"}
    with serve(folder, url) as address:
        start = {"model": "e_coli_core", "question": "How fast does it grow?"}
        asks: dict[str, Ask] = {
            "start": lambda client: client.post("/v1/runs", json=start),
            "show": lambda client: client.get(f"/v1/runs/{last}"),
            "list 50": lambda client: client.get("/v1/runs"),
            "list 50 of a session": lambda client: client.get("/v1/runs?session=bench&status=running"),
        }
        for name, ask in asks.items():
            yield asyncio.run(_load(address, headers, name, ask))
        yield asyncio.run(_listen(address, headers, start))


def fill(redis: Redis, prefix: str) -> str:
    """Store runs that nobody carries out; the id of the last one."""
    store, controller = RedisRunStore(redis, prefix=prefix), FlowController(flow(), tools=TOOLS)
    store.save_flow(controller.flow)
    run = ""
    for _ in range(0, RUNS, CHUNK):
        commits = [first(controller) for _ in range(CHUNK)]
        store.create_many([(commit, commit.state.model_dump_json()) for commit in commits])
        run = commits[-1].state.run_id
    return run


def create_key(settings: Settings) -> str:
    """A key of an admin."""
    ports = build_api_ports(settings)
    person = Person(name="bench", grants=(Grant(role=Role.ADMIN),))
    ports.client.authority.directory.save(person, before=None)
    actor = Actor(name="bench", channel="process", proof=Proof(kind="os-user", id="0"))
    return str(ports.api_keys.create(ports.client.acting_as(actor).authority)[0])


@contextmanager
def serve(folder: Path, url: str) -> Iterator[str]:
    """An API of its own process from its first answer on; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "FLUXAGENTS_REDIS_URL": url,
        "FLUXAGENTS_DATA_DIR": str(folder),
        "FLUXAGENTS_LOG_LEVEL": "WARNING",
        "FLUXAGENTS_API_REQUESTS_PER_MINUTE": "1000000000",
    }
    command = [sys.executable, "-m", SERVER, "--host=127.0.0.1", f"--port={port}"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as process:
        try:
            while not answers(port):
                if process.poll() is not None:
                    raise RuntimeError("the API ended before it answered")
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)


async def _load(address: str, headers: dict[str, str], name: str, ask: Ask) -> str:
    limits = httpx2.Limits(max_connections=CLIENTS)
    durations: list[float] = []
    async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60, limits=limits) as client:
        (await ask(client)).raise_for_status()
        end = time.monotonic() + SECONDS

        async def work() -> None:
            while time.monotonic() < end:
                began = time.monotonic()
                (await ask(client)).raise_for_status()
                durations.append(time.monotonic() - began)

        await asyncio.gather(*(work() for _ in range(CLIENTS)))
    cuts = statistics.quantiles(durations, n=100)
    return (
        f"{name:22s} {len(durations) / SECONDS:7.0f} requests/s   median {cuts[49] * 1_000:5.0f} ms"
        f"   p99 {cuts[98] * 1_000:5.0f} ms   ({CLIENTS} at once, {RUNS:,} runs)"
    )


async def _listen(address: str, headers: dict[str, str], start: dict[str, str]) -> str:
    limits = httpx2.Limits(max_connections=LISTENERS + 10)
    async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60, limits=limits) as client:
        ready, heard = asyncio.Semaphore(0), []

        async def listen() -> None:
            async with client.stream("GET", "/v1/events") as response:
                async for line in response.aiter_lines():
                    if line == ": listening":
                        ready.release()
                    elif line.startswith("event:"):
                        heard.append(time.monotonic())
                        return

        tasks = [asyncio.create_task(listen()) for _ in range(LISTENERS)]
        for _ in tasks:
            await ready.acquire()
        began = time.monotonic()
        (await client.post("/v1/runs", json=start)).raise_for_status()
        await asyncio.gather(*tasks)
    first_ms, last_ms = (min(heard) - began) * 1_000, (max(heard) - began) * 1_000
    return f"{LISTENERS} listeners          first after {first_ms:.0f} ms, last after {last_ms:.0f} ms"
