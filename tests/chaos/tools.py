"""What the tools of the fault suite do to the process that runs them."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection

from redis import Redis

from fluxagents.flows.commands import CallTool, Command, JoinShards
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, ToolSucceeded
from fluxagents.flows.state import RunState
from fluxagents.tasks.acts.call_tool import ToolPorts, build_failure, check_approval
from fluxagents.tasks.acts.shards import split_call
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.tasks.protocol import WrongTaskError

RAN = "chaos:ran"
"""List of every execution of a tool, as JSON, committed or not."""
KILLS = "chaos:kills:"
LET_GO = "chaos:let-go:"
"""With a run: a list whose first entry ends the tool `held`."""
FAILURES = "chaos:failures:"
RECEIVER_VARIABLE = "CHAOS_RECEIVER"
"""Port of the receiver of effects."""

PARTS = 4
"""Runs that the tool `parts` begins."""

STORED = 5
"""Results that a run of the flow `stored` writes."""

HUNGER = 32 * 2**20


def act(
    ports: ToolPorts, redis: Redis, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Run one tool of the suite; the approval is checked as for a real one."""
    if isinstance(command, JoinShards):
        return [_join(ports, state, command)]
    if not isinstance(command, CallTool):
        raise WrongTaskError("tool", command)
    if command.tool == "parts" and state.part is None:
        return [split_call(ports.children, state, command, PARTS)]
    began = time.monotonic()
    try:
        check_approval(controller, state, command)
        ran = {"run": state.run_id, "seq": state.seq, "tool": command.tool, "args": command.args}
        redis.rpush(RAN, json.dumps(ran))
        _BODIES[command.tool](redis, state, command)
        artifact = _store(ports, state) if command.tool == "stored" else None
    except StoreOutageError:
        raise
    except FluxError as error:
        return [build_failure(ports, state, command, error, began)]
    except MemoryError as error:
        refused = FluxError(ErrorClass.MEMORY, f"tool {command.tool!r} ran out of memory: {error}")
        return [build_failure(ports, state, command, refused, began)]
    now = ports.clock.now_ms()
    return [
        ToolSucceeded(
            seq=state.seq,
            at_ms=now,
            node=state.node,
            call=command,
            key_findings={"n": state.seq},
            artifact=artifact,
        )
    ]


def _store(ports: ToolPorts, state: RunState) -> str:
    """A result of this step, as a tool writes one."""
    return ports.artifacts.put_json({"run": state.run_id, "step": state.seq}, tool="stored").digest


def _join(ports: ToolPorts, state: RunState, command: JoinShards) -> ToolSucceeded:
    """All parts have come to their end before."""
    statuses = {run: ports.children.load(run).status for run in command.runs}
    assert set(statuses.values()) == {"finished"}, statuses
    return ToolSucceeded(
        seq=state.seq, at_ms=ports.clock.now_ms(), node=state.node, call=command.call, key_findings={}
    )


def _noop(redis: Redis, state: RunState, call: CallTool) -> None:
    """Nothing."""


def _slow(redis: Redis, state: RunState, call: CallTool) -> None:
    del redis, state
    seconds = call.args["seconds"]
    assert isinstance(seconds, float)
    time.sleep(seconds)


def _held(redis: Redis, state: RunState, call: CallTool) -> None:
    """It takes until somebody says that it is enough."""
    del call
    while not redis.blpop([f"{LET_GO}{state.run_id}"], timeout=1):
        pass


def _killer(redis: Redis, state: RunState, call: CallTool) -> None:
    times = call.args["times"]
    assert isinstance(times, int)
    kills: int = redis.incr(f"{KILLS}{state.run_id}")
    if kills <= times:
        os.kill(os.getpid(), signal.SIGKILL)


def _torn(redis: Redis, state: RunState, call: CallTool) -> None:
    """The effect happens and its process ends before it can be recorded."""
    _effect(redis, state, call)
    _killer(redis, state, call)


def _flaky(redis: Redis, state: RunState, call: CallTool) -> None:
    times = call.args["times"]
    assert isinstance(times, int)
    failures: int = redis.incr(f"{FAILURES}{state.run_id}.{state.node}")
    if failures <= times:
        raise FluxError(ErrorClass.TIMEOUT, f"tool {call.tool!r} was not done in time")


def _stubborn(redis: Redis, state: RunState, call: CallTool) -> None:
    """Compute in C without ever letting go of the interpreter, as a solver does: no signal handler runs."""
    times = call.args["times"]
    assert isinstance(times, int)
    tries: int = redis.incr(f"{KILLS}{state.run_id}")
    if tries <= times:
        sum(range(10**12))


def _hungry(redis: Redis, state: RunState, call: CallTool) -> None:
    del redis, state, call
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 # no file of ours
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + HUNGER, hard))
    try:
        bytearray(4 * HUNGER)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _effect(redis: Redis, state: RunState, call: CallTool) -> None:
    del redis, call
    connection = HTTPConnection("127.0.0.1", int(os.environ[RECEIVER_VARIABLE]), timeout=10.0)
    try:
        connection.request("POST", "/", headers={"Idempotency-Key": f"{state.run_id}.{state.seq}"})
        assert connection.getresponse().status == 204
    finally:
        connection.close()


_BODIES: dict[str, Callable[[Redis, RunState, CallTool], None]] = {
    "noop": _noop,
    "slow": _slow,
    "held": _held,
    "killer": _killer,
    "hungry": _hungry,
    "effect": _effect,
    "torn": _torn,
    "stubborn": _stubborn,
    "flaky": _flaky,
    "guarded": _noop,
    "guarded_flaky": _flaky,
    "parts": _noop,
    "stored": _noop,
}
