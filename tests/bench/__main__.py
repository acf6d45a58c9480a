"""`make bench`: speed as ratios within one run. `python -m tests.bench waiting backlog` measures parts."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from redis import Redis
from tests.bench import backlog, fairness, ladders, many_models, waiting
from tests.bench.site import Site

from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis

PARTS = (
    "protocol",
    "overhead",
    "memory",
    "capacity",
    "traces",
    "enqueue",
    "history",
    "store",
    "waiting",
    "ladders",
    "backlog",
    "split",
    "map",
    "solver",
    "analyses",
    "lp",
    "knock_outs",
    "cache",
    "many_models",
    "reading",
    "context",
    "help",
    "looks",
    "fairness",
    "sessions",
    "http",
    "pages",
    "first_views",
    "scrape",
    "maps",
    "large_plots",
)

LOOKED_AT = 10_000
"""Runs in the store beside which commands are timed."""

SCRAPED = 100_000
"""Runs in the store beside which metrics are read."""


def parts(url: str, folder: Path, finished: int, against: Path | None) -> dict[str, Callable[[], list[str]]]:
    """What measures each part and says what it found."""
    # The app of the benchmarks reads the environment when it is imported.
    from tests.bench import (  # noqa: PLC0415
        analyses,
        cache,
        capacity,
        context,
        enqueue,
        first_views,
        flatness,
        http_api,
        knock_outs,
        large_plots,
        looks,
        lp,
        maps,
        memory,
        overhead,
        pages,
        protocol,
        reading,
        scrape,
        sessions,
        solver,
        split,
        start_up,
        survey,
        traces,
    )

    redis, site = Redis.from_url(url), partial(Site.at, url, folder=folder)

    def on_worker(measure: Callable[[], list[str]], processes: int = 2) -> Callable[[], list[str]]:
        def measured() -> list[str]:
            with site(0).worker("bench", queues=QUEUES, concurrency=processes):
                return measure()

        return measured

    return {
        "protocol": on_worker(lambda: protocol.measure(url, "flux:").lines()),
        # In one process the second run finds the model that the first one loaded.
        "overhead": on_worker(lambda: overhead.measure().lines(), processes=1),
        "memory": on_worker(lambda: memory.measure(redis).lines()),
        "capacity": on_worker(lambda: list(capacity.lines(site(0)))),
        "traces": lambda: list(traces.lines(folder, against)),
        "enqueue": lambda: enqueue.measure().lines(),
        "history": lambda: flatness.history(redis).lines(),
        "store": lambda: flatness.store(redis, finished).lines(),
        "waiting": lambda: waiting.measure(site(1), site(2)).lines(),
        "ladders": lambda: ladders.measure(site(5)).lines(),
        "backlog": lambda: backlog.measure(site(3)).lines(),
        "split": lambda: split.measure(folder).lines(),
        "map": lambda: survey.measure(folder).lines(),
        "solver": lambda: list(solver.lines()),
        "analyses": lambda: list(analyses.lines()),
        "lp": lambda: list(lp.lines()),
        "knock_outs": lambda: list(knock_outs.lines()),
        "cache": lambda: list(cache.lines(folder, redis)),
        "many_models": lambda: list(many_models.lines(url, folder)),
        "reading": lambda: reading.measure(against).lines(),
        "context": lambda: list(context.lines(folder / "context")),
        "help": lambda: start_up.measure(url, folder).lines(),
        "looks": lambda: list(looks.lines(redis, LOOKED_AT)),
        "fairness": lambda: fairness.measure(site(4)).lines(),
        "sessions": lambda: list(sessions.lines(redis, folder)),
        "http": lambda: list(http_api.lines(url, folder)),
        "pages": lambda: list(pages.lines(url, folder)),
        "first_views": lambda: list(first_views.lines(url, folder)),
        "scrape": lambda: list(scrape.lines(url, folder, SCRAPED)),
        "maps": lambda: list(maps.lines()),
        "large_plots": lambda: list(large_plots.lines()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], help="what to measure; all of it by default")
    parser.add_argument("--finished", type=int, default=20_000, help="finished runs of the full store")
    parser.add_argument("--against", type=Path, help="another checkout, to take turns with")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedRedis(folder / "redis") as server:
            os.environ |= {"FLUXAGENTS_REDIS_URL": server.url, "FLUXAGENTS_DATA_DIR": str(folder)}
            measures = parts(server.url, folder, asked.finished, asked.against)
            for part in asked.part or PARTS:
                began = time.monotonic()
                found = measures[part]()
                print(f"-- {part} ({time.monotonic() - began:.0f} s)", *found, sep="\n", flush=True)


if __name__ == "__main__":
    main()
