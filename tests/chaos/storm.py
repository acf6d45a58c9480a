"""The faults of the long run: what breaks when, and who steers meanwhile, is drawn from a seed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from tests.chaos.cluster import Cluster
from tests.chaos.flows import STEPS
from tests.chaos.humans import client_of
from tests.chaos.tools import RAN

from fluxagents.flows.errors import FluxError
from fluxagents.flows.ports.dispatch import Outgoing

WORKERS = tuple(f"worker-{number}" for number in range(1, 7))
"""So many that some are up although one is killed every two seconds and takes longer to come back."""

KILL_EVERY_S = 2.0
REDIS_KILLS = 5
STILL_TICKS = 2
"""How long a process stands still: longer than a node without a heartbeat counts as alive."""

FAULTS = {
    "child killed": 4,
    "replies cut": 4,
    "worker stands still": 3,
    "worker told to stop": 2,
    "redis stands still": 1,
    "control killed": 1,
    "beat killed": 1,
    "second beat": 1,
    "messages repeated": 4,
    "humans": 6,
}
"""What breaks beside the worker that is killed each time, and how often compared with the others."""

EXPECTED = {
    "plain": "finished",
    "mixed": "finished",
    "fragile": "finished",
    "poison": "dead",
    "hungry": "failed",
    "guarded": "waiting",
}
"""How a run of each flow ends unless a human steers it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What breaks within two seconds."""

    kill: str
    """The worker that is killed, with its children."""
    fault: str
    victim: str
    """The worker that the fault hits, if it hits one."""
    draw: int
    """Chooses the child, the messages and the runs."""


def schedule(seed: int) -> Iterator[Tick]:
    """All ticks that a seed stands for, without end."""
    rng = random.Random(seed)
    while True:
        (fault,) = rng.choices(list(FAULTS), weights=list(FAULTS.values()))
        yield Tick(rng.choice(WORKERS), fault, rng.choice(WORKERS), rng.getrandbits(32))


class Storm:
    """Breaks an installation while its runs go on.

    Args:
        cluster: What is broken.
        seed: Which schedule.
        issued: The first messages of all runs.
        expected: The status in which each run must end; changed for runs that a human steers.
    """

    def __init__(
        self, cluster: Cluster, seed: int, issued: Sequence[Outgoing], expected: dict[str, str]
    ) -> None:
        self.faults: Counter[str] = Counter()
        self.expected = expected
        self._cluster = cluster
        self._ticks = schedule(seed)
        self._issued = issued
        self._humans = client_of(cluster)
        self._paused: set[str] = set()
        self._still: list[tuple[int, int]] = []
        """Processes that stand still, with the ticks that are left of it."""

    def rage(self, *, within_s: float, progress: Callable[[int, int, Counter[str]], None]) -> None:
        """Break something every two seconds until all runs are at rest or time is up."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            tick = next(self._ticks)
            time.sleep(KILL_EVERY_S / 2)
            self._wake()
            self._cluster.supervise()
            for name in (*WORKERS, "control", "beat"):
                self._cluster.ensure(name)
            if not self._redis_is_still():
                at_rest, steps = self.at_rest(), self._steps()
                progress(at_rest, steps, self.faults)
                if at_rest >= len(self._issued):
                    break
                due = (REDIS_KILLS + 1) * steps // (STEPS * len(self._issued))
                if self.faults["redis killed"] < min(due, REDIS_KILLS):
                    self._kill_redis()
                self._break(tick)
            time.sleep(KILL_EVERY_S / 2)
            self._cluster.kill(tick.kill)
            self.faults["worker killed"] += 1
        self._wake(everything=True)
        for _ in range(REDIS_KILLS - self.faults["redis killed"]):
            self._kill_redis()

    def calm(self, *, within_s: float) -> None:
        """Let go whatever a human holds."""
        deadline = time.monotonic() + within_s
        while self._paused and time.monotonic() < deadline:
            self._cluster.supervise()
            self._resume()
            time.sleep(0.5)

    def at_rest(self) -> int:
        """How many runs have ended, are dead or wait."""
        counts = self._cluster.store.counts()
        return sum(counts[status] for status in ("finished", "failed", "dead", "waiting", "cancelled"))

    def _steps(self) -> int:
        steps: Any = self._cluster.redis.llen(RAN)
        return int(steps)

    def _break(self, tick: Tick) -> None:
        self.faults[tick.fault] += 1
        rng = random.Random(tick.draw)
        match tick.fault:
            case "child killed":
                children = self._cluster.children(tick.victim)
                if children:
                    _signal(rng.choice(children), signal.SIGKILL)
            case "replies cut":
                self._cluster.proxy.cut(2)
            case "worker stands still":
                pids = [self._cluster.pid(tick.victim), *self._cluster.children(tick.victim)]
                self._stop(pids)
            case "worker told to stop":
                _signal(self._cluster.pid(tick.victim), signal.SIGTERM)
            case "redis stands still":
                self._stop([self._redis_pid()])
            case "control killed" | "beat killed":
                self._cluster.kill(tick.fault.split()[0])
            case "second beat":
                self._cluster.ensure("beat2")
            case "messages repeated":
                self._repeat(rng.sample(self._issued, min(20, len(self._issued))))
            case _:
                self._steer(rng)

    def _repeat(self, messages: Sequence[Outgoing]) -> None:
        """Publish messages again: as they were, and for the step that is current."""
        states = [self._cluster.store.load(one.run_id) for one in messages]
        current = [
            replace(one, seq=state.seq, state=state.model_dump_json())
            for one, state in zip(messages, states, strict=True)
        ]
        self._cluster.publisher.publish([*messages, *current])

    def _steer(self, rng: random.Random) -> None:
        """Approve what waits, pause and cancel what does not, and let go what was paused before."""
        self._resume()
        waiting = self._cluster.store.requests()
        for run, request in rng.sample(waiting, min(rng.randrange(2), len(waiting))):
            with suppress(FluxError):  # what follows is about runs that move: being late is allowed
                self._humans.approve(request.id, by="ada")
                self.expected[run] = "finished"
                self.faults["approved"] += 1
        for one in rng.sample(self._issued, min(8, len(self._issued))):
            if self.expected[one.run_id] != "finished" or one.run_id in self._paused:
                continue
            with suppress(FluxError):
                if rng.random() < 0.15:
                    self._humans.cancel(one.run_id, by="bob", reason="no longer needed")
                    self.expected[one.run_id] = "cancelled"
                    self.faults["cancelled"] += 1
                else:
                    self._humans.pause(one.run_id, by="bob")
                    self._paused.add(one.run_id)
                    self.faults["paused"] += 1

    def _resume(self) -> None:
        for run in list(self._paused):
            state = self._cluster.store.load(run)
            if state.status == "paused":
                with suppress(FluxError):
                    self._humans.resume(run, by="bob")
            elif self._cluster.at_rest([run]):
                self._paused.discard(run)

    def _stop(self, pids: Sequence[int]) -> None:
        for pid in pids:
            _signal(pid, signal.SIGSTOP)
            self._still.append((pid, STILL_TICKS))

    def _wake(self, *, everything: bool = False) -> None:
        for pid, ticks in self._still:
            if everything or ticks <= 1:
                _signal(pid, signal.SIGCONT)
        self._still = [] if everything else [(pid, ticks - 1) for pid, ticks in self._still if ticks > 1]

    def _redis_is_still(self) -> bool:
        return self._redis_pid() in {pid for pid, _ in self._still}

    def _redis_pid(self) -> int:
        instance = self._cluster.server.instance
        assert instance is not None
        return instance.process.pid

    def _kill_redis(self) -> None:
        self._cluster.restart_redis()
        self.faults["redis killed"] += 1


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
