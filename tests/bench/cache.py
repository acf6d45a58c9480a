"""What loading a model costs, and how often models are loaded again in a batch over many models.

A router that sends each run to the process that holds its model could spare all loads but one a model. So
what it could gain at best is known without it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cobra import Model
from cobra.io import model_from_dict, read_sbml_model
from redis import Redis
from tests.bench.counted_models import CACHE_VARIABLE, LOAD_MS, LOADS

from fluxagents import Client
from fluxagents.scheduler.batches.batches import build_specs
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.fba.models.model_file import encode_model
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.celery.queues import CONTROL, TOOLS
from fluxagents.workers.models import model_forms
from fluxagents.workers.models.model_export import write

MODEL = "iJO1366"
MODELS = 20
QUESTIONS = 10
PROCESSES = 2
LARGE = 256_000_000
SMALL = 4 * 15_000_000
"""Four models of this size."""

FLOW = """
flow: growth
version: 1
purpose: A short analysis.
inputs: {question: {type: string, purpose: "Tells runs apart."}}
start: work
nodes:
  work: {kind: tool, tool: run_metabolic_fba, args: {method: fba}, next: done}
  done: {kind: end, message: computed}
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch over all models."""

    loads: int
    load_s: float
    """CPU seconds of all loads."""
    seconds: float

    @property
    def gain(self) -> float:
        """The share of the processes' time that a perfect router could spare."""
        return self.load_s * (1 - MODELS / self.loads) / (self.seconds * PROCESSES)


def lines(folder: Path, redis: Redis) -> Iterator[str]:
    """Loading one model in three forms, then batches in two orders and with two caches."""
    client = Client()
    model = client.models.load(client.models.resolve(MODEL))
    write(model, "sbml", folder / "model.xml")
    described, form = encode_model(model, "json"), model_forms.encode_fast(model)
    sbml = _fastest(lambda: read_sbml_model(str(folder / "model.xml")))
    plain = _fastest(lambda: model_from_dict(json.loads(described)))
    fast = _fastest(lambda: model_forms.decode_fast(form))
    yield f"load {MODEL}: SBML {sbml:.2f} s, cobra's JSON {plain:.2f} s, stored form {fast:.2f} s"
    yield f"ratio to SBML {sbml / fast:.1f}, to JSON {plain / fast:.1f}"
    names = [_variant(client, model, 5 + number / 10) for number in range(MODELS)]
    (folder / "growth.yaml").write_text(FLOW)
    ordered = build_specs(dict.fromkeys(names, ()), [str(number) for number in range(QUESTIONS)])
    mixed = random.Random(1).sample(ordered, len(ordered))
    for label, wanted, cache_bytes in (
        ("model by model", ordered, LARGE),
        ("at random", mixed, LARGE),
        ("model by model, cache of 4", ordered, SMALL),
    ):
        batch = _measured(folder, redis, client, wanted, cache_bytes)
        yield (
            f"{MODELS} models x {QUESTIONS} runs, {label:<27} {batch.loads:4d} loads {batch.load_s:6.2f} s "
            f"of {batch.seconds * PROCESSES:6.1f} s | a perfect router spares {batch.gain:5.1%}"
        )


def _variant(client: Client, model: Model, glucose_mmol_per_gdw_h: float) -> str:
    """The name of a model like the given one with another medium, stored in its fast form."""
    tool = tool_named("apply_medium")
    args = tool.parse({"medium_changes": {"EX_glc__D_e": glucose_mmol_per_gdw_h}})
    with model:
        model.reactions.EX_glc__D_e.lower_bound = -glucose_mmol_per_gdw_h
        return client.models.derive(client.models.resolve(MODEL), model, tool.describe_change(args)).name


def _measured(
    folder: Path, redis: Redis, client: Client, wanted: Sequence[RunSpec], cache_bytes: int
) -> Batch:
    with _worker(folder, cache_bytes):
        client.start(str(folder / "growth.yaml"), model="e_coli_core", lane="bulk").wait(120)
        redis.delete(LOADS, LOAD_MS)
        began = time.perf_counter()
        for run in list(client.batch(str(folder / "growth.yaml"), wanted)):
            assert run.wait(600) == "finished", run.state.error
        seconds = time.perf_counter() - began
    return Batch(int(redis.get(LOADS) or 0), int(redis.get(LOAD_MS) or 0) / 1_000, seconds)


@contextmanager
def _worker(folder: Path, cache_bytes: int) -> Iterator[None]:
    command = [
        sys.executable, "-m", "celery", "--quiet", "-A", "tests.bench.cache_app", "worker", "--pool=prefork",
        f"--concurrency={PROCESSES}", f"--queues={','.join((*TOOLS.queues, *CONTROL.queues))}",
        "-O", "fair", "--loglevel=WARNING", "--hostname=cache@%h",
    ]  # fmt: skip
    environment = os.environ | {CACHE_VARIABLE: str(cache_bytes)}
    with (folder / "cache.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _fastest(load: Callable[[], object]) -> float:
    """CPU seconds, the least of three."""
    found = []
    for _ in range(3):
        began = time.process_time()
        load()
        found.append(time.process_time() - began)
    return min(found)
