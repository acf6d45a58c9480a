"""`make bench`: speed as ratios within one run. `python -m tests.bench 100000` fills the store further."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from fluxagents.workers.embedded_redis import EmbeddedRedis


@contextmanager
def worker(folder: Path) -> Iterator[None]:
    """One prefork worker with two processes, the same for both sides."""
    log = (folder / "worker.log").open("wb")
    command = [
        sys.executable, "-m", "celery", "--quiet", "-A", "tests.bench.app", "worker", "--pool=prefork",
        "--concurrency=2", "--queues=tools,decide,human,control,tools.bulk,decide.bulk", "-O", "fair",
        "--loglevel=WARNING", "--hostname=bench@%h",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        log.close()


FINISHED = 20_000
"""Finished runs of the full store, unless the command names another number."""


def main() -> None:
    finished = int(sys.argv[1]) if len(sys.argv) > 1 else FINISHED
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedRedis(folder / "redis") as server:
            os.environ |= {"FLUXAGENTS_REDIS_URL": server.url, "FLUXAGENTS_DATA_DIR": str(folder)}
            from tests.bench import enqueue, flatness, memory, overhead, protocol  # noqa: PLC0415 # the app reads the environment

            with worker(folder):
                rates = protocol.measure(server.url, "flux:")
                share = overhead.measure()
                used = memory.measure(Redis.from_url(server.url))
            found = [
                *used.lines(),
                *enqueue.measure().lines(),
                *flatness.history(Redis.from_url(server.url)).lines(),
                *flatness.store(Redis.from_url(server.url), finished).lines(),
            ]
    ours, plain = statistics.median(rates.protocol), statistics.median(rates.plain_chain)
    print(f"no-op steps through the protocol     {ours:8.0f} steps/s")
    print(f"plain Celery chain, result backend   {plain:8.0f} steps/s")
    print(f"ratio (median of {len(rates.protocol)} rounds)            {rates.ratio:8.2f}   target >= 1.0")
    print(f"share of a flow that is not tool time{share:8.1%}   target < 10 %")
    print(*found, sep="\n")


if __name__ == "__main__":
    main()
